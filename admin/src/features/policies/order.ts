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
 * Which numbers to change so that a policy is tried one place earlier. Only the last change alters the order: all before
 * it make room, from the end, so that nobody has another policy in between. `policies`: in order, without the default one.
 */
export function moveUp(policies: readonly Ranked[], id: string): Renumbering[] {
  const at = policies.findIndex(one => one.id === id)
  const above = policies[at - 1]
  if (!above) return []
  const least = policies[at - 2]?.priority ?? 0
  const between = Math.floor((least + above.priority) / 2)
  if (between > least) return [{ id, priority: between }]
  const shifted = policies.slice(at - 1).map(one => ({ id: one.id, priority: one.priority + ROOM }))
  return [...shifted.toReversed(), { id, priority: least + ROOM / 2 }]
}
