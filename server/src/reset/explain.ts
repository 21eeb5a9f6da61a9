import type { Act } from '../act.ts'
import { findDetails, record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { findAccount, getTenant } from '../directory/index.ts'
import type { Browser } from '../limits/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { type ExplanationVariables, queueNotices } from '../notifications/index.ts'
import { APART, askOne, type Db, inTenant } from '../store/index.ts'
import { findJourneyRow } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'explain-refusal': { tenantId: string; journeyId: string; browser: Browser }
    }
  }
}

/** Tells the owner of an account why a concealed reset led nowhere: once a day for each reason. Familiar browsers count apart, or strangers could use up the owner's day. */
export async function explainRefusal(
  db: Db,
  act: Act,
  { tenantId, journeyId, browser }: GraphileWorker.Tasks['explain-refusal'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const row = await findJourneyRow(trx, tenantId, journeyId, false)
    const refusal = row?.refusal as ExplanationVariables['refusal'] | null | undefined
    if (!row || !refusal) return
    const { user } = await findAccount(trx, { id: row.user_id }, true)
    if (!user) return
    const told = await findDetails(trx, 'reset.explained', user.id, {
      since: plus(act.now, -DAY),
      until: plus(act.now, APART),
    })
    if (told.some(({ details }) => details.refusal === refusal && details.browser === browser)) return
    const tenant = await getTenant(trx, tenantId)
    const addresses = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
    await queueNotices(
      trx,
      act,
      addresses.map(to => ({
        to,
        language: user.preferredLanguage ?? tenant.preferredLanguage,
        template: 'explanation',
        variables: { organization: tenant.displayName, username: user.userPrincipalName, refusal },
      })),
    )
    await record(trx, act, {
      activity: 'reset.explained',
      result: 'success',
      reason: refusal,
      target: { id: user.id, name: user.userPrincipalName },
      details: { refusal, browser },
    })
  })
}
