/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} [ottla] the figure
 * @property {string} [peer] what it is held against
 * @property {number} [ratio] Ottla's by the peer's
 * @property {string} [bar]
 * @property {boolean} [met]
 */

const columns = ['what', 'ottla', 'peer', 'ratio', 'bar', '']

/** @param {string} title @param {Row[]} rows */
export function printTable(title, rows) {
  const lines = rows.map(({ what, ottla = '', peer = '', ratio, bar = '', met }) => [
    what,
    ottla,
    peer,
    ratio === undefined ? '' : ratio.toFixed(2),
    bar,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ])
  const widths = columns.map((name, at) =>
    Math.max(name.length, ...lines.map((line) => line[at].length)),
  )
  const print = (line) =>
    console.log(line.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd())
  console.log(`\n${title}\n`)
  print(columns)
  print(widths.map((width) => '-'.repeat(width)))
  lines.forEach(print)
}
