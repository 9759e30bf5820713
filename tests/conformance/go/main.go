// franz-go.
package main

import (
	"context"
	"errors"
	"runtime/debug"
	"sort"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	if asMember() {
		return
	}
	version := "franz-go"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/twmb/franz-go" {
				version += " " + module.Version
			}
		}
	}
	topics()
	records()
	groups()
	failures()
	run(version)
}

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second)
}

func client(bootstrap string, options ...kgo.Opt) *kgo.Client {
	all := append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.MetadataMinAge(50 * time.Millisecond)}, options...)
	made, err := kgo.NewClient(all...)
	must(err)
	return made
}

func withAdmin(bootstrap string, use func(context.Context, *kadm.Client)) {
	ctx, cancel := within()
	defer cancel()
	admin := kadm.NewClient(client(bootstrap))
	defer admin.Close()
	use(ctx, admin)
}

// The name of an error.
func name(err error) any {
	var known *kerr.Error
	if errors.As(err, &known) {
		return known.Message
	}
	if err != nil {
		return err.Error()
	}
	return nil
}

func create(bootstrap, topic string, partitions int32, configs map[string]*string) string {
	withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
		_, err := admin.CreateTopic(ctx, partitions, 1, configs, topic)
		must(err)
		// Kafka tells of a topic a moment after it was created.
		until(topic+" appears", func() bool {
			found, err := admin.ListTopics(ctx, topic)
			return err == nil && len(found[topic].Partitions) == int(partitions)
		})
	})
	return topic
}

func set(pairs ...string) map[string]*string {
	configs := map[string]*string{}
	for at := 0; at < len(pairs); at += 2 {
		configs[pairs[at]] = &pairs[at+1]
	}
	return configs
}

func produce(bootstrap string, records []*kgo.Record, options ...kgo.Opt) []any {
	producer := client(bootstrap, append([]kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(20 * time.Millisecond),
		kgo.UnknownTopicRetries(1),
	}, options...)...)
	defer producer.Close()
	ctx, cancel := within()
	defer cancel()
	var where []any
	for _, result := range producer.ProduceSync(ctx, records...) {
		if result.Err != nil {
			where = append(where, name(result.Err))
		} else {
			where = append(where, []any{result.Record.Partition, result.Record.Offset})
		}
	}
	return where
}

func some(topic string, partition int32, count, size int) []*kgo.Record {
	var made []*kgo.Record
	for at := range count {
		made = append(made, &kgo.Record{Topic: topic, Partition: partition, Key: []byte("key"), Value: payload(at, size)})
	}
	return made
}

func at(topic string, partition int32, offset kgo.Offset) kgo.Opt {
	return kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: offset}})
}

func drain(consumer *kgo.Client, count int) []*kgo.Record {
	ctx, cancel := within()
	defer cancel()
	var found []*kgo.Record
	for len(found) < count {
		fetches := consumer.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			must(failed.Err)
		}
		found = append(found, fetches.Records()...)
	}
	return found
}

func read(bootstrap string, count int, options ...kgo.Opt) []*kgo.Record {
	consumer := client(bootstrap, options...)
	defer consumer.Close()
	return drain(consumer, count)
}

func contents(records []*kgo.Record) []any {
	var all []any
	sort.SliceStable(records, func(a, b int) bool { return records[a].Partition < records[b].Partition })
	for _, it := range records {
		all = append(all, []any{it.Partition, it.Offset, plain(it.Key), plain(it.Value), it.LeaderEpoch})
	}
	return all
}

// Five records in each partition.
func filled(bootstrap, topic string, partitions int32) string {
	create(bootstrap, topic, partitions, nil)
	for partition := range partitions {
		produce(bootstrap, some(topic, partition, 5, 50))
	}
	return topic
}

// Ten records in two batches, a second apart.
func dated(bootstrap, topic string) string {
	create(bootstrap, topic, 1, nil)
	for _, from := range []int{0, 5} {
		batch := some(topic, 0, 5, 50)
		for place, record := range batch {
			record.Timestamp = time.UnixMilli(1_600_000_000_000 + int64(from+place)*1000)
		}
		produce(bootstrap, batch)
	}
	return topic
}
