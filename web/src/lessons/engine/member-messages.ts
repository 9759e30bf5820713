/** What a page and the worker of a member say to each other. */

import type { Stored } from './broker'
import type { Order } from './clock'

export interface MemberOptions {
  address: string
  group: string
  clientId: string
  topic: string
  /** How long it is busy with a record. */
  work_ms: number
  /** After how many records of a partition it commits. */
  commitEvery: number
}

export type ToMember =
  | { type: 'start'; options: MemberOptions }
  | { type: 'order'; order: Order }
  /** Stop in the middle of the work, with as much done as can be that is not committed. */
  | { type: 'freeze' }
  | { type: 'stop' }

export type FromMember =
  | { type: 'joined' }
  | { type: 'given'; record: Stored }
  /** It does nothing any more, in the middle of its work. */
  | { type: 'frozen' }
  | { type: 'stopped' }
  | { type: 'failed'; message: string }
