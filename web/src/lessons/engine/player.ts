/** Plays a lesson: opens its world, takes its steps, holds, and begins anew. */

import { batch, computed, signal } from '@preact/signals'
import { explain, type Problem } from '../../broker/problem'
import { Clock, Ended } from './clock'
import type { AnyLesson, Values, World } from './lesson'
import { Random } from './random'
import { PACE } from './values'

export type State = 'opening' | 'idle' | 'running' | 'held' | 'failed'

/** Between two steps that are played one after the other. */
const BETWEEN_MS = 1_600

/** One run of a lesson. */
interface Run {
  clock: Clock
  world: World | undefined
  /** Settled when nothing is under way in it. */
  done: Promise<void>
}

export class Player {
  readonly state = signal<State>('opening')
  /** How many steps are done. */
  readonly done = signal(0)
  /** How many steps are wanted. */
  readonly wanted = signal(0)
  /** Steps follow each other. */
  readonly playing = signal(false)
  readonly world = signal<World | undefined>(undefined)
  readonly problem = signal<Problem | undefined>(undefined)
  readonly busy = computed(() => this.state.value !== 'idle')
  readonly #lesson: AnyLesson
  readonly #values: Values
  #run: Run | undefined
  #turn = 0

  constructor(lesson: AnyLesson, values: Values) {
    this.#lesson = lesson
    this.#values = values
  }

  get steps(): number {
    return this.#lesson.steps.length
  }

  /** Opens a new world and brings it, without pauses, to where so many steps are done. */
  async open(steps: number): Promise<void> {
    const turn = ++this.#turn
    const before = this.#run
    this.#run = undefined
    batch(() => {
      this.state.value = 'opening'
      this.wanted.value = Math.min(steps, this.steps)
      this.playing.value = false
      this.problem.value = undefined
    })
    await this.#leave(before)
    if (turn !== this.#turn) return
    const clock = new Clock(Number(this.#values[PACE] ?? 1))
    clock.fast = true
    const run: Run = { clock, world: undefined, done: Promise.resolve() }
    this.#run = run
    run.done = this.#work(run, async () => {
      const random = new Random(Number(this.#values.seed ?? 1))
      run.world = await this.#lesson.open({ values: this.#values, random, clock })
      if (clock.ended) return
      batch(() => {
        this.done.value = 0
        this.world.value = run.world
      })
      for (let at = 0; at < this.wanted.peek(); at++) await this.#take(run, at)
      clock.fast = false
    })
    await run.done
  }

  /** Takes the next step. */
  next(): void {
    const run = this.#run
    if (!run || this.state.peek() !== 'idle' || this.done.peek() >= this.steps) return
    this.wanted.value = this.done.peek() + 1
    run.done = this.#work(run, () => this.#take(run, this.done.peek()))
  }

  /** Takes all steps that are left, with time to look in between. */
  play(): void {
    const run = this.#run
    if (!run || this.state.peek() !== 'idle' || this.done.peek() >= this.steps) return
    this.playing.value = true
    run.done = this.#work(run, async () => {
      while (this.done.peek() < this.steps) {
        this.wanted.value = this.done.peek() + 1
        await this.#take(run, this.done.peek())
        if (this.done.peek() < this.steps) await run.clock.beat(BETWEEN_MS)
      }
    })
  }

  hold(): void {
    if (this.state.peek() !== 'running') return
    this.#run?.clock.hold()
    this.state.value = 'held'
  }

  resume(): void {
    if (this.state.peek() !== 'held') return
    this.state.value = 'running'
    this.#run?.clock.go()
  }

  /** Moves what is held by one beat. */
  beat(): void {
    if (this.state.peek() === 'held') this.#run?.clock.one()
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#turn++
    const run = this.#run
    this.#run = undefined
    await this.#leave(run)
  }

  async #leave(run: Run | undefined): Promise<void> {
    if (!run) return
    run.clock.end()
    await run.done
    this.world.value = undefined
    // Whatever does not end well is gone with the page.
    await run.world?.close().catch((error: unknown) => console.warn(error))
  }

  async #take(run: Run, at: number): Promise<void> {
    await this.#lesson.steps[at]?.run(run.world)
    if (run.clock.ended) throw new Ended()
    this.done.value = at + 1
  }

  async #work(run: Run, work: () => Promise<void>): Promise<void> {
    if (this.#run === run) this.state.value = 'running'
    try {
      await work()
    } catch (error) {
      if (this.#run === run && !(error instanceof Ended)) {
        batch(() => {
          this.state.value = 'failed'
          this.problem.value = explain(error)
        })
        return
      }
    } finally {
      if (this.#run === run) this.playing.value = false
    }
    if (this.#run === run) this.state.value = 'idle'
  }
}
