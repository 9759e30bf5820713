import { administration } from './administration.mjs'
import { behaviour } from './behaviour.mjs'
import { consuming } from './consuming.mjs'
import { producing } from './producing.mjs'
import { run } from './stage.mjs'

/** The examples by their names. */
export const examples = { ...producing, ...consuming, ...administration, ...behaviour }

/** Runs an example by its name. */
export const runExample = (name, library, brokers) => run(examples[name], name, library, brokers)
