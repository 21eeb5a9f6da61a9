import { sql } from 'kysely'
import { Type } from 'typebox'
import { authorize } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findUsers, rankedUsers, userEntity } from '../directory/index.ts'
import { blockEnds, NO_END } from '../limits/index.ts'
import type { Entity, Field, Property, WireRow } from '../odata/index.ts'
import { type MethodKind, methodKinds } from '../policies/index.ts'
import { type Readiness, readinessOf } from '../readiness/index.ts'
import type { Trx } from '../store/index.ts'
import { GRAPH_NAMES } from './registrations.ts'

const orNull = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()])

/** Told for all rows of a page at once, by `tellResetStates`. */
const resetState: Property = {
  kind: 'value',
  sql: sql`users.id`,
  nullable: true,
  takes: 'readiness.read',
  schema: Type.Object({
    isCapable: Type.Boolean(),
    refusal: orNull(Type.String({ pattern: '^SSPR_\\d{4}$' })),
    policyId: Type.String({ format: 'uuid' }),
    methodsRegistered: Type.Array(Type.Enum([...methodKinds])),
    blockedUntil: orNull(Type.String({ format: 'date-time' })),
  }),
}

/** What `$filter` compares: what was judged last, and the blocks that hold now. */
const pathsOf = (): Record<string, Field> => ({
  'resetState/isCapable': {
    kind: 'boolean',
    sql: sql`judged.is_capable`,
    takes: 'readiness.read',
    filter: ['eq'],
  },
  'resetState/refusal': {
    kind: 'text',
    sql: sql`judged.refusal`,
    nullable: true,
    takes: 'readiness.read',
    filter: ['eq', 'in'],
    folded: { sql: sql`judged.refusal`, fold: text => text.toUpperCase() },
  },
  'resetState/methodsRegistered': {
    kind: 'texts',
    sql: sql`judged.methods`,
    takes: 'readiness.read',
    any: {
      from: sql`unnest(judged.methods) as method(name)`,
      some: sql`judged.has_methods`,
      fields: {
        '': {
          kind: 'text',
          sql: sql`method.name`,
          filter: ['eq', 'in'],
          matches: kinds =>
            sql`method.name = any(${methodKinds.filter(kind => kinds.includes(kind)).map(kind => GRAPH_NAMES[kind])}::text[])`,
        },
      },
    },
  },
  'resetState/blockedUntil': {
    kind: 'time',
    sql: sql`blocked.until`,
    nullable: true,
    takes: 'readiness.read',
    filter: ['ge'],
  },
})

/** Users with `resetState`: whether each can reset their password now (api gaps, G3). */
export function usersWithResetState(tenantId: string, now: Date): Entity {
  const entity = userEntity(tenantId)
  const judged = sql`join registrations judged on judged.tenant_id = users.tenant_id and judged.user_id = users.id`
  const blocked = sql`left join (
    select own.user_id, max(held.until) as until from (${blockEnds(tenantId, now, 'password', 'lock', 'proofs', 'phoneNumber')}) as held
      join registrations own on own.tenant_id = ${tenantId} and own.subject = held.subject group by own.user_id
    ) as blocked on blocked.user_id = users.id`
  return {
    ...entity,
    from: sql`${entity.from} ${judged} ${blocked}`,
    properties: { ...entity.properties, resetState },
    paths: { ...entity.paths, ...pathsOf() },
  }
}

/** The ids of those whose state the caller may not read: they hold rights that the caller's do not reach. */
export async function findBeyond(trx: Trx, act: Act): Promise<string[]> {
  const ranked = await rankedUsers(trx)
  return ranked.filter(user => !authorize(act, 'readiness.read', user).allowed).map(({ id }) => id)
}

/** For SQL: every user but these. */
export const othersThan = (ids: readonly string[]) => sql<boolean>`users.id <> all(${ids}::uuid[])`

/** Puts the states in the rows of a page, by the rules of the reset as they are now. `beyond`: for whom it stays null. */
export async function tellResetStates(
  trx: Trx,
  act: Act,
  rows: readonly WireRow[],
  beyond: readonly string[],
): Promise<void> {
  const asked = rows.flatMap(({ resetState: id }) => (typeof id === 'string' && !beyond.includes(id) ? [id] : []))
  const judged = await readinessOf(trx, act, await findUsers(trx, asked))
  const states = new Map(judged.map(one => [one.userId, stateOf(one)]))
  for (const row of rows) row.resetState = states.get(row.resetState as string) ?? null
}

function stateOf({ isCapable, refusal, policyId, methodsRegistered, blocks }: Readiness) {
  return { isCapable, refusal, policyId, methodsRegistered, blockedUntil: lastEnd(blocks)?.toISOString() ?? null }
}

/** Of counted failures: a method that its owner reported blocks nothing else. */
function lastEnd(blocks: Readiness['blocks']): Date | undefined {
  const counted = blocks.filter(({ kind }) => !methodKinds.includes(kind as MethodKind))
  return counted.map(({ until }) => until ?? NO_END).sort((one, other) => other.getTime() - one.getTime())[0]
}
