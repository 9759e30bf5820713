/**
 * Filters over records, as expressions of JavaScript: `value.delay > 60 && key.startsWith('J')`.
 *
 * They come from the address, too, so a link could carry anything: they are parsed by jsep and worked
 * out by `evaluate.ts`, which knows a record, plain values and the methods of a short list, and has no
 * way to the page. So the page's policy needs no `unsafe-eval`, wherever it is put. There are no
 * statements and no functions by name: nothing runs for ever.
 */

import arrow from '@jsep-plugin/arrow'
import regex from '@jsep-plugin/regex'
import jsep from 'jsep'
import type { Seen } from '../../../broker/record'
import { evaluate, type Names, type Node } from './evaluate'
import { hosts } from './methods'

jsep.plugins.register(arrow, regex)
jsep.addUnaryOp('typeof')
jsep.addBinaryOp('in', 7)
jsep.addLiteral('undefined', undefined as unknown as string)

export interface Filter {
  /** Whether a record is to be shown. Throws where the expression does not suit the record. */
  matches(record: Seen): boolean
}

/** An expression that cannot be read. */
export class Unreadable extends Error {}

/** What an expression can name, for hints. */
export const names = ['key', 'value', 'headers', 'partition', 'offset', 'timestamp', 'size'] as const

/** A value as expressions see it: JSON as what it says, anything else as its text. */
function parsed(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

class RecordNames implements Names {
  readonly #record: Seen
  #value: { is: unknown } | undefined

  constructor(record: Seen) {
    this.#record = record
  }

  has(name: string): boolean {
    return (names as readonly string[]).includes(name) || Object.hasOwn(hosts, name)
  }

  get(name: string): unknown {
    const record = this.#record
    switch (name as (typeof names)[number]) {
      case 'key':
        return record.key
      case 'value':
        this.#value ??= { is: parsed(record.value) }
        return this.#value.is
      case 'headers':
        return Object.assign(Object.create(null), Object.fromEntries(record.headers))
      case 'partition':
        return record.partition
      case 'offset':
        return record.offset
      case 'timestamp':
        return record.timestamp_ms
      case 'size':
        return record.size_bytes
      default:
        return hosts[name]
    }
  }
}

/** Reads an expression. Throws `Unreadable`, which says why. */
export function compile(text: string): Filter {
  let tree: Node
  try {
    tree = jsep(text) as unknown as Node
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error))
  }
  check(tree)
  return { matches: (record) => Boolean(evaluate(tree, new RecordNames(record))) }
}

/** What is wrong in any case is said at once, and not record by record. */
function check(tree: Node): void {
  if (tree.type === 'Compound') throw new Unreadable('This is more than one expression: join them with && or ||.')
  if (tree.type === 'ThisExpression') throw new Unreadable('There is no “this”: use key, value, headers …')
  for (const child of Object.values(tree)) {
    for (const each of [child].flat()) {
      if (typeof each === 'object' && each !== null && 'type' in each) check(each as Node)
    }
  }
}
