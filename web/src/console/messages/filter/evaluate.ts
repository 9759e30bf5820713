/** Works out an expression that jsep has read. */

import { call, method, property } from './methods'

/** A node of the tree, as ESTree names them. */
export type Node =
  | { type: 'Literal'; value: unknown }
  | { type: 'Identifier'; name: string }
  | { type: 'MemberExpression'; computed: boolean; object: Node; property: Node; optional?: boolean }
  | { type: 'CallExpression'; callee: Node; arguments: Node[]; optional?: boolean }
  | { type: 'UnaryExpression'; operator: string; argument: Node }
  | { type: 'BinaryExpression'; operator: string; left: Node; right: Node }
  | { type: 'ConditionalExpression'; test: Node; consequent: Node; alternate: Node }
  | { type: 'ArrayExpression'; elements: Node[] }
  | { type: 'ArrowFunctionExpression'; params: Node[] | null; body: Node }
  | { type: 'Compound' | 'ThisExpression' }

/** What names stand for. */
export interface Names {
  has(name: string): boolean
  get(name: string): unknown
}

/** Stands for what is left out behind `?.`. */
const NOTHING = Symbol('nothing')

export function evaluate(node: Node, names: Names): unknown {
  const result = work(node, names)
  return result === NOTHING ? undefined : result
}

function work(node: Node, names: Names): unknown {
  switch (node.type) {
    case 'Literal':
      return node.value
    case 'Identifier':
      if (!names.has(node.name)) throw new ReferenceError(`“${node.name}” is not defined.`)
      return names.get(node.name)
    case 'MemberExpression': {
      const of = work(node.object, names)
      if (of === NOTHING || (node.optional && isMissing(of))) return NOTHING
      return property(of, nameOf(node, names))
    }
    case 'CallExpression':
      return called(node, names)
    case 'UnaryExpression':
      return unary(node.operator, evaluate(node.argument, names))
    case 'BinaryExpression':
      return binary(node.operator, node.left, node.right, names)
    case 'ConditionalExpression':
      return evaluate(evaluate(node.test, names) ? node.consequent : node.alternate, names)
    case 'ArrayExpression':
      return node.elements.map((each) => evaluate(each, names))
    case 'ArrowFunctionExpression':
      return arrow(node.params ?? [], node.body, names)
    default:
      throw new SyntaxError('A filter is one expression.')
  }
}

const isMissing = (value: unknown): boolean => value === null || value === undefined

function nameOf({ computed, property }: Node & { type: 'MemberExpression' }, names: Names): string | number {
  if (!computed && property.type === 'Identifier') return property.name
  const name = evaluate(property, names)
  return typeof name === 'number' ? name : String(name)
}

function called({ callee, arguments: given, optional }: Node & { type: 'CallExpression' }, names: Names): unknown {
  const values = () => given.map((each) => evaluate(each, names))
  if (callee.type !== 'MemberExpression') {
    const name = callee.type === 'Identifier' ? callee.name : 'This'
    return call(evaluate(callee, names), name, values())
  }
  const of = work(callee.object, names)
  if (of === NOTHING || ((callee.optional || optional) && isMissing(of))) return NOTHING
  return method(of, String(nameOf(callee, names)), values())
}

function arrow(params: Node[], body: Node, names: Names): (...given: unknown[]) => unknown {
  const own = params.map((param) => (param.type === 'Identifier' ? param.name : ''))
  return (...given) =>
    evaluate(body, {
      has: (name) => own.includes(name) || names.has(name),
      get: (name) => (own.includes(name) ? given[own.indexOf(name)] : names.get(name)),
    })
}

function unary(operator: string, value: unknown): unknown {
  switch (operator) {
    case '!':
      return !value
    case '-':
      return -(value as number)
    case '+':
      return +(value as number)
    case '~':
      return ~(value as number)
    case 'typeof':
      return typeof value
    default:
      throw new SyntaxError(`A filter has no operator ${operator}.`)
  }
}

function binary(operator: string, left: Node, right: Node, names: Names): unknown {
  const a = evaluate(left, names)
  if (operator === '&&') return a && evaluate(right, names)
  if (operator === '||') return a || evaluate(right, names)
  if (operator === '??') return a ?? evaluate(right, names)
  const b = evaluate(right, names)
  const operate = operators[operator]
  if (!operate) throw new SyntaxError(`A filter has no operator ${operator}.`)
  return operate(a as number, b as number)
}

const operators: Readonly<Record<string, (a: number, b: number) => unknown>> = {
  '==': (a, b) => a == b,
  '!=': (a, b) => a != b,
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  in: (a, b) => {
    if (typeof b !== 'object' || b === null) throw new TypeError('“in” needs an object at its right.')
    return Object.hasOwn(b, a)
  },
}
