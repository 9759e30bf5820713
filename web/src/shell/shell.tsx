/** The site: what stays where it is, around the screen that the address means. */

import { useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { connection, vanished } from '../broker/connection'
import { watch } from '../broker/storage'
import { refresh, topics, unlisted } from '../broker/topics'
import { href, place } from '../route'
import { arrive } from '../ui/arrival'
import { Title } from '../ui/title'
import { Trouble } from '../ui/trouble'
import { BrokerState } from './broker-state'
import { Navigation } from './navigation'
import { screenOf } from './screens'
import { Status } from './status'
import { StorageState } from './storage-state'
import { ThemeChoice } from './theme-choice'

export function Shell() {
  useSignalEffect(() => {
    const { state } = connection.value
    void refresh()
    if (state === 'open') watch()
  })
  // In another database there are other topics.
  useSignalEffect(() => {
    if (vanished.value) void refresh()
  })
  const found = screenOf(place.value.path)
  const { state } = connection.value
  const isOpen = state === 'open' && topics.value !== undefined
  useArrival(isOpen)
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <div class="shell">
        <header class="top">
          <a class="brand" href={href([])}>
            <img src="./ottla.svg" alt="" width="28" height="28" />
            <span>Ottla</span>
          </a>
          <Navigation current={found?.screen} />
          <Status />
          <ThemeChoice />
        </header>
        <main id="main" class="page" tabIndex={-1} data-testid="broker" data-state={isOpen ? 'open' : state}>
          <StorageState />
          <BrokerState />
          {state === 'open' && (
            <Trouble problem={unlisted.value}>
              <button type="button" onClick={() => refresh()}>
                Ask again
              </button>
            </Trouble>
          )}
          {isOpen && (found ? <found.screen.component path={found.rest} /> : <Nowhere />)}
        </main>
      </div>
    </>
  )
}

function Nowhere() {
  return (
    <>
      <Title>There is nothing here</Title>
      <p>
        The address may have been cut short. <a href={href([])}>Go to the overview.</a>
      </p>
    </>
  )
}

/** Takes who moves by keyboard or ear to where one is. */
function useArrival(isShown: boolean): void {
  // The tabs of a screen are parts of it: who goes through them stays among them.
  const screen = place.value.path.slice(0, 2).join('/')
  const before = useRef(screen)
  useEffect(() => {
    if (!isShown || before.current === screen) return
    before.current = screen
    scrollTo(0, 0)
    arrive()
  }, [screen, isShown])
}

/** The address keeps what is looked at, and so the jump is made by hand. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
