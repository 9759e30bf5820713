package main

import (
	"context"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func failures() {
	created := func(bootstrap, what, topic string, partitions int32, replicas int16, configs map[string]*string) {
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			_, err := admin.CreateTopic(ctx, partitions, replicas, configs, topic)
			see(what, name(err))
		})
	}
	add("error: unknown topic", func(bootstrap string) {
		see("produce", produce(bootstrap, some("go-unknown", 0, 1, 10)))
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			found, err := admin.ListTopics(ctx, "go-unknown")
			must(err)
			see("metadata", name(found["go-unknown"].Err))
			deleted, err := admin.DeleteTopics(ctx, "go-unknown")
			must(err)
			see("delete", name(deleted["go-unknown"].Err))
		})
	})
	add("error: invalid topic name", func(bootstrap string) {
		for _, topic := range []string{"with space", "..", strings.Repeat("a", 250), ""} {
			created(bootstrap, topic[:min(20, len(topic))], topic, 1, 1, nil)
		}
	})
	add("error: topic exists", func(bootstrap string) {
		created(bootstrap, "again", create(bootstrap, "go-exists", 1, nil), 1, 1, nil)
	})
	add("error: bad number of partitions or replicas", func(bootstrap string) {
		created(bootstrap, "no partitions", "go-bad", 0, 1, nil)
		created(bootstrap, "three replicas", "go-bad", 1, 3, nil)
	})
	add("error: bad configuration", func(bootstrap string) {
		created(bootstrap, "unknown", "go-bad", 1, 1, set("no.such.config", "1"))
		created(bootstrap, "no number", "go-bad", 1, 1, set("retention.ms", "soon"))
		created(bootstrap, "null", "go-bad", 1, 1, map[string]*string{"retention.ms": nil})
	})
	add("error: message too large", func(bootstrap string) {
		topic := create(bootstrap, "go-small", 1, set("max.message.bytes", "1000"))
		see("too large", produce(bootstrap, []*kgo.Record{{Topic: topic, Value: payload(1, 2000)}}, kgo.ProducerBatchCompression(kgo.NoCompression())))
	})
	add("error: offset out of range", func(bootstrap string) {
		topic := dated(bootstrap, "go-range")
		consumer := client(bootstrap, at(topic, 0, kgo.NewOffset().At(50)), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
		defer consumer.Close()
		ctx, cancel := within()
		defer cancel()
		see("beyond the end", name(consumer.PollFetches(ctx).Err()))
		start := kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())
		see("earliest instead", contents(read(bootstrap, 10, at(topic, 0, kgo.NewOffset().At(50)), start)))
	})
	add("error: no key in a compacted topic", func(bootstrap string) {
		topic := create(bootstrap, "go-compacted", 1, set("cleanup.policy", "compact"))
		see("without", produce(bootstrap, []*kgo.Record{{Topic: topic, Value: []byte("v")}}))
		see("with", produce(bootstrap, some(topic, 0, 1, 10)))
	})
}
