/** How safe the browser keeps this site's data, and how much room there is. */
export interface Persistence {
  /**
   * Whether the browser has promised not to evict the data by itself. Where it has not, the data may
   * go when room gets short, and in Safari after a time without visits.
   */
  persisted: boolean
  /** Whether this page has asked for that promise. Browsers may also give it unasked. */
  asked: boolean
  /** What the browser answered; undefined where it was not asked, or cannot be. */
  granted?: boolean
  /** Bytes in use by this site, where the browser says so. */
  usage?: number
  /** Bytes that this site may use, where the browser says so; some say more than they give. */
  quota?: number
}

let asked = false
let granted: boolean | undefined

/**
 * Asks the browser to keep this site's data, and reports what it says. With `request: false` it only
 * reports.
 */
export async function persistence({ request = true } = {}): Promise<Persistence> {
  const storage = globalThis.navigator?.storage
  if (!storage?.persisted) return { persisted: false, asked, granted }
  let persisted = await storage.persisted()
  if (request) {
    asked = true
    // A page alone can ask: workers only learn how it is.
    granted = persisted || (await storage.persist?.())
    persisted ||= granted ?? false
  }
  const { usage, quota } = (await storage.estimate?.()) ?? {}
  return { persisted, asked, granted, usage, quota }
}
