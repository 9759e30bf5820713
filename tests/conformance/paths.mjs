// Where things are.

import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

export const root = here('../../')
export const sources = here('./')
/** Where scripts/conformance installs clients, and where a run leaves its logs. */
export const target = here('../../target/conformance/')
/** A build for speed; OTTLA_NATIVE names another one. */
export const ottlaNative = process.env.OTTLA_NATIVE ?? here('../../target/release/ottla-native')
