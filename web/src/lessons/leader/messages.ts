/** What the page and the workers that stand for tabs say to each other. */

export type ToHost = { type: 'start'; address: string } | { type: 'leave' }

export type FromHost =
  | { type: 'started' }
  /** The id by which it is known among the tabs. */
  | { type: 'tab'; tab: string | undefined }
  | { type: 'left' }
  | { type: 'failed'; message: string }
