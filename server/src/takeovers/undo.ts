import type { Act } from '../act.ts'
import { lockTenant } from '../directory/index.ts'
import type { Row, Trx } from '../store/index.ts'
import { changeTakeover } from './queries.ts'
import { type Guards, type Rights, readGuards, restoreGuards, restRights, returnRights } from './rights.ts'
import { protect } from './settling.ts'

type Finished = Row<'takeovers'>

/** What a finished claim has changed, as it was before. Moments are in ISO 8601. */
export interface Former extends Guards {
  unmanagedSince: string | null
  domain: { proof: string | null; isRoot: boolean; nextCheckAt: string | null }
  /** What rests while the operator decides. */
  rights?: Rights
}

const formerOf = ({ former }: Finished) => former as unknown as Former

const keepFormer = (trx: Trx, id: string, former: Former) => changeTakeover(trx, id, { former: JSON.stringify(former) })

/** Reads what an undo gives back, before it is changed. */
export async function readFormer(trx: Trx, domain: string): Promise<Former> {
  const { tenantId } = trx
  const tenant = await trx
    .selectFrom('tenants')
    .select('unmanaged_since')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const row = await trx
    .selectFrom('domains')
    .select(['proof', 'is_root', 'next_check_at'])
    .where('tenant_id', '=', tenantId)
    .where('name', '=', domain)
    .executeTakeFirstOrThrow()
  return {
    unmanagedSince: tenant.unmanaged_since?.toISOString() ?? null,
    domain: { proof: row.proof, isRoot: row.is_root, nextCheckAt: row.next_check_at?.toISOString() ?? null },
    ...(await readGuards(trx)),
  }
}

/** Lets every role and application rest that came with a claim, or after it. */
export async function suspendRights(trx: Trx, act: Act, row: Finished): Promise<void> {
  const since = row.finished_at!
  const rights = await restRights(trx, act, { since, userId: row.user_id ?? row.id })
  await keepFormer(trx, row.id, { ...formerOf(row), rights })
  await protect(trx, { since, until: new Date(row.ends_at) })
}

/** The operator has allowed it: what has rested goes on. */
export async function restoreRights(trx: Trx, act: Act, row: Finished, until: Date): Promise<void> {
  const { rights, ...former } = formerOf(row)
  if (rights) await returnRights(trx, act, rights)
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
  const { unmanagedSince, domain, guards, groups, roles } = formerOf(row)
  await restoreGuards(trx, act, { guards, groups, roles, since: row.finished_at! })
  await protect(trx, undefined)
  await trx
    .updateTable('tenants')
    .set({ unmanaged_since: momentOf(unmanagedSince) })
    .where('tenant_id', '=', tenantId)
    .execute()
  await trx
    .updateTable('domains')
    .set({ proof: domain.proof, is_root: domain.isRoot, next_check_at: momentOf(domain.nextCheckAt) })
    .where('tenant_id', '=', tenantId)
    .where('name', '=', row.domain)
    .execute()
}

const momentOf = (kept: string | null) => (kept === null ? null : new Date(kept))
