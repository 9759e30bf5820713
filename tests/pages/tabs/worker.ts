import { type Errand, run } from './errand'

self.onmessage = async ({ data }: MessageEvent<Errand>) => self.postMessage(await run(data))
