// A client that does the steps of a history with one broker (java/src/History.java), and looks.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { javaArguments } from '../brokers.mjs'
import { target } from '../paths.mjs'

export class Driver {
  /** @param {import('../brokers.mjs').RunningBroker} broker @param {string} name */
  constructor(broker, name) {
    this.name = name
    const command = [...javaArguments('error'), 'History', broker.bootstrap]
    this.child = spawn('java', command, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stderr.pipe(createWriteStream(`${target}run/history.${name.replaceAll(' ', '-')}.log`))
    this.ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** Does a step; gives what came of it: the name of an error, if nothing else. */
  async take(step) {
    this.child.stdin.write(`${JSON.stringify(step)}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`the client of ${this.name} has ended: see target/conformance/run`)
    return JSON.parse(value)
  }

  /** Of each topic, of each partition: offsets and records. */
  async look(topics, timestamps) {
    const seen = {}
    for (const topic of topics) {
      seen[topic] = await this.take({ op: 'look', topic, timestamps })
      if (!Array.isArray(seen[topic])) throw new Error(`${this.name}, a look at ${topic}: ${seen[topic]}`)
    }
    return seen
  }

  async end() {
    this.child.stdin.end()
    await this.ended
  }
}
