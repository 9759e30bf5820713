/** A SharedWorker that brings two pages together: each gets one end of a channel. */

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
let waiting: MessagePort | undefined

scope.onconnect = ({ ports: [page] }) => {
  if (!page) return
  if (!waiting) {
    waiting = page
    return
  }
  const { port1, port2 } = new MessageChannel()
  waiting.postMessage(null, [port1])
  page.postMessage(null, [port2])
  waiting = undefined
}
