import type { Act } from '../act.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { countMail } from '../mailboxes/index.ts'
import { type Db, enqueue, inTenant } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { readNumber } from './case.ts'
import { refuse } from './errors.ts'
import { mailAsker } from './mails.ts'
import { askersOf, findCaseById, findTenantOfCase } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'mail-case-link': { tenantId: string; caseId: string }
    }
  }
}

/**
 * Has a new link mailed to who opened this case, where number and address belong together. Otherwise the same is done
 * for no case: nobody learns which cases there are. Throws `case_number_invalid`, `address_invalid`, `throttled`.
 */
export async function askForLink(db: Db, act: Act, typed: { number: string; address: string }): Promise<void> {
  const number = readNumber(typed.number)
  if (number === undefined) throw refuse('case_number_invalid', { field: 'number' })
  const address = readAddress(typed.address)
  if (address === undefined) throw refuse('address_invalid', { field: 'address' })
  await inTenant(db, NOBODYS_TENANT, trx => countMail(trx, act, address))
  const tenantId = await findTenantOfCase(db, number)
  await inTenant(db, tenantId, async trx => {
    const found = await trx
      .selectFrom('cases')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('number', '=', number)
      .where('asker', 'in', askersOf(act, address))
      .where('opened_at', 'is not', null)
      .executeTakeFirst()
    await enqueue(trx, 'mail-case-link', { tenantId, caseId: found?.id ?? act.random.uuid(act.now) })
  })
}

/** Mails the link that was asked for. Of no case nothing is sent. */
export async function mailLostLink(
  db: Db,
  act: Act,
  { tenantId, caseId }: GraphileWorker.Tasks['mail-case-link'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const found = await findCaseById(trx, act, caseId, true)
    if (found) await mailAsker(trx, act, found.case, 'asked')
  })
}
