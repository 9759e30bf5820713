/** What the windows of the lesson have in common. */

export const TOPIC = 'jobs'
export const GROUP = 'windows'
export const WORK_MS = 300

/** The client id of a window's member. */
export const nameOf = (seat: number): string => `window-${seat}`
