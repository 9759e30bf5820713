package main

import (
	"context"
	"sort"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func records() {
	codecs := []struct {
		name  string
		codec kgo.CompressionCodec
	}{
		{"uncompressed", kgo.NoCompression()},
		{"gzip", kgo.GzipCompression()},
		{"snappy", kgo.SnappyCompression()},
		{"lz4", kgo.Lz4Compression()},
		{"zstd", kgo.ZstdCompression()},
	}
	for _, it := range codecs {
		add("produce "+it.name+", acks 0, 1, all", func(bootstrap string) {
			for _, acks := range []struct {
				name string
				acks kgo.Acks
			}{{"0", kgo.NoAck()}, {"1", kgo.LeaderAck()}, {"all", kgo.AllISRAcks()}} {
				topic := create(bootstrap, "go-"+it.name+"-"+acks.name, 1, nil)
				options := []kgo.Opt{kgo.ProducerBatchCompression(it.codec), kgo.RequiredAcks(acks.acks), kgo.DisableIdempotentWrite()}
				see("acks="+acks.name, produce(bootstrap, some(topic, 0, 50, 300), options...))
				see("acks="+acks.name+", read", contents(read(bootstrap, 50, at(topic, 0, kgo.NewOffset().AtStart()))))
			}
		})
	}
	add("produce idempotently", func(bootstrap string) {
		topic := create(bootstrap, "go-idempotent", 1, nil)
		see("delivered", produce(bootstrap, some(topic, 0, 500, 50), kgo.ProducerBatchMaxBytes(1024)))
		see("read", contents(read(bootstrap, 500, at(topic, 0, kgo.NewOffset().AtStart())))[498:])
	})
	add("headers", func(bootstrap string) {
		topic := create(bootstrap, "go-headers", 1, nil)
		with := &kgo.Record{Topic: topic, Value: []byte("with"), Headers: []kgo.RecordHeader{
			{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte("2")}, {Key: "empty", Value: []byte{}}, {Key: "null"},
		}}
		produce(bootstrap, []*kgo.Record{with, {Topic: topic, Value: []byte("without")}})
		for _, record := range read(bootstrap, 2, at(topic, 0, kgo.NewOffset().AtStart())) {
			var found []any
			for _, header := range record.Headers {
				found = append(found, []any{header.Key, plain(header.Value)})
			}
			see(string(record.Value), found)
		}
	})
	add("null keys and values", func(bootstrap string) {
		topic := create(bootstrap, "go-nulls", 1, nil)
		var all []*kgo.Record
		for _, key := range [][]byte{nil, {}, []byte("k")} {
			for _, value := range [][]byte{nil, {}, []byte("v")} {
				all = append(all, &kgo.Record{Topic: topic, Key: key, Value: value})
			}
		}
		produce(bootstrap, all)
		see("read", contents(read(bootstrap, 9, at(topic, 0, kgo.NewOffset().AtStart()))))
	})
	add("large batches", func(bootstrap string) {
		topic := create(bootstrap, "go-large", 1, set("max.message.bytes", "8388608"))
		large := kgo.ProducerBatchMaxBytes(8_000_000)
		see("delivered", produce(bootstrap, some(topic, 0, 5000, 1000), large)[4999])
		see("large record", produce(bootstrap, some(topic, 0, 1, 5_000_000), large))
		found := read(bootstrap, 5001, at(topic, 0, kgo.NewOffset().AtStart()), kgo.FetchMaxBytes(1000), kgo.FetchMaxPartitionBytes(1000))
		see("read", contents(found)[4999:])
	})
	add("timestamps", func(bootstrap string) {
		found := read(bootstrap, 1, at(dated(bootstrap, "go-created"), 0, kgo.NewOffset().AtStart()))
		see("created", []any{found[0].Timestamp.UnixMilli(), found[0].Attrs.TimestampType()})
		topic := create(bootstrap, "go-appended", 1, set("message.timestamp.type", "LogAppendTime"))
		produce(bootstrap, []*kgo.Record{{Topic: topic, Value: []byte("v"), Timestamp: time.UnixMilli(1_600_000_000_000)}})
		found = read(bootstrap, 1, at(topic, 0, kgo.NewOffset().AtStart()))
		see("appended", []any{found[0].Timestamp.UnixMilli() > 1_700_000_000_000, found[0].Attrs.TimestampType()})
	})
	add("consume from the beginning", func(bootstrap string) {
		topic := filled(bootstrap, "go-beginning", 3)
		start := kgo.NewOffset().AtStart()
		see("read", contents(read(bootstrap, 15, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(start))))
	})
	add("consume from an offset", func(bootstrap string) {
		topic := dated(bootstrap, "go-offset")
		see("from 7", contents(read(bootstrap, 3, at(topic, 0, kgo.NewOffset().At(7)))))
		see("last 2", contents(read(bootstrap, 2, at(topic, 0, kgo.NewOffset().AtEnd().Relative(-2)))))
	})
	add("consume from a timestamp", func(bootstrap string) {
		topic := dated(bootstrap, "go-dates")
		see("read", contents(read(bootstrap, 3, at(topic, 0, kgo.NewOffset().AfterMilli(1_600_000_006_500)))))
	})
	add("look up offsets", func(bootstrap string) {
		topic := dated(bootstrap, "go-lookups")
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			ask := map[string]func() (kadm.ListedOffsets, error){
				"start":     func() (kadm.ListedOffsets, error) { return admin.ListStartOffsets(ctx, topic) },
				"end":       func() (kadm.ListedOffsets, error) { return admin.ListEndOffsets(ctx, topic) },
				"committed": func() (kadm.ListedOffsets, error) { return admin.ListCommittedOffsets(ctx, topic) },
				"largest":   func() (kadm.ListedOffsets, error) { return admin.ListMaxTimestampOffsets(ctx, topic) },
				"after":     func() (kadm.ListedOffsets, error) { return admin.ListOffsetsAfterMilli(ctx, 1_600_000_003_500, topic) },
				"never":     func() (kadm.ListedOffsets, error) { return admin.ListOffsetsAfterMilli(ctx, 1_700_000_000_000, topic) },
			}
			var names []string
			for it := range ask {
				names = append(names, it)
			}
			sort.Strings(names)
			for _, it := range names {
				found, err := ask[it]()
				must(err)
				offset, _ := found.Lookup(topic, 0)
				see(it, []any{offset.Offset, offset.Timestamp, offset.LeaderEpoch, name(offset.Err)})
			}
		})
	})
	add("transactions", func(bootstrap string) {
		topic := create(bootstrap, "go-transactions", 1, nil)
		producer := client(bootstrap, kgo.TransactionalID(topic), kgo.DefaultProduceTopic(topic))
		defer producer.Close()
		ctx, cancel := within()
		defer cancel()
		for _, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
			must(producer.BeginTransaction())
			must(producer.ProduceSync(ctx, kgo.StringRecord("in a transaction")).FirstErr())
			must(producer.EndTransaction(ctx, end))
		}
		produce(bootstrap, some(topic, 0, 1, 10))
		committed := kgo.FetchIsolationLevel(kgo.ReadCommitted())
		see("committed", contents(read(bootstrap, 2, at(topic, 0, kgo.NewOffset().AtStart()), committed)))
	})
}
