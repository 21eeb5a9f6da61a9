import type { Act } from '../act.ts'
import { lockTenant, type User } from '../directory/index.ts'
import { keepFormerAddress, methodTables } from '../methods/index.ts'
import { passkeyTables } from '../passkeys/index.ts'
import { forgetPassword } from '../passwords/index.ts'
import { type MovedRow, type MovedTable, placeMoved, readMoved, type Trx } from '../store/index.ts'
import {
  type Guards,
  protect,
  type Rights,
  readGuards,
  restoreGuards,
  restRights,
  returnRights,
} from '../takeovers/index.ts'
import { changeRescue, type RescueRow } from './queries.ts'

/** What a rescue has changed, as it was before. */
export interface Former extends Guards {
  /** The ways that were called lost, which sleep: rows by the place of their table. */
  asleep: MovedRow[][]
  /** Who could object when it was finished: whoever loses their role since can still undo it. */
  objectors?: string[]
  /** The same for mailboxes of nobody there, as hashes. */
  mailboxes?: string[]
  /** What rests while the operator decides. */
  rights?: Rights
}

/** What proves a person beside their password. Rows of the first stand before those of the others. */
const WAYS: readonly MovedTable[] = [
  ...methodTables.filter(({ table }) => table !== 'former_addresses'),
  ...passkeyTables.filter(({ table }) => table === 'passkeys'),
]

/** Lets every way of a person sleep that is called lost. Notices still reach a lost address for a while. */
export async function sleepWays(trx: Trx, act: Act, user: User): Promise<MovedRow[][]> {
  await keepFormerAddress(trx, act, user, undefined)
  const rows: MovedRow[][] = []
  for (const table of WAYS) rows.push(await readMoved(trx, table, [user.id]))
  await removeWays(trx, user.id)
  return rows
}

async function removeWays(trx: Trx, userId: string): Promise<void> {
  for (const table of ['passkeys', 'security_answers', 'methods'] as const)
    await trx.deleteFrom(table).where('tenant_id', '=', trx.tenantId).where('user_id', '=', userId).execute()
}

async function wake(trx: Trx, act: Act, asleep: MovedRow[][]): Promise<void> {
  for (const [place, table] of WAYS.entries())
    await placeMoved(trx, act, table, { from: trx.tenantId, rows: asleep[place] ?? [] })
}

const formerOf = ({ former }: RescueRow) => former as unknown as Former

const keepFormer = (trx: Trx, id: string, former: Former) => changeRescue(trx, id, { former: JSON.stringify(former) })

/** Reads what an undo gives back, before it is changed. */
export const readFormer = async (
  trx: Trx,
  asleep: MovedRow[][],
  told: Required<Pick<Former, 'objectors' | 'mailboxes'>>,
): Promise<Former> => ({ asleep, ...told, ...(await readGuards(trx)) })

/** Who could object when the rescue was finished; nobody before. */
export const formerObjectors = (row: RescueRow): string[] => (row.former ? (formerOf(row).objectors ?? []) : [])

/** The mailboxes that could, as hashes. */
export const formerMailboxes = (row: RescueRow): string[] => (row.former ? (formerOf(row).mailboxes ?? []) : [])

const setEnabled = async (trx: Trx, id: string, isEnabled: boolean): Promise<void> => {
  await trx
    .updateTable('users')
    .set({ account_enabled: isEnabled })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
}

/** Shuts the account, and lets rest what it has given and made: the operator may give it back. */
export async function restAccount(trx: Trx, act: Act, row: RescueRow, until: Date): Promise<void> {
  const since = row.finished_at!
  const rights = await restRights(trx, act, { since, userId: row.user_id! })
  await setEnabled(trx, row.user_id!, false)
  await keepFormer(trx, row.id, { ...formerOf(row), rights })
  await protect(trx, { since, until })
}

/** The operator has allowed it: the account goes on as it was. */
export async function returnAccount(trx: Trx, act: Act, row: RescueRow, until: Date): Promise<void> {
  const { rights, ...former } = formerOf(row)
  if (rights) await returnRights(trx, act, rights)
  await setEnabled(trx, row.user_id!, true)
  await keepFormer(trx, row.id, former)
  await protect(trx, { since: row.finished_at!, until })
}

/**
 * Undoes a rescue. A new account stays disabled and has no role; a new password is gone, with what was registered by it,
 * and ways that were called lost count again. What else the account has given or weakened is as it was.
 */
export async function giveBack(trx: Trx, act: Act, row: RescueRow): Promise<void> {
  const { tenantId } = trx
  await lockTenant(trx, tenantId)
  const [since, userId] = [row.finished_at!, row.user_id!]
  // A dispute has done it before; whatever came after it goes too.
  await restRights(trx, act, { since, userId })
  const { asleep, guards, groups, roles } = formerOf(row)
  await restoreGuards(trx, act, { guards, groups, roles, since })
  await protect(trx, undefined)
  if (row.act === 'newAdministrator') return
  // Also of who was deleted since: restored, they would have the password.
  await forgetPassword(trx, { tenantId, id: userId })
  if (asleep.length > 0) await removeWays(trx, userId)
  else
    for (const table of ['passkeys', 'methods'] as const)
      await trx
        .deleteFrom(table)
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('created_at', '>=', since)
        .execute()
  await wake(trx, act, asleep)
  await setEnabled(trx, userId, true)
}
