import type { Act } from '../act.ts'
import type { Trx } from '../store/index.ts'
import { getAccount, recordAccount, type Suspension } from './accounts.ts'
import { refuse } from './errors.ts'

/** Lets nothing new begin at a partner; for abuse its people reach no customer either. Throws `wrong_status` where it is suspended. */
export async function suspendPartner(trx: Trx, act: Act, reason: Suspension): Promise<void> {
  const account = await getAccount(trx, act, true)
  if (account.suspension) throw refuse('wrong_status')
  await setSuspension(trx, { suspended_at: act.now, suspension: reason })
  await recordAccount(trx, act, account, { activity: 'partner.suspended', details: { reason } })
}

/** Ends a suspension. Throws `wrong_status` where there is none. */
export async function restorePartner(trx: Trx, act: Act): Promise<void> {
  const account = await getAccount(trx, act, true)
  if (!account.suspension) throw refuse('wrong_status')
  await setSuspension(trx, { suspended_at: null, suspension: null })
  await recordAccount(trx, act, account, { activity: 'partner.restored' })
}

const setSuspension = (trx: Trx, values: { suspended_at: Date | null; suspension: Suspension | null }) =>
  trx.updateTable('partner_accounts').set(values).where('tenant_id', '=', trx.tenantId).execute()
