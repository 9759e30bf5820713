/** How safe the browser keeps this site's data, and how much room there is. */
export interface Persistence {
  /**
   * Whether the browser has promised not to evict the data by itself. Where it has not, the data may
   * go when room gets short, and in Safari after a time without visits.
   */
  persisted: boolean
  /** Bytes in use by this site, where the browser says so. */
  usage?: number
  /** Bytes that this site may use, where the browser says so. */
  quota?: number
}

/** Asks the browser to keep this site's data, and reports what it says. */
export async function persistence({ request = true } = {}): Promise<Persistence> {
  const storage = globalThis.navigator?.storage
  if (!storage?.persisted) return { persisted: false }
  const persisted = (await storage.persisted()) || (request && (await storage.persist()))
  const { usage, quota } = (await storage.estimate?.()) ?? {}
  return { persisted, usage, quota }
}
