import type { Application } from './queries.ts'

type Access = Application['requiredResourceAccess']

interface One {
  resourceAppId: string
  id: string
  type: 'Scope' | 'Role'
}

/** One permission that is asked for, as one text. */
export const keyOf = ({ resourceAppId, id, type }: One) => `${resourceAppId} ${type} ${id}`

/** Everything that an application asks for. */
export const keysOf = (access: Access): Set<string> =>
  new Set(
    access.flatMap(({ resourceAppId, resourceAccess }) => resourceAccess.map(one => keyOf({ resourceAppId, ...one }))),
  )

/** The same as a body has it: by whose permissions they are. */
export function accessOf(keys: Iterable<string>): Access {
  const all = [...keys].map(key => key.split(' ') as [string, 'Scope' | 'Role', string])
  return [...Map.groupBy(all, ([resourceAppId]) => resourceAppId)].map(([resourceAppId, own]) => ({
    resourceAppId,
    resourceAccess: own.map(([, type, id]) => ({ id, type })),
  }))
}
