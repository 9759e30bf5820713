/** What a lesson is made of. */

import type { ComponentChildren, ComponentType } from 'preact'
import type { Clock } from './clock'
import type { Random } from './random'

/** Something that can be chosen, and that the address keeps. */
export type Field =
  | { name: string; label: string; kind: 'number'; from: number; to: number; initial: number }
  | { name: string; label: string; kind: 'choice'; options: readonly { value: string; label: string }[]; initial: string }

/** What was chosen. */
export type Values = Readonly<Record<string, string>>

/** What a lesson's world is made with. */
export interface Setting {
  values: Values
  random: Random
  clock: Clock
}

/** Brokers and clients of one run of a lesson. */
export interface World {
  /** Where its broker is. */
  readonly address: string
  /** Ends its clients, and the broker with what it holds. */
  close(): Promise<void>
}

export interface Step<W extends World> {
  /** On the button, and in the list: what is done. */
  title: string
  run(world: W): Promise<void>
  /** What it shows, in a line that stays in mind. */
  point: string
  /** What was seen, and why it is so: two or three sentences. */
  why: ComponentChildren
}

export interface ViewProps<W extends World> {
  world: W
  /** A step is under way: hands off. */
  busy: boolean
}

export interface Lesson<W extends World = World> {
  /** What there is to do first. */
  lead: ComponentChildren
  fields: readonly Field[]
  /** Whether a seed makes a difference. */
  isSeeded: boolean
  /** What is shown instead in a window that this lesson has opened. */
  Seat?: ComponentType
  open(setting: Setting): Promise<W>
  steps: readonly Step<W>[]
  View: ComponentType<ViewProps<W>>
}

/** A lesson, whatever its world is. */
export type AnyLesson = Lesson<any>

/** For the inference of its world. */
export const lesson = <W extends World>(it: Lesson<W>): AnyLesson => it
