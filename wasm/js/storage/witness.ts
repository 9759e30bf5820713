// A second place for the cluster's id: the names of empty files in the origin's private file system.
// If the database is deleted or emptied by itself, they are still there. When the browser evicts all
// data of the site, or a person clears it, they go as well: nothing on this machine knows then.

import type { VanishedCluster } from './types.js'

/** In front of the id of a cluster that vanished, and of the time of that. */
const GONE = 'gone.'

async function folderOf(name: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  const all = await root.getDirectoryHandle('ottla', { create })
  return all.getDirectoryHandle(encodeURIComponent(name), { create })
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = []
  const keys = (folder as unknown as { keys(): AsyncIterable<string> }).keys()
  for await (const name of keys) names.push(name)
  return names
}

/**
 * Notes the cluster that the database of a name has. Gives the one that it had before, if that was
 * another one. Without such a file system, as in some private windows, nothing is noted.
 */
export async function witness(name: string, clusterId: string): Promise<string | undefined> {
  try {
    const folder = await folderOf(name, true)
    const names = await namesIn(folder)
    const former = names.filter((known) => known !== clusterId && !known.startsWith(GONE))
    for (const gone of former) {
      await folder.getFileHandle(`${GONE}${gone}.${Date.now()}`, { create: true })
    }
    await folder.getFileHandle(clusterId, { create: true })
    for (const gone of former) await folder.removeEntry(gone)
    return former[0]
  } catch {
    return undefined
  }
}

/** The clusters of a name that vanished. */
export async function vanishedClusters(name: string): Promise<VanishedCluster[]> {
  try {
    const names = await namesIn(await folderOf(name, false))
    const vanished = names.flatMap((known) => {
      if (!known.startsWith(GONE)) return []
      const [, clusterId = '', at] = known.split('.')
      return [{ clusterId, noticedAt: new Date(Number(at)) }]
    })
    return vanished.sort((a, b) => Number(a.noticedAt) - Number(b.noticedAt))
  } catch {
    return []
  }
}
