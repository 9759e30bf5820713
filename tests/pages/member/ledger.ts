/** Tells the test what happens in this page, in order, so that it is known when the page dies. */

declare global {
  interface Window {
    /** The test's; done when it is written down. */
    ledger(id: number, entry: object): Promise<void>
  }
}

const open = new Map<number, { entry: object; done: () => void }>()
let lastId = 0

/** Done when the test has written it down. */
export function tell(entry: object): Promise<void> {
  return new Promise((done) => {
    const id = ++lastId
    open.set(id, { entry, done })
    void deliver(id, entry)
  })
}

async function deliver(id: number, entry: object): Promise<void> {
  await window.ledger(id, entry)
  open.get(id)?.done()
  open.delete(id)
}

// What was answered while the page was in the back/forward cache never arrived.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) for (const [id, { entry }] of open) void deliver(id, entry)
})
