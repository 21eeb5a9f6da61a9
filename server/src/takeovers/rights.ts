import { sql } from 'kysely'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { deleteApplication, restoreDeletedApplication } from '../applications/index.ts'
import { giveRole, type Holder, raiseSecurityEpoch } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { endAccess } from './access.ts'
import { type FormerGroup, knownHolders, readGroups, restoreGroups } from './groups.ts'

type GivenRole = Holder & { role: Role }

/** Rights that rest while the operator decides. */
export interface Rights {
  roles: GivenRole[]
  applications: string[]
}

/**
 * Takes back every role and application that came since then, and ends the sessions of their holders, of newer accounts
 * and of `userId`. They rest: the operator may give them back. Other ways in that came since are gone.
 */
export async function restRights(
  trx: Trx,
  act: Act,
  { since, userId }: { since: Date; userId: string },
): Promise<Rights> {
  const { tenantId } = trx
  const taken = await trx
    .deleteFrom('role_assignments')
    .where('tenant_id', '=', tenantId)
    .where('assigned_at', '>=', since)
    .returning(['principal_kind as kind', 'principal_id as id', 'role'])
    .execute()
  const made = await trx
    .selectFrom('applications')
    .select('app_id')
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>=', since)
    .execute()
  const applications = made.map(({ app_id }) => app_id)
  for (const appId of applications) await deleteApplication(trx, act, appId)
  await endAccess(trx, since, applications)
  const people = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where(eb =>
      eb.or([
        eb('created_at', '>=', since),
        eb('id', 'in', [userId, ...taken.filter(({ kind }) => kind === 'user').map(({ id }) => id)]),
      ]),
    )
    .execute()
  for (const { id } of people) await raiseSecurityEpoch(trx, tenantId, id)
  return { roles: taken as Rights['roles'], applications }
}

/** The operator has allowed it: what has rested goes on. */
export async function returnRights(trx: Trx, act: Act, { roles, applications }: Rights): Promise<void> {
  for (const { kind, id, role } of roles) await giveRole(trx, act, { kind, id }, role)
  for (const appId of applications) await restoreDeletedApplication(trx, act, appId)
}

/** What guards the people's accounts, and can be changed by an administrator; who is in which group, and who has which role. */
export interface Guards {
  guards: { protection: unknown; signIn: unknown; methods: unknown; policies: { id: string; settings: unknown }[] }
  groups: FormerGroup[]
  /** Absent in what was kept before they were. */
  roles?: GivenRole[] | undefined
}

/** Reads what an undo gives back, before it is changed. */
export async function readGuards(trx: Trx): Promise<Guards> {
  const { tenantId } = trx
  const tenant = await trx
    .selectFrom('tenants')
    .select(['protection', 'sign_in_policy', 'methods_policy'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const policies = await trx
    .selectFrom('reset_policies')
    .select(['id', 'settings'])
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  const { protection, sign_in_policy: signIn, methods_policy: methods } = tenant
  const roles = await trx
    .selectFrom('role_assignments')
    .select(['principal_kind as kind', 'principal_id as id', 'role'])
    .where('tenant_id', '=', tenantId)
    .execute()
  return {
    guards: { protection, signIn, methods, policies },
    groups: await readGroups(trx),
    roles: roles as GivenRole[],
  }
}

/** Gives back what guards those who were there and the roles that they had, and disables the accounts that came since then. */
export async function restoreGuards(
  trx: Trx,
  act: Act,
  { guards, groups, roles = [], since }: Guards & { since: Date },
): Promise<void> {
  const { tenantId } = trx
  await trx
    .updateTable('users')
    .set({ account_enabled: false })
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>=', since)
    .execute()
  await restoreGroups(trx, act, groups)
  const known = await knownHolders(trx)
  for (const { kind, id, role } of roles) if (known.has(id)) await giveRole(trx, act, { kind, id }, role)
  await trx
    .updateTable('tenants')
    .set({
      ...{ protection: json(guards.protection), sign_in_policy: json(guards.signIn) },
      methods_policy: json(guards.methods),
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  await trx
    .deleteFrom('reset_policies')
    .where('tenant_id', '=', tenantId)
    // SQL knows no empty list.
    .where('id', 'not in', [tenantId, ...guards.policies.map(({ id }) => id)])
    .execute()
  for (const { id, settings } of guards.policies)
    await trx
      .updateTable('reset_policies')
      .set({ settings: json(settings), updated_at: act.now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute()
}

const json = (value: unknown) => sql<string>`${JSON.stringify(value)}::jsonb`
