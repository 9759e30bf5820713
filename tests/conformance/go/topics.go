package main

import (
	"context"
	"sort"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

func topics() {
	add("create topics", func(bootstrap string) {
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			made, err := admin.CreateTopic(ctx, 3, 1, set("retention.ms", "60000"), "go-create")
			must(err)
			see("made", []any{made.NumPartitions, made.ReplicationFactor})
			made, err = admin.CreateTopic(ctx, -1, -1, nil, "go-create-default")
			must(err)
			see("defaults", []any{made.NumPartitions, made.ReplicationFactor})
			validated, err := admin.ValidateCreateTopics(ctx, 2, 1, nil, "go-valid")
			see("validated", []any{validated["go-valid"].NumPartitions, name(err)})
			until("they are listed", func() bool {
				found, err := admin.ListTopics(ctx)
				return err == nil && found.Has("go-create") && found.Has("go-create-default") && !found.Has("go-valid")
			})
		})
	})
	add("describe topics", func(bootstrap string) {
		create(bootstrap, "go-describe", 3, nil)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			found, err := admin.ListTopics(ctx, "go-describe", "go-unknown")
			must(err)
			for _, it := range found["go-describe"].Partitions.Sorted() {
				see("partition "+string(rune('0'+it.Partition)), []any{it.Leader, it.LeaderEpoch, it.Replicas, it.ISR, it.OfflineReplicas})
			}
			see("internal", found["go-describe"].IsInternal)
			see("unknown", name(found["go-unknown"].Err))
		})
	})
	add("describe the cluster", func(bootstrap string) {
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			found, err := admin.BrokerMetadata(ctx)
			must(err)
			see("brokers", []any{found.Brokers.NodeIDs(), found.Controller, len(found.Cluster)})
		})
	})
	add("add partitions", func(bootstrap string) {
		topic := create(bootstrap, "go-grow", 1, nil)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			for _, count := range []int{4, 2} {
				answer, err := admin.UpdatePartitions(ctx, count, topic)
				must(err)
				see("to "+string(rune('0'+count)), name(answer[topic].Err))
			}
		})
	})
	add("delete topics", func(bootstrap string) {
		topic := create(bootstrap, "go-delete", 1, nil)
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			for _, when := range []string{"deleted", "again"} {
				answer, err := admin.DeleteTopics(ctx, topic)
				must(err)
				see(when, name(answer[topic].Err))
			}
		})
	})
	add("delete records", func(bootstrap string) {
		topic := dated(bootstrap, "go-delete-records")
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			for _, before := range []int64{4, 2, 99} {
				var offsets kadm.Offsets
				offsets.AddOffset(topic, 0, before, -1)
				answer, err := admin.DeleteRecords(ctx, offsets)
				must(err)
				it, _ := answer.Lookup(topic, 0)
				see("before "+string(rune('0'+before%10)), []any{it.LowWatermark, name(it.Err)})
			}
		})
	})
	add("describe configs", func(bootstrap string) {
		seeConfigs(bootstrap, create(bootstrap, "go-configs", 1, set("retention.ms", "60000")))
	})
	add("alter configs", func(bootstrap string) {
		topic := create(bootstrap, "go-alter", 1, set("max.message.bytes", "5000"))
		withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
			second, compact := "1000", "compact"
			answer, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
				{Op: kadm.SetConfig, Name: "retention.ms", Value: &second},
				{Op: kadm.AppendConfig, Name: "cleanup.policy", Value: &compact},
				{Op: kadm.DeleteConfig, Name: "max.message.bytes"},
			}, topic)
			must(err)
			see("altered", name(answer[0].Err))
			// Kafka describes a configuration as it was for a moment after it was altered.
			time.Sleep(500 * time.Millisecond)
		})
		seeConfigs(bootstrap, topic)
	})
}

func seeConfigs(bootstrap, topic string) {
	withAdmin(bootstrap, func(ctx context.Context, admin *kadm.Client) {
		found, err := admin.DescribeTopicConfigs(ctx, topic)
		must(err)
		must(found[0].Err)
		configs := found[0].Configs
		sort.Slice(configs, func(a, b int) bool { return strings.Compare(configs[a].Key, configs[b].Key) < 0 })
		for _, it := range configs {
			var synonyms []any
			for _, synonym := range it.Synonyms {
				synonyms = append(synonyms, []any{synonym.Key, synonym.Value, synonym.Source.String()})
			}
			see(it.Key, []any{it.Value, it.Source.String(), it.Sensitive, synonyms})
		}
	})
}
