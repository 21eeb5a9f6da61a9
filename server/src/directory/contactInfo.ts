import type { Means } from '../crypto/index.ts'
import { type Row, type SealedColumn, sql, type Trx } from '../store/index.ts'
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

/** The end of a number, by which a help desk finds its owner: ten thousand ends tell little, so many share each. */
export const ENDING = 4

const endingOf = ({ keys }: Means, tenantId: string, number: string) =>
  keys.mac('ending', tenantId, number.replace(/\D/g, '').slice(-ENDING))

/** For SQL: whose contact info has a number that ends with these digits. A registered method is not looked at (decision 68). */
export const endsWith = ({ keys }: Pick<Means, 'keys'>, tenantId: string, digits: string) =>
  sql<boolean>`exists(select from contact_info c where c.tenant_id = ${tenantId} and c.user_id = users.id
    and c.ending_hash = any(${keys.macs('ending', tenantId, digits)}::bytea[]))`

/** For SQL: whose contact info has one of these addresses. A registered method is not looked at (decision 68). */
export const hasAddress = ({ keys }: Pick<Means, 'keys'>, tenantId: string, addresses: readonly string[]) =>
  sql<boolean>`exists(select from contact_info c where c.tenant_id = ${tenantId} and c.user_id = users.id and c.kind = 'email'
    and c.value_hash = any(${addresses.flatMap(one => keys.macs('destination', tenantId, foldAddress(one)))}::bytea[]))`

/** The columns of contact info, sealed for a row of its own. */
function columnsOf(means: Means, tenantId: string, info: ContactInfo) {
  const id = means.random.uuid(means.now)
  return {
    id,
    value_sealed: means.keys.seal({ purpose: PURPOSE, tenantId, rowId: id }, info.value),
    value_hash: hashOf(means, tenantId, info.value),
    ending_hash: info.kind === 'email' ? null : endingOf(means, tenantId, info.value),
    set_at: means.now,
    set_by: info.setBy,
    confirmed_at: info.confirmedAt === undefined ? means.now : info.confirmedAt,
    blocked_at: null,
    failing_since: null,
    failing_reason: null,
  }
}

/** Sets a user's contact info of one kind, in place of what was there. */
export async function setContactInfo(trx: Trx, means: Means, { tenantId, id: userId }: User, info: ContactInfo) {
  const row = columnsOf(means, tenantId, info)
  const set = trx
    .insertInto('contact_info')
    .values({ tenant_id: tenantId, user_id: userId, kind: info.kind, ...row })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_id', 'kind']).doUpdateSet(row))
    .execute()
  await Promise.all([set, touchUser(trx, userId)])
}

/** Adds contact info of users who are new, and so have none. */
export async function addContactInfo(
  trx: Trx,
  means: Means,
  infos: readonly (ContactInfo & { userId: string })[],
): Promise<void> {
  const { tenantId } = trx
  if (infos.length === 0) return
  const rows = infos.map(info => ({
    ...{ tenant_id: tenantId, user_id: info.userId, kind: info.kind },
    ...columnsOf(means, tenantId, info),
  }))
  await trx.insertInto('contact_info').values(rows).execute()
}

/** Removes a user's contact info of one kind. */
export async function removeContactInfo(trx: Trx, { tenantId, id: userId }: User, kind: ContactInfo['kind']) {
  await trx
    .deleteFrom('contact_info')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('kind', '=', kind)
    .execute()
  await touchUser(trx, userId)
}

/** Sets the addresses of a user beyond the one in contact info, in their order. They open nothing. */
export async function setOtherMails(
  trx: Trx,
  means: Means,
  { tenantId, id: userId }: User,
  addresses: readonly string[],
) {
  await trx.deleteFrom('other_mails').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
  const rows = addresses.map((address, place) => {
    const id = means.random.uuid(means.now)
    return {
      tenant_id: tenantId,
      user_id: userId,
      place: place + 1,
      id,
      value_sealed: means.keys.seal({ purpose: PURPOSE, tenantId, rowId: id }, address),
      value_hash: hashOf(means, tenantId, address),
    }
  })
  if (rows.length > 0) await trx.insertInto('other_mails').values(rows).execute()
  await touchUser(trx, userId)
}

/** The addresses that `setOtherMails` sets. */
export async function readOtherMails(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  { tenantId, id }: User,
): Promise<string[]> {
  const rows = await trx
    .selectFrom('other_mails')
    .select(['id', 'value_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .orderBy('place')
    .execute()
  return rows.map(row => keys.open({ purpose: PURPOSE, tenantId, rowId: row.id }, row.value_sealed))
}

/** Marks the user as changed: what is kept apart from the row is shown with it. */
const touchUser = (trx: Trx, id: string) =>
  trx
    .updateTable('users')
    .set(row => ({ version: row('version', '+', 1) }))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()

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

/** What is on record of a person besides their own row. */
export interface Contacts {
  byKind: Partial<Record<ContactInfo['kind'], string>>
  otherMails: string[]
}

/** The contact info and other addresses of these people; nobody who has none. */
export async function readContactsOf(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Contacts>> {
  const { tenantId } = trx
  const of = sql<string>`any(${userIds}::uuid[])`
  const [info, mails] = await Promise.all([
    trx
      .selectFrom('contact_info')
      .select(['user_id', 'kind', 'id', 'value_sealed'])
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', of)
      .execute(),
    trx
      .selectFrom('other_mails')
      .select(['user_id', 'id', 'value_sealed'])
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', of)
      .orderBy('place')
      .execute(),
  ])
  const open = (row: { id: string; value_sealed: Buffer }) =>
    keys.open({ purpose: PURPOSE, tenantId, rowId: row.id }, row.value_sealed)
  const found = new Map<string, Contacts>()
  const contactsOf = (id: string) => {
    const known = found.get(id) ?? { byKind: {}, otherMails: [] }
    found.set(id, known)
    return known
  }
  for (const row of info) contactsOf(row.user_id).byKind[row.kind] = open(row)
  for (const row of mails) contactsOf(row.user_id).otherMails.push(open(row))
  return found
}

/** For SQL: contact info in the columns of methods. */
export const contactMethods = (tenantId: string, userId: UserRef['id']) => sql`
  select id, kind, set_by as source, value_sealed, value_hash, set_at as created_at, confirmed_at,
    null::timestamptz as proved_at, blocked_at, null::timestamptz as by_password_at, failing_since, failing_reason
  from contact_info where tenant_id = ${tenantId} and user_id = ${userId}`

/** The columns that a job seals anew, and the hash beside them. */
export const contactSeals: SealedColumn[] = [
  {
    table: 'contact_info',
    column: 'value_sealed',
    key: ['id'],
    purpose: PURPOSE,
    unfilled: sql<boolean>`(ending_hash is null and kind <> 'email')`,
    beside: (means, tenantId, value, { kind }) => ({
      value_hash: hashOf(means, tenantId, value),
      ...(kind !== 'email' && { ending_hash: endingOf(means, tenantId, value) }),
    }),
    reads: ['kind'],
  },
  {
    table: 'other_mails',
    column: 'value_sealed',
    key: ['id'],
    purpose: PURPOSE,
    beside: (means, tenantId, value) => ({ value_hash: hashOf(means, tenantId, value) }),
  },
]
