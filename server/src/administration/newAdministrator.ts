import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findOtherAdministrators, getTenant } from '../directory/index.ts'
import { isHighest, mailAdministrators, type NewAdministratorVariables } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'
import type { DirectoryObject } from './authority.ts'

type Holder = Pick<NewAdministratorVariables, 'kind' | 'name' | 'group'>

/** Mails every Global Administrator that somebody has one of the highest roles now; of other roles nothing (administration on the wire, §3.2). */
export async function tellOfNewAdministrator(trx: Trx, act: Act, role: Role, holder: Holder): Promise<void> {
  if (!isHighest(role)) return
  const tenant = await getTenant(trx, trx.tenantId)
  const administrators = await findOtherAdministrators(trx, trx.tenantId)
  const actor = 'name' in act.actor && act.actor.name !== undefined ? { actor: act.actor.name } : {}
  const variables = { organization: tenant.displayName, role, ...holder, ...actor }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'new_administrator', variables })
}

/** The same of a member who joined a group with such roles, or without `member` of all who are in it. */
export async function tellOfRolesThrough(
  trx: Trx,
  act: Act,
  group: { id: string; name: string },
  member?: DirectoryObject,
): Promise<void> {
  const given = await trx
    .selectFrom('role_assignments')
    .select('role')
    .where('tenant_id', '=', trx.tenantId)
    .where('group_id', '=', group.id)
    .execute()
  const holder: Holder = member
    ? { kind: 'member', name: member.name, group: group.name }
    : { kind: 'group', name: group.name }
  for (const { role } of given) await tellOfNewAdministrator(trx, act, role as Role, holder)
}
