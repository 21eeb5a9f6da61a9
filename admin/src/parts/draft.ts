/** The values that were changed and not saved yet, by name. */
export type Draft<T> = Partial<T>

/** The words of a list are a choice: their order says nothing. */
const inOrder = (value: unknown) =>
  Array.isArray(value) && value.every(one => typeof one === 'string') ? value.toSorted() : value

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other))

/** What of a draft differs from what holds: one that was changed back is none. */
export function changesOf<T extends object>(before: T, draft: Draft<T>): Draft<T> {
  const changed = Object.entries(draft).filter(([name, value]) => !isSame(before[name as keyof T], value))
  return Object.fromEntries(changed) as Draft<T>
}

/** A value that two people changed, or that the other one changed. */
export interface Difference<T> {
  name: keyof T
  before: unknown
  theirs: unknown
  mine: unknown
}

/** Where what is about to be saved differs from what somebody else has saved meanwhile. */
export function differencesOf<T extends object>(before: T, theirs: T, draft: Draft<T>): Difference<T>[] {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(draft)])] as (keyof T)[]
  return names
    .map(name => ({
      name,
      before: before[name],
      theirs: theirs[name],
      mine: name in draft ? draft[name] : before[name],
    }))
    .filter(({ theirs, mine }) => !isSame(theirs, mine))
}

/** Which is kept of two values that differ. */
export type Choice = 'theirs' | 'mine'

/** What is still to be saved after somebody has chosen, over what the other one saved. */
export function settle<T extends object>(
  theirs: T,
  differences: Difference<T>[],
  chosen: Record<string, Choice>,
): Draft<T> {
  const mine = differences.filter(({ name }) => chosen[String(name)] === 'mine')
  return changesOf(theirs, Object.fromEntries(mine.map(({ name, mine }) => [name, mine])) as Draft<T>)
}

/** The share of people beyond which a loss is confirmed by its number. */
const MANY = 0.05

/** Whether so many lose the way back in that the number is typed before it is saved. */
export const isMany = ({ losing, users }: { losing: number; users: number }): boolean => losing > users * MANY
