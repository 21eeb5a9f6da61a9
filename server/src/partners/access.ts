import { type Action, everyPartnerAction, mayAny, type PartnerRole, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { listHolders, type NamedHolder } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** What somebody may do for the firm as a partner, and whom they ask for more (Partner Center and work accounts, §4.3). */
export interface MyAccess {
  roles: readonly (Role | PartnerRole)[]
  actions: { action: Action; allowed: boolean; rolesThatMay: readonly (Role | PartnerRole)[] }[]
  /** Those who give roles. */
  ask: { role: Role | PartnerRole; people: NamedHolder[] }[]
}

/** By the very function that decides it. */
export async function readAccess(trx: Trx, act: Act): Promise<MyAccess> {
  const { actor } = act
  const actions = everyPartnerAction.map(action => {
    const verdict = mayAny(actor, action)
    return { action, allowed: verdict.allowed, rolesThatMay: verdict.allowed ? [] : verdict.rolesThatMay }
  })
  const [administrators, accountAdmins] = [
    await listHolders(trx, ['Global Administrator', 'Privileged Role Administrator']),
    await listAccountAdmins(trx),
  ]
  const roles = 'roles' in actor ? actor.roles : []
  return {
    roles,
    actions,
    ask: [
      ...administrators,
      ...(accountAdmins.length > 0 ? [{ role: 'Account admin' as const, people: accountAdmins }] : []),
    ],
  }
}

/** Enabled people, a hundred at most. */
const listAccountAdmins = (trx: Trx): Promise<NamedHolder[]> =>
  trx
    .selectFrom('partner_role_assignments as own')
    .innerJoin('users', join => join.onRef('users.id', '=', 'own.user_id').on('users.tenant_id', '=', trx.tenantId))
    .select(['users.display_name as displayName', 'users.user_principal_name as userPrincipalName', 'users.mail'])
    .where('own.tenant_id', '=', trx.tenantId)
    .where('own.role', '=', 'Account admin')
    .where('users.account_enabled', '=', true)
    .orderBy('users.display_name')
    .limit(100)
    .execute()
