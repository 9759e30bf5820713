/** How often somebody asks the leader for a sign of life, while anybody needs it. */
const ASK_MS = 350

/** So many questions in a row may stay without an answer. */
const UNANSWERED = 3

/**
 * By up to so much tabs differ in when they act, so that one is first and the others see it; by more
 * where they wait longer.
 */
const SPREAD_MS = 100

/** Who looks so much later than it meant to is on a machine on which a leader may be as late. */
const LATE_MS = ASK_MS / 2

/** Neither takeovers nor lateness make anybody wait longer than about this. */
const MOST_MS = 30_000

/** After so long without another takeover, the last ones no longer count. */
const QUIET_MS = 60_000

/** What is heard of the leader. */
export interface Sign {
  /** It has the lock and opens the database. */
  opening: boolean
  /** How many leaders in a row have been taken over from lately, without a death. */
  steals: number
}

/** What is to be done now, and when to look again. */
export interface Verdict {
  act: 'wait' | 'ask' | 'steal'
  delayMs: number
}

/**
 * How long a leader may be silent before it is taken for frozen. On a machine that has too much to do
 * it is slow instead, and so is the next one while it opens the database: who took over from each of
 * them as soon would keep everybody from working. All times are in milliseconds, of a clock that the
 * caller reads.
 */
export class Patience {
  readonly #openingMs: number
  #opening = false
  #steals = 0
  #stealsAt = 0
  #heardAt = 0
  /** When it meant to look again. */
  #dueAt = 0
  /** Questions without an answer since it was last late. */
  #asked = 0
  /** Since the last sign of life. */
  #askedInAll = 0

  /** @param openingMs a leader that lives has by then opened the database, or given it up */
  constructor(openingMs: number) {
    this.#openingMs = openingMs
  }

  /** Begins to look. Gives when to look for the first time. */
  start(now: number): number {
    this.#forget()
    return this.#again(now, 'wait').delayMs
  }

  /** The leader is there, or another is on its way. */
  heard(now: number, { opening, steals }: Sign): void {
    this.#opening = opening
    this.#steals = steals
    this.#stealsAt = now
    this.#heardAt = now
    this.#forget()
  }

  /** How many leaders in a row have been taken over from lately, as far as is known here. */
  steals(now: number): number {
    return now - this.#stealsAt < QUIET_MS ? this.#steals : 0
  }

  /** To be called when it was said to. */
  check(now: number, random: number): Verdict {
    // Whoever was asleep or late itself has heard nothing for that reason.
    if (now - this.#dueAt > LATE_MS) this.#asked = 0
    if (now - this.#heardAt < ASK_MS) return this.#again(now, 'wait')
    const enough = this.#enough(now)
    // Who is late each time would otherwise wait for ever.
    const most = Math.max(enough, MOST_MS / ASK_MS)
    if (this.#asked > enough || this.#askedInAll > most) {
      this.#forget()
      return this.#again(now, 'steal')
    }
    this.#asked++
    this.#askedInAll++
    if (this.#asked <= enough) return this.#again(now, 'ask')
    return this.#again(now, 'wait', (random * SPREAD_MS * enough) / UNANSWERED)
  }

  /** So many questions may stay without an answer. */
  #enough(now: number): number {
    const open = Math.min(UNANSWERED * 2 ** this.steals(now), Math.floor(MOST_MS / ASK_MS))
    return this.#opening ? Math.max(open, Math.ceil(this.#openingMs / ASK_MS)) : open
  }

  #forget(): void {
    this.#asked = 0
    this.#askedInAll = 0
  }

  #again(now: number, act: Verdict['act'], delayMs = ASK_MS): Verdict {
    this.#dueAt = now + delayMs
    return { act, delayMs }
  }
}
