import type { Insertable } from 'kysely'
import { DAY, HOUR, plus } from '../clock.ts'
import {
  bytesOf,
  dateOf,
  hasEnded,
  type Read,
  type Removal,
  type SealedColumn,
  sql,
  type Tables,
  type Trx,
} from '../store/index.ts'

/** How long a sign-in lasts from its beginning. */
export const SIGN_IN_LASTS = HOUR

const columns = [
  'id',
  'browser_hash',
  'app_id',
  'request_id',
  'request_sealed',
  'device_code_id',
  'typed_name_sealed',
  'next',
  'password_from',
  'chosen_at',
  'confirmed_at',
  'declined_at',
  'organization_asked_at',
  'approval_asked_at',
  'finished_at',
  'language',
  'created_at',
  'expires_at',
] as const

/** A sign-in's row, by its id or by the library's name of the request. */
export const findSignInRow = (trx: Trx, by: { id: string } | { requestId: string }) =>
  trx
    .selectFrom('sign_ins')
    .select(columns)
    .where('tenant_id', '=', trx.tenantId)
    .where(eb => ('id' in by ? eb('id', '=', by.id) : eb('request_id', '=', by.requestId)))
    .executeTakeFirst()

/** The same beside other facts, as the row `begun` of `from`. */
export function signInRowBy(tenantId: string, by: { id: string } | { requestId: string }) {
  const key = 'id' in by ? sql`id = ${by.id}` : sql`request_id = ${by.requestId}`
  const named = sql.join(columns.map(name => sql.ref(name)))
  const from = sql`left join (select ${named} from sign_ins where tenant_id = ${tenantId} and ${key}) as begun on true`
  const row: Read<SignInRow | undefined> = { sql: sql`to_json(begun)`, read: readRow }
  return { ...row, from }
}

function readRow(json: unknown): SignInRow | undefined {
  if (json === null) return undefined
  const read = ([name, value]: [string, string | null]) => [
    name,
    /_(at|from)$/.test(name) ? dateOf(value) : /_(hash|sealed)$/.test(name) ? bytesOf(value) : value,
  ]
  return Object.fromEntries(Object.entries(json as Record<string, string | null>).map(read))
}

export type SignInRow = NonNullable<Awaited<ReturnType<typeof findSignInRow>>>

/** Adds a sign-in in the tenant of the transaction. */
export const addSignIn = (trx: Trx, row: Omit<Insertable<Tables['sign_ins']>, 'tenant_id'>) =>
  trx
    .insertInto('sign_ins')
    .values({ tenant_id: trx.tenantId, ...row })
    .execute()

/** Removes a sign-in that has moved to another tenant. */
export const removeSignIn = (trx: Trx, id: string) =>
  trx.deleteFrom('sign_ins').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()

/** Sets columns of a sign-in that has not led on yet. Whether there was one. */
export async function changeSignIn(
  trx: Trx,
  id: string,
  values: Partial<
    Record<
      'chosen_at' | 'confirmed_at' | 'declined_at' | 'finished_at' | 'organization_asked_at' | 'approval_asked_at',
      Date
    > & { typed_name_sealed: Buffer }
  >,
): Promise<boolean> {
  const changed = await trx
    .updateTable('sign_ins')
    .set(values)
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return changed !== undefined
}

/** Sign-ins that have ended a day ago: until then their page begins anew. */
export const expiredSignIns: Removal = {
  table: 'sign_ins',
  due: now => hasEnded(sql`expires_at`, plus(now, -DAY), SIGN_IN_LASTS + DAY),
}

export const signInSeals: readonly SealedColumn[] = [
  { table: 'sign_ins', column: 'typed_name_sealed', purpose: 'typed-name', key: ['id'] },
  { table: 'sign_ins', column: 'request_sealed', purpose: 'request', key: ['id'] },
]
