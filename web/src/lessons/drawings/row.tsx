/** A row of records, which shows its newest end. */

import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface Props {
  label: string
  /** How many there are: when that changes, the end is shown. */
  length: number
  children: ComponentChildren
  empty?: string
  testid?: string
}

export function Row({ label, length, children, empty, testid }: Props) {
  const list = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = list.current
    if (element) element.scrollLeft = element.scrollWidth
  }, [length])
  return (
    <div class="row" ref={list} tabIndex={0} role="region" aria-label={label} data-testid={testid} data-length={length}>
      {length === 0 && empty ? <p class="row-empty quiet">{empty}</p> : <ol>{children}</ol>}
    </div>
  )
}
