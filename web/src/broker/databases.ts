/** Pages for the databases of this origin: apps of the same site each have their own. */

/** The address of this page, attached to a database. */
export function attached(name: string): string {
  const url = new URL(location.href)
  url.search = new URLSearchParams({ db: name }).toString()
  url.hash = ''
  return url.href
}
