"""What the scripts of the Python clients share: see ../README.md for what they print."""

import argparse
import asyncio
import hashlib
import inspect
import json
import sys
import time
import traceback

_behaviours = []


class Unable(Exception):
    """The client has no such thing."""


def behaviour(name):
    """Names a function as the script of a behaviour."""

    def register(function):
        _behaviours.append((name, function))
        return function

    return register


def see(what, value):
    """Prints what is to be the same with every broker."""
    _print({"what": what, "value": plain(value)})


def plain(value):
    """A value as JSON can hold it; long bytes become their length and a hash."""
    if isinstance(value, (bytes, bytearray)):
        if len(value) > 200:
            return f"{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()[:16]}"
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value


def payload(at, size=100):
    """Bytes that are the same in each run, and do not compress to nothing."""
    seed = f"record {at} ".encode()
    filler = hashlib.sha256(seed).hexdigest().encode()
    return (seed + filler * (size // len(filler) + 1))[:size]


def settle_configs():
    """Kafka describes a configuration as it was for a moment after it was altered."""
    time.sleep(0.5)


def check(condition, what):
    """What must hold with every broker."""
    if not condition:
        raise AssertionError(what)


def run(version):
    """Runs the behaviours that the command line asks for."""
    options = argparse.ArgumentParser()
    options.add_argument("--bootstrap", required=True)
    options.add_argument("--behaviour", default="")
    asked = options.parse_args()
    _print({"version": version})
    for name, function in _behaviours:
        if asked.behaviour not in name:
            continue
        _print({"begin": name})
        try:
            if inspect.iscoroutinefunction(function):
                asyncio.run(asyncio.wait_for(function(asked.bootstrap), 50))
            else:
                function(asked.bootstrap)
            _print({"end": "ok"})
        except Unable as why:
            _print({"end": "unable", "why": str(why)})
        except Exception as error:  # Whatever a client throws is the outcome.
            print(f"--- {name}", file=sys.stderr)
            traceback.print_exc()
            _print({"end": "failed", "why": f"{type(error).__name__}: {error}"[:300]})


def _print(entry):
    print(json.dumps(entry), flush=True)
