import type { Act } from '../act.ts'
import { findTrail, readBrowser } from '../audit/index.ts'
import { challengesOf } from '../challenges/index.ts'
import { supportCode } from '../crypto/index.ts'
import { findAccount, findHelpers, getTenant, readName } from '../directory/index.ts'
import { blockOf, type ContactCounter, spendContact } from '../limits/index.ts'
import { methodsOf, usableMethods } from '../methods/index.ts'
import { hasNotice, mailAdministrators } from '../notifications/index.ts'
import { helpdeskAddress } from '../policies/index.ts'
import { askOne, type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { outOfStep, refuse } from './errors.ts'
import { challengeOwnerOf, helpdeskIn, type Journey } from './journey.ts'
import { claimContact, findJourneyRow, recordStep } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'ask-administrators': { tenantId: string; journeyId: string }
    }
  }
}

/** Whether administrators are asked now, or were asked earlier today and are not asked again. */
export type Asked = 'now' | 'earlier-today'

/** The help desk that replaces the mail to administrators, as an address to open; undefined where there is none. */
export const helpdeskOf = ({ policy, concealed }: Journey): string | undefined =>
  helpdeskAddress(helpdeskIn(policy, concealed))

/** The counters of a request for help. Owners are counted apart, and the tenant's hour is for strangers alone. Otherwise strangers could use up the owner's day. */
function countersOf({ tenantId, account, browser, gatesPassed }: Journey): ContactCounter[] {
  const name = readName(account.userPrincipalName).folded
  if (gatesPassed > 0) return [{ tenantId, kind: 'provedContact', name, browser: 'familiar' }]
  const own = { tenantId, kind: 'contact', name, browser } as const
  return browser === 'familiar' ? [own] : [own, { tenantId, kind: 'tenantContacts', name: '', browser }]
}

/**
 * Asks for help (self-service password reset, §7.4): once a journey and once a day for a name; strangers of a tenant twenty times an hour.
 * Counted for every name, so that the answer does not tell which exist; a job mails for existing ones.
 * Throws `nobody_to_ask`, `already_finished`.
 */
export async function contactAdministrator(trx: Trx, act: Act, journey: Journey): Promise<Asked> {
  const { tenantId, id } = journey
  if (!journey.canContactAdministrator) throw refuse('nobody_to_ask')
  if (journey.state === 'finished') throw outOfStep(journey)
  if (journey.contactedAt) return 'earlier-today'
  const asked = await spendContact(trx, act, countersOf(journey))
  await recordStep(trx, act, journey, {
    activity: asked ? 'reset.contacted' : 'reset.contact_dropped',
    result: asked ? 'success' : 'failure',
  })
  if (!asked) return 'earlier-today'
  await claimContact(trx, act, tenantId, id)
  await enqueue(trx, 'ask-administrators', { tenantId, journeyId: id })
  return 'now'
}

/** Whether administrators would not be asked again now, because they were asked earlier today. */
export async function isAskedToday(trx: Trx, act: Act, journey: Journey): Promise<boolean> {
  for (const counter of countersOf(journey)) if ((await askOne(trx, blockOf(act, counter))) > 0) return true
  return false
}

/** Mails the tenant's administrators for a journey that asked for it; once, also where the job runs again. */
export async function askAdministrators(
  db: Db,
  act: Act,
  { tenantId, journeyId }: GraphileWorker.Tasks['ask-administrators'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const row = await findJourneyRow(trx, tenantId, journeyId, true)
    const account = row && (await findAccount(trx, { id: row.user_id }, true))
    if (!row || !account?.user || (await hasNotice(trx, journeyId, 'request'))) return
    const { user, policy } = account
    const usable = usableMethods(policy, await askOne(trx, methodsOf(act, user)))
    const { passed } = await askOne(trx, challengesOf(act, tenantId, challengeOwnerOf(row)))
    const proved = passed.filter(one => usable.some(method => method.id === one.methodId))
    const tenant = await getTenant(trx, tenantId)
    const [asking] = await findTrail(trx, user.id, journeyId, ['reset.contacted'])
    const browser = readBrowser(asking?.userAgent)
    const variables = {
      organization: tenant.displayName,
      username: user.userPrincipalName,
      at: (asking?.at ?? act.now).toISOString(),
      address: asking?.address ?? '',
      ...(browser && { browser: browser.name, ...(browser.system && { system: browser.system }) }),
      ...(row.refusal !== null && { refusal: row.refusal }),
      proved: proved.map(({ kind }) => kind).join(','),
      supportCode: supportCode(act, tenantId, journeyId),
    }
    const administrators = await findHelpers(trx, tenantId)
    await mailAdministrators(trx, act, { tenant, administrators }, { template: 'request', variables })
  })
}
