import { countEvents, record, type Trail } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findHelpers, getTenant } from '../directory/index.ts'
import { queueNotices } from '../notifications/index.ts'
import type { Trx } from '../store/index.ts'
import { type Journey, supportCode } from './journey.ts'
import { claimContact } from './queries.ts'
import { peopleOf } from './verify.ts'

/** A tenant's administrators are asked at most this often an hour, whoever asks. */
const HOURLY_AT_MOST = 20

/** The help desk that replaces the mail to administrators, as an address to open; undefined where there is none. */
export function helpdeskOf(journey: Journey): string | undefined {
  const { helpdesk } = journey.policy.settings
  if (!helpdesk) return undefined
  return /^https?:/.test(helpdesk) ? helpdesk : `mailto:${helpdesk}`
}

/**
 * Asks the tenant's administrators for help (self-service password reset, §7.4): once a journey, once a day for an account, and twenty times an hour for a tenant.
 * The answer is the same whether or not a mail goes out: it must not tell whether the account exists.
 */
export async function contactAdministrator(trx: Trx, means: Means, journey: Journey, trail: Trail): Promise<void> {
  const { user, tenantId } = journey
  if (!journey.canContactAdministrator || journey.state === 'finished') return
  if (!(await claimContact(trx, means, journey)) || !user) return
  // What went out is counted, not what was asked: else asking again, or for names that nobody has, would keep help away.
  const daily = await countEvents(trx, tenantId, 'reset.contacted', plus(means.now, -DAY), user.id)
  const hourly = await countEvents(trx, tenantId, 'reset.contacted', plus(means.now, -HOUR))
  if (daily > 0 || hourly >= HOURLY_AT_MOST) return

  const tenant = await getTenant(trx, tenantId)
  const variables = {
    organization: tenant.displayName,
    username: user.userPrincipalName,
    proved: journey.challenges.passed.map(({ kind }) => kind).join(','),
    supportCode: supportCode(means, tenantId, journey.id),
  }
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
  await record(trx, means, tenantId, trail, { activity: 'reset.contacted', result: 'success', ...peopleOf(journey) })
}
