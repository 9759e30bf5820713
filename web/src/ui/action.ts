/** Something that a button starts: whether it runs, and how it failed. */

import { useSignal } from '@preact/signals'
import { explain, type Problem } from '../broker/problem'

export interface Action {
  readonly busy: boolean
  readonly problem: Problem | undefined
  /** Whether it has succeeded since it was last started. */
  readonly done: boolean
  /** Runs it; resolves to whether it succeeded. */
  run(work: () => Promise<void>): Promise<boolean>
  fail(problem: Problem): void
}

export function useAction(): Action {
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  const done = useSignal(false)
  return {
    get busy() {
      return busy.value
    },
    get problem() {
      return problem.value
    },
    get done() {
      return done.value
    },
    fail(what) {
      problem.value = what
    },
    async run(work) {
      if (busy.peek()) return false
      busy.value = true
      done.value = false
      problem.value = undefined
      try {
        await work()
        done.value = problem.peek() === undefined
        return done.peek()
      } catch (error) {
        problem.value = explain(error)
        return false
      } finally {
        busy.value = false
      }
    },
  }
}
