import { sql } from 'kysely'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { deleteApplication, restoreDeletedApplication } from '../applications/index.ts'
import { giveRole, type Holder, lockTenant, raiseSecurityEpoch } from '../directory/index.ts'
import type { Row, Trx } from '../store/index.ts'
import { endAccess } from './access.ts'
import { type FormerGroup, readGroups, restoreGroups } from './groups.ts'
import { changeTakeover } from './queries.ts'
import { protect } from './settling.ts'

type Finished = Row<'takeovers'>

/** What a finished claim has changed, as it was before. Moments are in ISO 8601. */
export interface Former {
  unmanagedSince: string | null
  domain: { proof: string | null; isRoot: boolean; nextCheckAt: string | null }
  /** What guards the people's accounts, and can be changed by an administrator. */
  guards: { protection: unknown; signIn: unknown; methods: unknown; policies: { id: string; settings: unknown }[] }
  groups: FormerGroup[]
  /** What rests while the operator decides. */
  rights?: Rights
}

interface Rights {
  roles: { kind: Holder['kind']; id: string; role: Role }[]
  applications: string[]
}

const formerOf = ({ former }: Finished) => former as unknown as Former

const keepFormer = (trx: Trx, id: string, former: Former) => changeTakeover(trx, id, { former: JSON.stringify(former) })

/** Reads what an undo gives back, before it is changed. */
export async function readFormer(trx: Trx, domain: string): Promise<Former> {
  const { tenantId } = trx
  const tenant = await trx
    .selectFrom('tenants')
    .select(['unmanaged_since', 'protection', 'sign_in_policy', 'methods_policy'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const row = await trx
    .selectFrom('domains')
    .select(['proof', 'is_root', 'next_check_at'])
    .where('tenant_id', '=', tenantId)
    .where('name', '=', domain)
    .executeTakeFirstOrThrow()
  const policies = await trx
    .selectFrom('reset_policies')
    .select(['id', 'settings'])
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  return {
    unmanagedSince: tenant.unmanaged_since?.toISOString() ?? null,
    domain: { proof: row.proof, isRoot: row.is_root, nextCheckAt: row.next_check_at?.toISOString() ?? null },
    guards: {
      protection: tenant.protection,
      signIn: tenant.sign_in_policy,
      methods: tenant.methods_policy,
      policies,
    },
    groups: await readGroups(trx),
  }
}

/**
 * Takes back every role and application that came with a claim, or after it, and ends the sessions of their holders.
 * They rest: the operator may give them back. Other ways in that came with it are gone.
 */
export async function suspendRights(trx: Trx, act: Act, row: Finished): Promise<void> {
  const { tenantId } = trx
  const since = row.finished_at!
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
        eb('id', 'in', [row.user_id ?? row.id, ...taken.filter(({ kind }) => kind === 'user').map(({ id }) => id)]),
      ]),
    )
    .execute()
  for (const { id } of people) await raiseSecurityEpoch(trx, tenantId, id)
  const rights = { roles: taken as Rights['roles'], applications }
  await keepFormer(trx, row.id, { ...formerOf(row), rights })
  await protect(trx, { since, until: new Date(row.ends_at) })
}

/** The operator has allowed it: what has rested goes on. */
export async function restoreRights(trx: Trx, act: Act, row: Finished, until: Date): Promise<void> {
  const { rights, ...former } = formerOf(row)
  for (const { kind, id, role } of rights?.roles ?? []) await giveRole(trx, act, { kind, id }, role)
  for (const appId of rights?.applications ?? []) await restoreDeletedApplication(trx, act, appId)
  await keepFormer(trx, row.id, former)
  await protect(trx, { since: row.finished_at!, until })
}

/**
 * Gives the tenant back to those who were there. Roles and applications of the time since are gone, accounts of it are
 * disabled, and what guards the others is as it was. Nothing that people wrote of themselves changes.
 */
export async function giveBack(trx: Trx, act: Act, row: Finished): Promise<void> {
  const { tenantId } = trx
  await lockTenant(trx, tenantId)
  // A dispute has done it before; whatever came after it goes too.
  await suspendRights(trx, act, row)
  await trx
    .updateTable('users')
    .set({ account_enabled: false })
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>=', row.finished_at!)
    .execute()
  const { unmanagedSince, domain, guards, groups } = formerOf(row)
  await restoreGroups(trx, act, groups)
  await protect(trx, undefined)
  await trx
    .updateTable('tenants')
    .set({
      ...{ protection: json(guards.protection), sign_in_policy: json(guards.signIn) },
      unmanaged_since: momentOf(unmanagedSince),
      methods_policy: json(guards.methods),
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  await trx
    .deleteFrom('reset_policies')
    .where('tenant_id', '=', tenantId)
    .where('id', 'not in', [row.id, ...guards.policies.map(({ id }) => id)])
    .execute()
  for (const { id, settings } of guards.policies)
    await trx
      .updateTable('reset_policies')
      .set({ settings: json(settings), updated_at: act.now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute()
  await trx
    .updateTable('domains')
    .set({ proof: domain.proof, is_root: domain.isRoot, next_check_at: momentOf(domain.nextCheckAt) })
    .where('tenant_id', '=', tenantId)
    .where('name', '=', row.domain)
    .execute()
}

const momentOf = (kept: string | null) => (kept === null ? null : new Date(kept))

const json = (value: unknown) => sql<string>`${JSON.stringify(value)}::jsonb`
