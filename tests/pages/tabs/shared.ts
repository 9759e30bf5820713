import { type Errand, run } from './errand'

const scope = self as unknown as { onconnect: (event: MessageEvent) => void }
scope.onconnect = ({ ports: [port] }) => {
  if (!port) return
  port.onmessage = async ({ data }: MessageEvent<Errand>) => port.postMessage(await run(data))
}
