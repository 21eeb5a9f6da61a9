import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import type { Row, SealedColumn, Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'
import type { User, UserRef } from './users.ts'

/** What an administrator, an import or synchronization fills in: a number or address, at most one of each kind. */
export interface ContactInfo {
  kind: Row<'contact_info'>['kind']
  value: string
  setBy: Row<'contact_info'>['set_by']
  /** When the user last said that it is still right. */
  confirmedAt?: Date | null
}

// It is sealed and hashed as methods are: it proves as they do, and its first rows were theirs.
const PURPOSE = 'method'
const hashOf = ({ keys }: Means, tenantId: string, value: string) =>
  keys.mac('destination', tenantId, foldAddress(value))

/** Sets a user's contact info of one kind, in place of what was there. */
export async function setContactInfo(trx: Trx, means: Means, { tenantId, id: userId }: User, info: ContactInfo) {
  const id = means.random.uuid(means.now)
  const row = {
    id,
    value_sealed: means.keys.seal({ purpose: PURPOSE, tenantId, rowId: id }, info.value),
    value_hash: hashOf(means, tenantId, info.value),
    set_at: means.now,
    set_by: info.setBy,
    confirmed_at: info.confirmedAt === undefined ? means.now : info.confirmedAt,
    blocked_at: null,
  }
  await trx
    .insertInto('contact_info')
    .values({ tenant_id: tenantId, user_id: userId, kind: info.kind, ...row })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_id', 'kind']).doUpdateSet(row))
    .execute()
}

/** The values of a user's contact info, by kind. */
export async function readContactInfo(
  trx: Trx,
  { keys }: Means,
  { tenantId, id }: User,
): Promise<Partial<Record<ContactInfo['kind'], string>>> {
  const rows = await trx
    .selectFrom('contact_info')
    .select(['kind', 'id', 'value_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .execute()
  return Object.fromEntries(
    rows.map(row => [row.kind, keys.open({ purpose: PURPOSE, tenantId, rowId: row.id }, row.value_sealed)]),
  )
}

/** For SQL: contact info in the columns of methods. */
export const contactMethods = (tenantId: string, userId: UserRef['id']) => sql`
  select id, kind, set_by as source, value_sealed, value_hash, set_at as created_at, confirmed_at,
    null::timestamptz as proved_at, blocked_at, null::timestamptz as by_password_at
  from contact_info where tenant_id = ${tenantId} and user_id = ${userId}`

/** The columns that a job seals anew, and the hash beside them. */
export const contactSeals: SealedColumn[] = [
  {
    table: 'contact_info',
    column: 'value_sealed',
    key: ['id'],
    purpose: PURPOSE,
    beside: (means, tenantId, value) => ({ value_hash: hashOf(means, tenantId, value) }),
  },
]
