import type { RawBuilder } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { sql, type Trx } from '../store/index.ts'
import { lowerAscii } from '../typing/index.ts'
import { readName } from './names.ts'
import {
  checkNames,
  checkNewName,
  insertUsers,
  LOCKED,
  type NewUser,
  selectUsers,
  type User,
  userExists,
} from './users.ts'

/** Which entry of the company's directory a person is, and how it is there. */
export interface DirectoryEntryOf {
  anchor: string
  locked: boolean
  guarded: boolean
}

/** A person with an entry of the company's directory. */
export interface Synchronized extends User, DirectoryEntryOf {}

const ANCHOR = sql`, users.directory_anchor as anchor, users.directory_locked_at is not null as locked,
  users.directory_protected as guarded`

/** People of a condition, with `more` columns, locked until the transaction ends. */
async function lock<T>(trx: Trx, where: RawBuilder<boolean>, more: RawBuilder<unknown>): Promise<T[]> {
  const { rows } = await sql<T>`${selectUsers<T>(trx.tenantId, where, more)} order by users.id ${LOCKED}`.execute(trx)
  return rows
}

/** The people with these anchors, locked until the transaction ends, so that no role is given to them meanwhile. */
export const lockByAnchors = (trx: Trx, anchors: readonly string[]): Promise<Synchronized[]> =>
  lock(trx, sql`users.directory_anchor = any(${anchors}::text[])`, ANCHOR)

/** Which of these anchors belong to somebody who was deleted here. */
export async function findDeletedAnchors(trx: Trx, anchors: readonly string[]): Promise<string[]> {
  const rows = await trx
    .selectFrom('accounts')
    .select('directory_anchor as anchor')
    .where('tenant_id', '=', trx.tenantId)
    .where('is_deleted', '=', true)
    .where('directory_anchor', '=', sql<string>`any(${anchors}::text[])`)
    .execute()
  return rows.map(({ anchor }) => anchor!)
}

/** Who has one of these names or addresses, locked, each with the anchor that they have already. */
export const lockByNames = (
  trx: Trx,
  names: readonly string[],
  mails: readonly string[],
): Promise<(User & { anchor: string | null })[]> =>
  lock(
    trx,
    sql`(users.user_principal_name_folded = any(${names.map(name => readName(name).folded)}::text[])
      or users.mail_folded = any(${mails.map(lowerAscii)}::text[]))`,
    sql`, users.directory_anchor as anchor`,
  )

/** The anchors of everybody who is synchronized and enabled. */
export async function listEnabledAnchors(trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select('directory_anchor as anchor')
    .where('tenant_id', '=', trx.tenantId)
    .where('directory_anchor', 'is not', null)
    .where('account_enabled', '=', true)
    .execute()
  return rows.map(({ anchor }) => anchor!)
}

/**
 * Adds people as their entries are, in one statement. Returns the id of each anchor. Throws as `createUser` does, and then
 * nobody was added.
 */
export async function addSynchronized(
  trx: Trx,
  means: Means,
  people: readonly { user: NewUser; entry: DirectoryEntryOf }[],
): Promise<ReadonlyMap<string, string>> {
  if (people.length === 0) return new Map()
  for (const { user } of people) checkNames(user)
  const byDomain = new Map(people.map(({ user }) => [readName(user.userPrincipalName).domain, user.userPrincipalName]))
  for (const name of byDomain.values()) await checkNewName(trx, name)
  const added = await insertUsers(
    trx,
    means,
    people.map(({ user: { passwordMasteredIn: _, ...set }, entry: { anchor, locked, guarded } }) => ({
      set,
      besides: {
        ...{ directory_anchor: anchor, directory_protected: guarded, directory_locked_at: locked ? means.now : null },
        ...{ on_premises_sync_enabled: true, on_premises_last_sync_at: means.now },
        password_mastered_in: 'directory' as const,
      },
    })),
  )
  const ids = new Map(people.flatMap(({ entry }, at) => (added[at] ? [[entry.anchor, added[at]] as const] : [])))
  const taken = people.find(({ entry }) => !ids.has(entry.anchor))
  if (taken) throw userExists(taken.user.userPrincipalName)
  return ids
}

/** Makes an entry of the company's directory the master of a person: passwords and what is known of them come from there. */
export async function followEntry(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  user: Pick<User, 'id'>,
  { anchor, locked, guarded }: DirectoryEntryOf,
): Promise<void> {
  await trx
    .updateTable('users')
    .set({
      directory_anchor: anchor,
      directory_protected: guarded,
      directory_locked_at: locked ? sql<Date>`coalesce(directory_locked_at, ${now}::timestamptz)` : null,
      on_premises_sync_enabled: true,
      on_premises_last_sync_at: now,
      password_mastered_in: 'directory',
    })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', user.id)
    .execute()
}
