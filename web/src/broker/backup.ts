/** Topics as files, and back. */

import type { ImportResult } from 'ottla'
import { give } from '../ui/give'
import { broker, NAME } from './connection'
import { refresh } from './topics'

/** Gives some topics, or all, as a file. */
export async function backUp(topics?: string[]): Promise<void> {
  const file = await new Response(broker().kafka.export({ topics })).blob()
  const day = new Date().toISOString().slice(0, 10)
  give(file, `${topics?.length === 1 ? topics[0] : NAME}-${day}.ottla`)
}

/** Brings the topics of a file back; one can be given another name. */
export async function restore(file: Blob, as: Record<string, string>): Promise<ImportResult> {
  const result = await broker().kafka.import(file, { as })
  await refresh()
  return result
}
