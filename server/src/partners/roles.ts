import type { RawBuilder } from 'kysely'
import { demand, type PartnerRole } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findUser, type Helper, targetOf } from '../directory/index.ts'
import { groupStands } from '../policies/index.ts'
import { type Read, sql, type Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/** The roles of the members of three groups. */
export const agentRoles = ['Admin agent', 'Helpdesk agent', 'Sales agent'] as const
export type AgentRole = (typeof agentRoles)[number]

/** The roles that are assigned to people one by one. */
export type AccountRole = Exclude<PartnerRole, AgentRole>

/** What a person may do for the firm as a partner: by groups, which hold no groups, and by assignments. Read anew at every request. */
export const partnerRolesOf = (tenantId: string, userId: RawBuilder<unknown>): Read<PartnerRole[]> => ({
  sql: sql`array(
    select role from partner_role_assignments own where own.tenant_id = ${tenantId} and own.user_id = ${userId}
    union all
    select agents.role from partner_agent_groups agents
      join group_members theirs on theirs.tenant_id = agents.tenant_id and theirs.group_id = agents.group_id
    where agents.tenant_id = ${tenantId} and theirs.tenant_id = ${tenantId} and theirs.member_id = ${userId}
      and ${groupStands(tenantId, 'agents.group_id')})`,
  read: json => json as PartnerRole[],
})

/** The group of a role; undefined before the first agreement is signed. */
export async function findAgentGroup(trx: Trx, role: AgentRole): Promise<string | undefined> {
  const found = await trx
    .selectFrom('partner_agent_groups')
    .select('group_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('role', '=', role)
    .executeTakeFirst()
  return found?.group_id
}

/** A person with a role in the account. */
export interface RoleAssignment {
  id: string
  userId: string
  role: AccountRole
}

/** Who has which role in the account, besides the agents. */
export const listRoleAssignments = async (trx: Trx): Promise<RoleAssignment[]> =>
  (
    await sql<RoleAssignment>`
      select id, user_id as "userId", role from partner_role_assignments where tenant_id = ${trx.tenantId} order by id`.execute(
      trx,
    )
  ).rows

/** Gives a person of the firm a role in its account: not to oneself. Throws `principal_invalid`, `ObjectConflict`. */
export async function assignPartnerRole(
  trx: Trx,
  act: Act,
  { userId, role }: Omit<RoleAssignment, 'id'>,
): Promise<RoleAssignment> {
  const { tenantId } = trx
  const account = await trx
    .selectFrom('partner_accounts')
    .select('partner_id')
    .where('tenant_id', '=', tenantId)
    .execute()
  if (account.length === 0) throw refuseMissing('not_found')
  const user = isUuid(userId.toLowerCase()) ? await findUser(trx, tenantId, userId.toLowerCase()) : undefined
  if (!user) throw refuse('principal_invalid', { field: 'principalId' })
  demand(act, 'partner.roles.assign', targetOf(user))
  const id = act.random.uuid(act.now)
  const added = await trx
    .insertInto('partner_role_assignments')
    .values({ tenant_id: tenantId, id, user_id: user.id, role, assigned_at: act.now })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!added) throw refuse('ObjectConflict', { field: 'role' })
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, {
    ...({ activity: 'partner.role_assigned', result: 'success', target, details: { role }, customer: null } as const),
  })
  return { id, userId: user.id, role }
}

/** Takes a role in the account away. Throws `not_found`. */
export async function unassignPartnerRole(trx: Trx, act: Act, id: string): Promise<void> {
  const { tenantId } = trx
  const found = (await listRoleAssignments(trx)).find(one => one.id === id.toLowerCase())
  const user = found && (await findUser(trx, tenantId, found.userId))
  if (!found || !user) throw refuseMissing('not_found')
  demand(act, 'partner.roles.assign', targetOf(user))
  const removed = await trx
    .deleteFrom('partner_role_assignments')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', found.id)
    .returning('id')
    .executeTakeFirst()
  if (!removed) throw refuseMissing('not_found')
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, {
    activity: 'partner.role_unassigned',
    result: 'success',
    target,
    details: { role: found.role },
    customer: null,
  })
}

/** At most this many people are mailed of one act. */
const AGENTS_AT_MOST = 100

/** The enabled agents of a role, to be mailed. */
export async function findAgents(trx: Trx, role: AgentRole = 'Admin agent'): Promise<Helper[]> {
  const { tenantId } = trx
  const { rows } = await sql<Helper>`
    select users.id, coalesce(users.mail, users.user_principal_name) as mail, users.preferred_language as "preferredLanguage"
    from partner_agent_groups agents
      join group_members theirs on theirs.tenant_id = agents.tenant_id and theirs.group_id = agents.group_id
      join users on users.tenant_id = theirs.tenant_id and users.id = theirs.user_id
    where agents.tenant_id = ${tenantId} and agents.role = ${role} and users.tenant_id = ${tenantId}
      and users.account_enabled and ${groupStands(tenantId, 'agents.group_id')}
    order by users.id limit ${AGENTS_AT_MOST}`.execute(trx)
  return rows
}
