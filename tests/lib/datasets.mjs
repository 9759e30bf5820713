import { fileURLToPath } from 'node:url'

/** The folder of vega-datasets' files, to which the package gives no name. */
export const datasets = fileURLToPath(new URL('../data/', import.meta.resolve('vega-datasets')))
