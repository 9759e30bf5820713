"""What the members of the mixed group share: see ../README.md for what they print."""

import json
import signal
import sys
import time

BOOTSTRAP, TOPIC = sys.argv[1:3]
"""The group has the name of its topic."""

SESSION_MS, HEARTBEAT_MS = 6000, 500
WORK_S = 0.05
"""How long one works on what was read, before it is committed: a kill or a rebalance may come then."""

OPTIONS = dict(
    bootstrap_servers=BOOTSTRAP,
    group_id=TOPIC,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    session_timeout_ms=SESSION_MS,
    heartbeat_interval_ms=HEARTBEAT_MS,
)
"""What aiokafka and kafka-python are told, by the same names."""

_leaves = []


def say(what, value):
    print(json.dumps({"at_ms": time.time() * 1000, what: value}), flush=True)


def leaving():
    """Was this member asked to leave?"""
    return bool(_leaves)


def next_offsets(places):
    """What to commit once these were worked on: the offset after the last one of each partition."""
    return {partition: offset + 1 for partition, offset, _ in places}


signal.signal(signal.SIGTERM, lambda *_: _leaves.append(True))
