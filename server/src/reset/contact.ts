import { countEvents, record } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findAccount, findHelpers, getTenant, lockTenant } from '../directory/index.ts'
import { findChallenges, findMethods, usableMethods } from '../methods/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { holderOf, type Journey, supportCode } from './journey.ts'
import { claimContact, findJourneyRow } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'ask-administrators': { tenantId: string; journeyId: string }
    }
  }
}

/** A tenant's administrators are asked at most this often an hour, whoever asks. */
const HOURLY_AT_MOST = 20

/** The help desk that replaces the mail to administrators, as an address to open; undefined where there is none. */
export function helpdeskOf(journey: Journey): string | undefined {
  const { policy, concealed } = journey
  // Not the one of the policy that fits: it could tell one name from another.
  const helpdesk = concealed ? policy.face?.helpdesk : policy.settings.helpdesk
  if (!helpdesk) return undefined
  return /^https?:/.test(helpdesk) ? helpdesk : `mailto:${helpdesk}`
}

/**
 * Asks for help (self-service password reset, §7.4), once a journey. Whether anybody is mailed is decided by a job: the answer, and the time that it takes, must not tell whether the account exists.
 */
export async function contactAdministrator(trx: Trx, means: Means, journey: Journey): Promise<void> {
  const { tenantId, id } = journey
  if (!journey.canContactAdministrator || journey.state === 'finished') return
  if (await claimContact(trx, means, journey)) await enqueue(trx, 'ask-administrators', { tenantId, journeyId: id })
}

/** Mails the tenant's administrators for a journey that asked for it: once a day for an account, and twenty times an hour for a tenant. */
export async function askAdministrators(
  db: Db,
  means: Means,
  { tenantId, journeyId }: GraphileWorker.Tasks['ask-administrators'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const row = await findJourneyRow(trx, tenantId, journeyId, true)
    const account = row && (await findAccount(trx, tenantId, { id: row.user_id }, true))
    if (!row || !account?.user) return
    const { user, policy } = account
    // What went out is counted, not what was asked: else asking again, or for names that nobody has, would keep help away.
    await lockTenant(trx, tenantId)
    const daily = await countEvents(trx, tenantId, 'reset.contacted', plus(means.now, -DAY), user.id)
    const hourly = await countEvents(trx, tenantId, 'reset.contacted', plus(means.now, -HOUR))
    if (daily > 0 || hourly >= HOURLY_AT_MOST) return

    const usable = usableMethods(policy, await findMethods(trx, means, user))
    const { passed } = await findChallenges(trx, means, tenantId, holderOf(row))
    const proved = passed.filter(one => usable.some(method => method.id === one.methodId))
    const tenant = await getTenant(trx, tenantId)
    const variables = {
      organization: tenant.displayName,
      username: user.userPrincipalName,
      proved: proved.map(({ kind }) => kind).join(','),
      supportCode: supportCode(means, tenantId, journeyId),
    }
    const trail = { correlationId: journeyId }
    const helpers = await findHelpers(trx, tenantId)
    await queueNotices(
      trx,
      means,
      tenantId,
      trail,
      helpers.map(helper => ({
        to: helper.mail,
        language: helper.preferredLanguage ?? tenant.preferredLanguage,
        template: 'request',
        variables,
      })),
    )
    await record(trx, means, tenantId, trail, {
      activity: 'reset.contacted',
      result: 'success',
      actor: { kind: 'user', name: user.userPrincipalName },
      target: { id: user.id, name: user.userPrincipalName },
    })
  })
}
