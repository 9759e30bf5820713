/** Keys as they are drawn: a colour of their own, and always their name beside it. */

const hues = 6

const known: string[] = ['Ada', 'Ben', 'Cem', 'Dee', 'Eva', 'Fay']

/** Names of customers, the keys of most lessons. */
export const customers: readonly string[] = known.slice(0, hues)

/** The colour of a key: the same wherever it is drawn. */
export function hueOf(key: string | null): number | undefined {
  if (key === null) return undefined
  const number = /\d+$/.exec(key)
  // Beyond the colours there are, no colour is better than another's.
  if (number) return Number(number[0]) <= hues ? Number(number[0]) - 1 : undefined
  const at = known.indexOf(key)
  if (at >= 0) return at
  let sum = 0
  for (const letter of key) sum += letter.codePointAt(0) ?? 0
  return sum % hues
}

/** What of a key fits into a token: `truck-7` is T7. */
export function short(key: string | null): string {
  if (key === null) return '–'
  const [, word, number] = /^([a-z])[a-z]*-(\d+)$/i.exec(key) ?? []
  if (word && number) return `${word.toUpperCase()}${number}`
  return key.length <= 4 ? key : `${key.slice(0, 3)}…`
}
