/** Where a broker in a browser differs from a Kafka cluster. */

import { href } from '../route'
import { Title } from '../ui/title'

interface Difference {
  what: string
  how: string
}

const groups: readonly { title: string; differences: readonly Difference[] }[] = [
  {
    title: 'One broker instead of several',
    differences: [
      {
        what: 'Brokers',
        how: 'There is one, number 0. It leads every partition, coordinates every group and is its own controller; there is no KRaft quorum, and nothing to rebalance between brokers.',
      },
      {
        what: 'Replication',
        how: 'The replication factor is 1, and a higher one is refused. The in-sync replicas are always that one broker, min.insync.replicas has no effect, and acks=all waits for its storage alone. A cluster with a factor of 3 survives the loss of a disk; here, what the browser’s storage loses is lost.',
      },
      {
        what: 'Failover',
        how: 'On a cluster, an in-sync replica takes over with a copy of its own. Here another tab takes over the only copy. What was confirmed is kept in both.',
      },
      {
        what: 'The network',
        how: 'Clients reach the broker over message ports of the browser. There are no partitions of the network, no racks and no fetching from followers, and a request takes far less time.',
      },
    ],
  },
  {
    title: 'A browser instead of a data centre',
    differences: [
      {
        what: 'When it runs',
        how: 'As long as a tab of the site is open. Retention, compaction and expiry of offsets go on with the next opening.',
      },
      {
        what: 'Durability',
        how: 'ottla.durability says when a record counts as stored: in memory, handed to the operating system (the default), or flushed to the medium. Kafka does not flush either by default, and relies on its replicas.',
      },
      {
        what: 'Eviction',
        how: 'A browser may delete a site’s data when room gets short, all of it at once, unless it has promised to keep it. Who uses the browser may do so at any time.',
      },
      {
        what: 'Who can reach it',
        how: 'Tabs and workers of this site in this browser, and nobody else. Another device has another log.',
      },
      {
        what: 'Defaults',
        how: 'segment.bytes is 16 MiB (Kafka: 1 GiB), __consumer_offsets has one partition (50), and a group’s first rebalance waits for nobody (3 s).',
      },
      {
        what: 'Members that vanish',
        how: 'A tab or worker that is closed or crashes is out of its groups at once. On a cluster it is out when session.timeout.ms is over, 45 s by default for Java’s consumer.',
      },
      {
        what: 'How much',
        how: 'One machine’s disk, one thread for the broker, and the browser’s quota. Clusters are made for terabytes and for many disks.',
      },
    ],
  },
  {
    title: 'Not there',
    differences: [
      {
        what: 'Transactions',
        how: 'Not yet: asking for one is refused with a clear error. Idempotent producers are there, and so exactly once within a partition for what is produced.',
      },
      {
        what: 'Security',
        how: 'No TLS, no SASL, no ACLs, no delegation tokens. The browser’s same-origin policy is all that there is, and code of the site may do anything.',
      },
      { what: 'Quotas', how: 'Clients are not throttled, and quotas cannot be set.' },
      {
        what: 'Share groups',
        how: 'Kafka’s queues with acknowledgement of single records (KIP-932) are not there. The group protocols classic and KIP-848 are.',
      },
      {
        what: 'Tiered storage, several log directories, reassignment',
        how: 'Configurations for them are taken or refused as the list of configurations says, and have no effect.',
      },
      {
        what: 'Broker configurations at run time',
        how: 'Those of topics can be altered while the broker runs; its own cannot.',
      },
      {
        what: 'Around Kafka',
        how: 'Kafka Streams, Connect, MirrorMaker and schema registries are programs of their own. The lesson on tables does by hand what Kafka Streams does.',
      },
    ],
  },
  {
    title: 'In these lessons',
    differences: [
      {
        what: 'Small and soon',
        how: 'Segments of a few records, frequent heartbeats and frequent commits, so that there is something to see. Nothing is drawn that the broker did not answer.',
      },
      {
        what: 'Workers for tabs',
        how: 'Where a member or a leader is to be killed, it lives in a worker of the page: ended in the middle of its work, it vanishes as a tab’s process does.',
      },
    ],
  },
]

export default function Differences() {
  return (
    <div class="lessons" data-testid="differences">
      <Title
        about="The protocol, records, logs, groups and their errors are Kafka’s. These things are not."
        actions={<a href={href(['learn'])}>All lessons</a>}
      >
        Where this differs from a Kafka cluster
      </Title>
      <div class="differences">
        {groups.map(({ title, differences }) => (
          <section key={title} aria-label={title}>
            <h2>{title}</h2>
            <dl>
              {differences.map(({ what, how }) => (
                <div key={what}>
                  <dt>{what}</dt>
                  <dd>{how}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </div>
  )
}
