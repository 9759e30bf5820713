/** The guide: web/guide/*.md, each file a page. */

import { href } from '../route'
import type { ScreenProps } from '../shell/screens'
import { Title } from '../ui/title'
import './guide.css'

interface Page {
  title: string
  html: string
}

const files = import.meta.glob<Page>('../../guide/*.md', { eager: true })

/** In the order in which they are read. */
const names = ['start', 'work-queue', 'outbox', 'event-bus', 'replay', 'testing', 'guarantees', 'moving']

const pages = new Map(
  names.flatMap((name) => {
    const page = files[`../../guide/${name}.md`]
    return page ? [[name, page] as const] : []
  }),
)

export default function Guide({ path: [name = 'start'] }: ScreenProps) {
  const page = pages.get(name)
  return (
    <div class="guide">
      <nav aria-label="Guide" data-testid="guide-pages">
        <ul>
          {[...pages].map(([each, { title }]) => (
            <li key={each}>
              <a href={href(['guide', each])} aria-current={each === name ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <article data-testid="guide">
        <Title>{page?.title ?? 'There is no such page'}</Title>
        {page ? (
          // The project's own text, rendered when the site was built.
          <div dangerouslySetInnerHTML={{ __html: page.html }} />
        ) : (
          <p>
            The guide has no page “{name}”. <a href={href(['guide'])}>Begin at the start</a>.
          </p>
        )}
      </article>
    </div>
  )
}
