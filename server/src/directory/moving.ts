import { hasId, type MovedTable, sql, type Trx } from '../store/index.ts'
import { contactSeals } from './contactInfo.ts'
import { leaveAllGroups } from './groups.ts'
import { raiseSecurityEpochs } from './users.ts'

const sealsOf = (table: MovedTable['table']) => contactSeals.filter(one => one.table === table)

/** What the directory holds of people and follows them into another tenant; what they are found by is written there. */
export const personTables: readonly MovedTable[] = [
  { table: 'accounts', belongs: hasId('id'), anew: ['changed_in'] },
  { table: 'contact_info', belongs: hasId('user_id'), seals: sealsOf('contact_info') },
  { table: 'other_mails', belongs: hasId('user_id'), seals: sealsOf('other_mails') },
  { table: 'last_sign_ins', belongs: hasId('user_id') },
]

/** Groups, without those who are in them. */
export const groupTable: MovedTable = { table: 'groups', belongs: hasId('id'), anew: ['changed_in'] }

/** Who is in groups that move, and who owns them. */
export const memberTables: readonly MovedTable[] = [
  { table: 'group_members', belongs: hasId('group_id'), anew: ['changed_in'] },
  { table: 'group_owners', belongs: hasId('group_id') },
]

/**
 * The groups that are these people's alone: each member and owner is one of them, or another such group. A group that can
 * hold roles is none, nor one without members beside others who stay.
 */
export async function findGroupsOf(trx: Trx, people: readonly string[]): Promise<string[]> {
  const { tenantId } = trx
  const { rows: groups } = await sql<{ id: string }>`
    select id from groups where tenant_id = ${tenantId} and not is_role_assignable order by id`.execute(trx)
  const { rows: held } = await sql<{ group: string; holder: string }>`
    select group_id as group, member_id as holder from group_members where tenant_id = ${tenantId}
    union select group_id, owner_id from group_owners where tenant_id = ${tenantId}`.execute(trx)
  const moving = new Set(people)
  let own = new Set(groups.map(({ id }) => id).filter(id => held.some(({ group }) => group === id)))
  // A group whose inner group stays, stays too; and so on outwards.
  for (;;) {
    const kept = new Set(
      [...own].filter(id => held.every(one => one.group !== id || moving.has(one.holder) || own.has(one.holder))),
    )
    if (kept.size === own.size) return [...own]
    own = kept
  }
}

/** Takes people, and groups, out of this tenant, with everything that is theirs here. Every grant ends. */
export async function leaveTenant(trx: Trx, people: readonly string[], groups: readonly string[]): Promise<void> {
  const { tenantId } = trx
  for (const id of people) await leaveAllGroups(trx, id)
  // They have no foreign key: PostgreSQL would check it for known names alone.
  for (const table of ['challenges', 'journeys'] as const)
    await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId} and user_id = any(${people}::uuid[])`.execute(
      trx,
    )
  await sql`delete from groups where tenant_id = ${tenantId} and id = any(${groups}::uuid[])`.execute(trx)
  await sql`delete from accounts where tenant_id = ${tenantId} and id = any(${people}::uuid[])`.execute(trx)
}

/** Ends what people have open here, before they leave. */
export const endGrants = (trx: Trx, people: readonly string[]) =>
  raiseSecurityEpochs(trx, sql<boolean>`id = any(${people}::uuid[])`)

/** Forgets that people and groups were gone: they come back, and may go again. */
export async function forgetErasure(trx: Trx, people: readonly string[], groups: readonly string[]): Promise<void> {
  const { tenantId } = trx
  await sql`delete from erased_accounts where tenant_id = ${tenantId} and id = any(${people}::uuid[])`.execute(trx)
  await sql`delete from erased_groups where tenant_id = ${tenantId} and id = any(${groups}::uuid[])`.execute(trx)
}
