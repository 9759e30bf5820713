/** Gives KafkaJS's examples, with the package, to the tests. */

import * as ottla from 'ottla'
import { runExample } from '../../examples/all.mjs'

window.runExample = (name, address) => runExample(name, ottla, [address])
