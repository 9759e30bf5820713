/** What expressions can call: methods that look at a value, and never at anything behind it. */

const text = new Set([
  'at', 'charAt', 'endsWith', 'includes', 'indexOf', 'lastIndexOf', 'match', 'slice', 'split', 'startsWith',
  'substring', 'toLowerCase', 'toUpperCase', 'trim',
])

const list = new Set(['at', 'every', 'filter', 'find', 'includes', 'indexOf', 'join', 'map', 'slice', 'some'])

/** The names that are there beside the record's. */
export const hosts: Readonly<Record<string, unknown>> = {
  Array: host({ isArray: Array.isArray }),
  Boolean,
  Date: host({ parse: Date.parse, now: Date.now }),
  JSON: host({ parse: JSON.parse }),
  Math: host({
    abs: Math.abs, ceil: Math.ceil, floor: Math.floor, max: Math.max, min: Math.min, round: Math.round,
  }),
  Number,
  Object: host({ keys: Object.keys, values: Object.values }),
  String,
}

function host(functions: object): object {
  return Object.freeze(Object.assign(Object.create(null), functions))
}

const callable = new Set<unknown>(
  Object.values(hosts).flatMap((each) => (typeof each === 'function' ? [each] : Object.values(each as object))),
)

/** A property of a value: what JSON has, a text's or list's length and places, what a host offers. */
export function property(of: unknown, name: string | number): unknown {
  if (of === null || of === undefined) throw new TypeError(`Cannot read “${name}” of ${of}.`)
  if (typeof of === 'string' || Array.isArray(of)) {
    return name === 'length' || /^\d+$/.test(String(name)) ? of[name as number] : undefined
  }
  if (typeof of !== 'object' || of instanceof RegExp) return undefined
  return Object.hasOwn(of, name) ? (of as Record<string | number, unknown>)[name] : undefined
}

/** Calls a method of a value. */
export function method(of: unknown, name: string, given: unknown[]): unknown {
  if (of === null || of === undefined) throw new TypeError(`Cannot read “${name}” of ${of}.`)
  if (typeof of === 'string' && text.has(name)) {
    return (String.prototype[name as 'at'] as (...given: unknown[]) => unknown).apply(of, given)
  }
  if (Array.isArray(of) && list.has(name)) {
    return (Array.prototype[name as 'at'] as (...given: unknown[]) => unknown).apply(of, given)
  }
  if (of instanceof RegExp && name === 'test') {
    of.lastIndex = 0
    return of.test(String(given[0]))
  }
  return call(property(of, name), name, given)
}

/** Calls a function that is one of ours. */
export function call(what: unknown, name: string, given: unknown[]): unknown {
  if (!callable.has(what)) throw new TypeError(`“${name}” is nothing that a filter can call here.`)
  return (what as (...given: unknown[]) => unknown)(...given)
}
