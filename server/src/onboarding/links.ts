import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { admitMail } from '../mailboxes/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { type Db, findByToken, inTenant, isOver, issueToken, type Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { LASTS, type Onboarding } from './onboarding.ts'
import { findRow, giveToBrowser } from './queries.ts'

const LINKS = { table: 'onboarding_links', purpose: 'onboarding-link', tenantId: NOBODYS_TENANT } as const

/** Links that one onboarding mails in a day: each may go to a stranger. */
const A_DAY = 5

/**
 * Mails a link by which another browser goes on with an onboarding, and voids the older one. To a mailbox whose reader
 * has stopped such mails nothing is sent, and nothing says so. Throws `address_invalid`, `journey_expired`, `throttled`.
 */
export async function mailLink(
  db: Db,
  begun: Act,
  { id, state, expiresAt }: Onboarding,
  typed: { address: string; language: string },
): Promise<void> {
  const to = readAddress(typed.address)
  if (to === undefined) throw refuse('address_invalid', { field: 'address' })
  if (state === 'expired') throw refuse('journey_expired')
  const act = { ...begun, trail: { ...begun.trail, correlationId: id } }
  await inTenant(db, NOBODYS_TENANT, trx => checkLinks(trx, act, id))
  const admitted = await admitMail(db, act, to)
  if (!admitted) return
  await inTenant(db, NOBODYS_TENANT, async trx => {
    const token = await issueLink(trx, act, { id, expiresAt })
    await queueNotices(trx, act, [
      {
        ...{ to, language: typed.language, secret: `${token} ${admitted.stop}` },
        ...{ template: 'onboarding', variables: { expiresAt: expiresAt.toISOString() } },
      },
    ])
  })
}

/** Throws `throttled` where the links of a day are used up. */
async function checkLinks(trx: Trx, { now }: Means, id: string): Promise<void> {
  const recent = await trx
    .selectFrom('onboarding_links')
    .select('created_at')
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('onboarding_id', '=', id)
    .where('created_at', '>', plus(now, -DAY))
    .orderBy('created_at')
    .execute()
  const [first] = recent
  if (first && recent.length >= A_DAY)
    throw refuse('throttled', { retryAfter: Math.ceil((first.created_at.getTime() + DAY - now.getTime()) / SECOND) })
}

/** Issues a link; the older one is voided. Throws `throttled`. */
async function issueLink(
  trx: Trx,
  means: Means,
  { id, expiresAt }: Pick<Onboarding, 'id' | 'expiresAt'>,
): Promise<string> {
  // Of two at once the second counts the first.
  await findRow(trx, id, true)
  await checkLinks(trx, means, id)
  const own = { id: means.random.uuid(means.now), expiresAt, reader: { onboarding_id: id } }
  return issueToken(trx, means, LINKS, own)
}

/** A link that can be opened, more than once: it leads to what one waits for. */
export interface OnboardingLink {
  id: string
  onboardingId: string
  expiresAt: Date
}

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findOnboardingLink(db: Db, means: Means, token: string): Promise<OnboardingLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { id: row.id, onboardingId: row.onboarding_id, expiresAt: row.expires_at }
}

/** Gives the onboarding of a link to this browser. Throws `link_expired`. */
export const openOnboardingLink = (
  db: Db,
  act: Act,
  { id, onboardingId }: OnboardingLink,
  browserToken: string,
): Promise<void> =>
  inTenant(db, NOBODYS_TENANT, async trx => {
    const row = await findRow(trx, onboardingId, true)
    const link = await trx
      .selectFrom('onboarding_links')
      .select('expires_at')
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row || !link || isOver(link.expires_at, act.now, LASTS)) throw refuse('link_expired')
    await giveToBrowser(trx, act, row, browserToken)
    const within = { ...act, trail: { ...act.trail, correlationId: onboardingId } }
    await record(trx, within, { activity: 'link.opened', result: 'success', details: { purpose: 'start' } })
  })
