package main

import (
	"context"
	"sort"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A member of a group: what it has been given, and what it has read.
type member struct {
	*kgo.Client
	lock     sync.Mutex
	assigned map[int32]bool
	records  []*kgo.Record
	closing  context.CancelFunc
}

func join(bootstrap, group, topic string, options ...kgo.Opt) *member {
	it := &member{assigned: map[int32]bool{}}
	change := func(to bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			it.lock.Lock()
			defer it.lock.Unlock()
			for _, partition := range changed[topic] {
				delete(it.assigned, partition)
				if to {
					it.assigned[partition] = true
				}
			}
		}
	}
	it.Client = client(bootstrap, append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300 * time.Millisecond),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)),
	}, options...)...)
	ctx, cancel := context.WithCancel(context.Background())
	it.closing = cancel
	go func() {
		for ctx.Err() == nil {
			found := it.PollFetches(ctx).Records()
			it.lock.Lock()
			it.records = append(it.records, found...)
			it.lock.Unlock()
		}
	}()
	return it
}

func (it *member) leave() {
	it.closing()
	it.LeaveGroup()
	it.Close()
}

func (it *member) partitions() []int32 {
	it.lock.Lock()
	defer it.lock.Unlock()
	var all []int32
	for partition := range it.assigned {
		all = append(all, partition)
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	return all
}

func (it *member) wait(count int) []*kgo.Record {
	until("records", func() bool {
		it.lock.Lock()
		defer it.lock.Unlock()
		return len(it.records) >= count
	})
	return it.records
}

func settle(each int, members ...*member) {
	until("partitions", func() bool {
		for _, it := range members {
			if len(it.partitions()) != each {
				return false
			}
		}
		return true
	})
}

func groups() {
	for kind, options := range map[string][]kgo.Opt{"group: ": nil, "KIP-848 group: ": {kgo.ServerSideBalancer()}} {
		prefix := "go-classic-"
		if options != nil {
			prefix = "go-848-"
		}
		add(kind+"two members share partitions", func(bootstrap string) {
			topic := filled(bootstrap, prefix+"shared", 4)
			first := join(bootstrap, topic, topic, options...)
			defer first.leave()
			settle(4, first)
			second := join(bootstrap, topic, topic, options...)
			defer second.leave()
			settle(2, first, second)
			all := append(first.partitions(), second.partitions()...)
			sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
			see("together", all)
		})
		add(kind+"commit and resume", func(bootstrap string) {
			topic := filled(bootstrap, prefix+"resumed", 1)
			first := join(bootstrap, topic, topic, options...)
			records := first.wait(5)
			see("first", contents(records))
			ctx, cancel := within()
			defer cancel()
			must(first.CommitRecords(ctx, records[2]))
			first.leave()
			second := join(bootstrap, topic, topic, options...)
			defer second.leave()
			see("then", contents(second.wait(2)))
			committed := second.CommittedOffsets()[topic][0]
			see("committed", []any{committed.Epoch, committed.Offset})
		})
		add(kind+"a member leaves", func(bootstrap string) {
			topic := filled(bootstrap, prefix+"left", 4)
			stays, leaves := join(bootstrap, topic, topic, options...), join(bootstrap, topic, topic, options...)
			defer stays.leave()
			settle(2, stays, leaves)
			leaves.leave()
			settle(4, stays)
		})
	}
	add("group: describe and list", func(bootstrap string) {
		topic := filled(bootstrap, "go-described", 4)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			describe := func(when, group string) {
				found, err := admin.DescribeGroups(ctx, group)
				must(err)
				it := found[group]
				see(when, []any{it.State, it.ProtocolType, it.Protocol, it.Coordinator.NodeID, len(it.Members), name(it.Err)})
			}
			it := join(bootstrap, topic, topic)
			settle(4, it)
			describe("with a member", topic)
			it.leave()
			describe("empty", topic)
			describe("never used", "go-never")
			listed, err := admin.ListGroups(ctx)
			must(err)
			see("listed", []any{listed[topic].State, listed[topic].ProtocolType})
		})
	})
	add("group: reset offsets", func(bootstrap string) {
		topic := filled(bootstrap, "go-reset", 1)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			fetch := func(when string) {
				found, err := admin.FetchOffsets(ctx, topic)
				must(err)
				it, exists := found.Lookup(topic, 0)
				see(when, []any{exists, it.At, it.Metadata, name(it.Err)})
			}
			fetch("never used")
			var offsets kadm.Offsets
			offsets.AddOffset(topic, 0, 2, -1)
			must(admin.CommitAllOffsets(ctx, topic, offsets))
			fetch("committed")
			deleted, err := admin.DeleteOffsets(ctx, topic, kadm.TopicsSet{topic: {0: {}}})
			must(err)
			see("deleted", name(deleted[topic][0]))
			fetch("then")
		})
	})
	add("group: delete", func(bootstrap string) {
		topic := filled(bootstrap, "go-deleted", 1)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			remove := func(when string) {
				answer, err := admin.DeleteGroups(ctx, topic)
				must(err)
				see(when, name(answer[topic].Err))
			}
			it := join(bootstrap, topic, topic)
			settle(1, it)
			remove("with a member")
			it.leave()
			remove("empty")
			remove("again")
		})
	})
}
