// How much memory the workers of a page take: of those that Ottla starts, the one that leads has the
// broker.

/** @param {import('playwright-core').Page} page */
export async function workersOf(page) {
  const session = await page.context().newCDPSession(page)
  const workers = []
  let last = 0
  const waiting = new Map()
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId)
  })
  session.on('Target.detachedFromTarget', ({ sessionId }) => {
    workers.splice(workers.indexOf(sessionId) >>> 0, 1)
    // Whoever has ended answers nothing any more.
    for (const [id, { worker, reject }] of waiting) {
      if (worker !== sessionId) continue
      waiting.delete(id)
      reject(new Error('the worker has ended'))
    }
  })
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, error } = JSON.parse(message)
    const { resolve, reject } = waiting.get(id) ?? {}
    waiting.delete(id)
    if (error) reject?.(new Error(error.message))
    else resolve?.(result)
  })
  // Workers answer through the session of their page, message in message.
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  const ask = (sessionId, method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { worker: sessionId, resolve, reject })
      const message = JSON.stringify({ id, method, params })
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(reject)
    })
  const sum = (numbers) => numbers.reduce((all, number) => all + number, 0)

  return {
    /** The heaps of JavaScript, as they are: with garbage. */
    async heapBytes() {
      const usageOf = (worker) => ask(worker, 'Runtime.getHeapUsage').catch(() => ({ usedSize: 0 }))
      const heaps = await Promise.all(workers.map(usageOf))
      return sum(heaps.map(({ usedSize }) => usedSize))
    },
    /**
     * The memories of WebAssembly, which never shrink. Collects garbage, so it takes its time, and of a
     * busy worker Chromium may crash by it: then it is not known.
     *
     * @returns {Promise<number | undefined>}
     */
    async wasmBytes() {
      const asked = [...workers]
      const sizes = await Promise.all(asked.map((worker) => memoryOf(worker).catch(() => undefined)))
      return sizes.includes(undefined) ? undefined : sum(sizes)
    },
  }

  async function memoryOf(worker) {
    const expression = 'WebAssembly.Memory.prototype'
    const { result } = await ask(worker, 'Runtime.evaluate', { expression })
    const { objects } = await ask(worker, 'Runtime.queryObjects', { prototypeObjectId: result.objectId })
    const functionDeclaration = 'function () { return this.reduce((all, it) => all + it.buffer.byteLength, 0) }'
    const call = { objectId: objects.objectId, functionDeclaration, returnByValue: true }
    return (await ask(worker, 'Runtime.callFunctionOn', call)).result.value
  }
}

/** Looks at the heaps again and again while something goes on; gives its outcome and the largest. */
export async function watchHeap(workers, work) {
  let most = 0
  let over = false
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, await workers.heapBytes())
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  })()
  const outcome = await work.finally(() => (over = true))
  await watching
  return { outcome, heapBytes: most }
}
