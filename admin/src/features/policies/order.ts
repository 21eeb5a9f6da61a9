/** A policy in the order in which policies are tried. */
export interface Ranked {
  id: string
  priority: number
}

/** A change of one policy's number. */
export type Renumbering = Ranked

/** The distance that policies of this page are made at, so that others find room between them. */
export const ROOM = 1_000

/**
 * Which numbers to change so that a policy comes to another place, counted from 0. Only the last change alters the order:
 * all before it make room, from the end, so that nobody has another policy in between. `policies`: in order, without the
 * default one.
 */
export function moveTo(policies: readonly Ranked[], id: string, place: number): Renumbering[] {
  if (policies[place]?.id === id) return []
  const others = policies.filter(one => one.id !== id)
  const least = others[place - 1]?.priority ?? 0
  const below = others[place]
  if (!below) return [{ id, priority: least + ROOM }]
  const between = Math.floor((least + below.priority) / 2)
  if (between > least) return [{ id, priority: between }]
  const shifted = policies
    .filter(({ priority }) => priority >= below.priority)
    .map(one => ({ id: one.id, priority: one.priority + ROOM }))
  return [...shifted.toReversed(), { id, priority: least + ROOM / 2 }]
}
