// What depends on where the package runs; in browsers, and wherever else there is `fetch`.

export { compileFrom as compile } from './compile.js'

/** Pages reach no other host's ports. */
export const openTcp = undefined
