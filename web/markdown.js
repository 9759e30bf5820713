// Lets the demo import the guide's Markdown as HTML. The files are the project's own, and rendered when the
// demo is built: no renderer is loaded by the page.

import { readFile } from 'node:fs/promises'
import { Marked } from 'marked'

const marked = new Marked({
  walkTokens(token) {
    // Pages refer to each other as files, which works in any viewer; here each has an address.
    const [, page] = token.type === 'link' ? (/^([a-z-]+)\.md$/.exec(token.href) ?? []) : []
    if (page) token.href = `#/guide/${page}`
  },
  renderer: {
    // A wide table or line scrolls in its box, which a keyboard must reach.
    code: ({ text, lang }) => `<pre tabindex="0" aria-label="${lang ?? 'code'}"><code>${escape(text)}</code></pre>\n`,
    table(token) {
      const cells = (row, tag) => row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')
      const rows = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')
      return `<div class="wide" tabindex="0" role="group" aria-label="table"><table><thead><tr>${cells(token.header, 'th')}</tr></thead><tbody>${rows}</tbody></table></div>\n`
    },
  },
})

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

export const markdown = {
  name: 'markdown',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('.md')) return
    this.addWatchFile(id)
    const text = await readFile(id, 'utf8')
    const [, title] = /^# (.+)$/m.exec(text) ?? []
    if (!title) this.error(`${id} has no title`)
    const html = await marked.parse(text.replace(/^# .+$/m, ''))
    return `export const title = ${JSON.stringify(title)}\nexport const html = ${JSON.stringify(html)}`
  },
}
