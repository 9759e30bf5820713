package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func say(what string, value any) {
	at := float64(time.Now().UnixMicro()) / 1000
	line, err := json.Marshal(map[string]any{"at_ms": at, what: value})
	must(err)
	fmt.Println(string(line))
}

// A member of the mixed group, until it is asked to leave.
func mixed(bootstrap, topic string) {
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	tell := func(what string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			partitions := changed[topic]
			if partitions == nil {
				partitions = []int32{}
			}
			say(what, partitions)
		}
	}
	consumer := client(bootstrap, kgo.ClientID("franz-go"), kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic),
		kgo.Balancers(kgo.RangeBalancer()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.OnPartitionsAssigned(tell("assigned")), kgo.OnPartitionsRevoked(tell("revoked")),
		kgo.OnPartitionsLost(tell("revoked")))
	for asked.Err() == nil {
		work(asked, consumer)
		consumer.AllowRebalance()
	}
	consumer.CloseAllowingRebalance()
}

func work(asked context.Context, consumer *kgo.Client) {
	records := consumer.PollFetches(asked).Records()
	if len(records) == 0 {
		return
	}
	var places []any
	next := map[int32]int64{}
	for _, it := range records {
		places = append(places, []any{it.Partition, it.Offset, string(it.Key)})
		next[it.Partition] = it.Offset + 1
	}
	say("records", places)
	time.Sleep(50 * time.Millisecond)
	ctx, cancel := within()
	defer cancel()
	if err := consumer.CommitRecords(ctx, records...); err != nil {
		say("refused", name(err))
		return
	}
	say("committed", next)
}

// Is this process to be a member of the mixed group, and no script?
func asMember() bool {
	if len(os.Args) != 4 || os.Args[1] != "member" {
		return false
	}
	mixed(os.Args[2], os.Args[3])
	return true
}
