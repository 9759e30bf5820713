/** Which lessons there are. Each is loaded when it is come to. */

import type { AnyLesson } from './engine/lesson'

export interface Entry {
  slug: string
  title: string
  /** What it is about, in a line. */
  about: string
  load(): Promise<{ default: AnyLesson }>
}

export const entries: readonly Entry[] = [
  {
    slug: 'delivery',
    title: 'Queue, publish/subscribe, log',
    about: 'The same records, delivered in three ways.',
    load: () => import('./delivery'),
  },
  {
    slug: 'keys',
    title: 'Where a key goes',
    about: 'Murmur2, and why order holds in a partition and not in a topic.',
    load: () => import('./keys'),
  },
  {
    slug: 'trucks',
    title: 'Trucks out of order',
    about: 'A bad key, or partitions added later, and what aggregates make of it.',
    load: () => import('./trucks'),
  },
  {
    slug: 'group',
    title: 'A consumer group',
    about: 'Members come, leave and crash; partitions move, and some records come twice.',
    load: () => import('./group'),
  },
  {
    slug: 'windows',
    title: 'Windows as members',
    about: 'Each window that is opened joins the group, and one that is closed is missed at once.',
    load: () => import('./windows'),
  },
  {
    slug: 'retention',
    title: 'Retention and compaction',
    about: 'Segments expire as a whole; compaction keeps the last value of each key.',
    load: () => import('./retention'),
  },
  {
    slug: 'leader',
    title: 'When the leader dies',
    about: 'The tab that runs the broker is killed: how long nobody can write, and that nothing is lost.',
    load: () => import('./leader'),
  },
  {
    slug: 'tables',
    title: 'Streams and tables',
    about: 'A table is what a log comes to, and its changelog brings it back.',
    load: () => import('./tables'),
  },
]
