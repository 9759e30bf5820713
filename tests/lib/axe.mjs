// Whether everybody can use a page, as far as axe can tell.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Fails where axe finds anything. */
export async function sound(page, where) {
  // Evaluated by the test, as the page's own policy forbids foreign scripts.
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    return (await window.axe.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary}`),
    }))
  })
  assert.deepEqual(violations, [], where)
}
