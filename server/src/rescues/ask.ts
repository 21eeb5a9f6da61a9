import type { Act } from '../act.ts'
import { type Case, lockOpen, type Writer } from '../cases/index.ts'
import { plus } from '../clock.ts'
import type { Hasher } from '../crypto/index.ts'
import { findUserByName, isUserPrincipalName, readDomain, readName } from '../directory/index.ts'
import { type RescueAct, type RescueTerms, readAgreement } from '../relationships/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { foldText, mailboxOf } from '../typing/index.ts'
import { findCandidates, isSuspended } from './entitlement.ts'
import { refusePerson } from './errors.ts'
import { countInDay } from './limits.ts'
import { findRescue, sealText } from './queries.ts'
import { ASKED_LASTS } from './rescue.ts'
import { dueAt, inRescue, takeStep } from './step.ts'

/** What somebody asks for. */
export interface Asked {
  act: RescueAct
  userName?: string | undefined
  phrase?: string | undefined
  lostMethods?: boolean | undefined
}

/** Rescues that are asked for of a domain a day, and phrases that are tried of a company (partners on the wire, §7). */
const ASKED_A_DAY = 3
const PHRASES_A_DAY = 5

/** How many of them are one mailbox's: nobody alone uses up what their company has. */
const OF_ONE = 2

/** The name of who gets a new password. Throws `username_required`, `username_invalid`. */
function readTarget({ act, userName = '' }: Asked): string | null {
  if (act === 'newAdministrator') return null
  const name = readName(userName).folded
  if (name === '') throw refusePerson('username_required', { field: 'userName' })
  if (!isUserPrincipalName(name)) throw refusePerson('username_invalid', { field: 'userName' })
  return name
}

/** Whether a case proves a domain itself: by a mailbox in it, not below it, or by its DNS. */
export const isProved = ({ address, addressProved, domain, dnsProvedAt }: Omit<Case, 'challenge'>): boolean =>
  dnsProvedAt !== null || (addressProved && readDomain(mailboxOf(address).domain) === domain)

/** What a company says to a rescue. */
interface Company {
  terms: RescueTerms
  targetId: string | null
  candidates: string[]
}

/**
 * Asks for a rescue (partners on the wire, §4). The same for every domain, whosever it is: where nobody can help it is
 * refused. Returns its id. Throws `proof_missing`, `phrase_incorrect`, `rescue_open`, `wrong_state`, `throttled`.
 */
export async function askRescue(
  db: Db,
  act: Act,
  { one, holds, hasher, asked }: { one: Case; holds: Writer['holds']; hasher: Hasher; asked: Asked },
): Promise<string> {
  const target = readTarget(asked)
  if (!isProved(one)) throw refusePerson('proof_missing')
  const company = await readCompany(db, act, one, { ...asked, target })
  if (company?.terms.dns && !one.dnsProvedAt) throw refusePerson('proof_missing')
  await checkPhrase(db, act, hasher, { one, asked, company })
  const domain = act.keys.mac('address', one.domain).toString('base64url')
  await countOf(db, act, one, { key: `rescue asked:${domain}`, most: ASKED_A_DAY })
  const id = act.random.uuid(act.now)
  const { tenantId } = one
  await inTenant(db, tenantId, async trx => {
    await lockCompany(trx)
    await lockOpen(trx, act, one.number, holds)
    if (await isOpen(trx)) throw refusePerson('rescue_open')
    await insertRescue(trx, act, { id, one, asked, target, company })
  })
  return id
}

/** Of two rescues that are asked for at once the second sees the first. The empty tenant has no row, and is asked for it too. */
const lockCompany = (trx: Trx) =>
  trx.selectFrom('tenants').select('tenant_id').where('tenant_id', '=', trx.tenantId).forNoKeyUpdate().execute()

/** Undefined where nobody has verified the very domain. Throws `rescue_open`. */
async function readCompany(
  db: Db,
  act: Act,
  { tenantId, domain }: Case,
  asked: { act: RescueAct; target: string | null },
): Promise<Company | undefined> {
  // Of a domain that nobody has, the empty tenant is asked the same: the time tells no more than the answer.
  const found = await inTenant(db, tenantId, async trx => {
    const verified = await trx
      .selectFrom('domains')
      .select('name')
      .where('tenant_id', '=', tenantId)
      .where('name', '=', domain)
      .where('verified_at', 'is not', null)
      .executeTakeFirst()
    // Before anything is counted: what is refused keeps nobody else out.
    if ((await isOpen(trx)) && verified) throw refusePerson('rescue_open')
    const user = asked.target === null ? undefined : await findUserByName(trx, tenantId, asked.target)
    const about = { act: asked.act, targetId: user?.id ?? null }
    const firms = await findCandidates(trx, act, about)
    const { terms } = await readAgreement(trx, act)
    return verified && { terms, targetId: about.targetId, firms }
  })
  if (!found) return undefined
  const { firms, ...rest } = found
  const candidates: string[] = []
  for (const firmId of firms) if (!(await inTenant(db, firmId, trx => isSuspended(trx, act)))) candidates.push(firmId)
  return { ...rest, candidates }
}

/** Counted before it is compared, and compared with no transaction open. Throws `phrase_incorrect`, `throttled`. */
async function checkPhrase(
  db: Db,
  act: Act,
  hasher: Hasher,
  { one, asked, company }: { one: Case; asked: Asked; company: Company | undefined },
): Promise<void> {
  const hash = company?.terms.phraseHash
  if (!hash) return
  await countOf(db, act, one, { key: `rescue phrase:${one.tenantId}`, most: PHRASES_A_DAY })
  if (!(await hasher.verify(hash, foldText((asked.phrase ?? '').trim()))))
    throw refusePerson('phrase_incorrect', { field: 'phrase' })
}

/** Counts for the mailbox of a case first: one that is used up takes nothing from the others. Throws `throttled`. */
async function countOf(
  db: Db,
  act: Act,
  { address }: Case,
  { key, most }: { key: string; most: number },
): Promise<void> {
  const { mailbox, domain } = mailboxOf(address)
  await countInDay(db, act, `${key} ${act.keys.mac('address', `${mailbox}@${domain}`).toString('base64url')}`, OF_ONE)
  await countInDay(db, act, key, most)
}

/** Whether a rescue of the company runs, or somebody recovers its administration. */
async function isOpen(trx: Trx): Promise<boolean> {
  const rescue = await trx
    .selectFrom('rescues')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (rescue) return true
  const takeover = await trx
    .selectFrom('takeovers')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('proved_at', 'is not', null)
    .where('ended_at', 'is', null)
    .where('kind', '!=', 'external')
    .where(eb => eb.or([eb('kind', '=', 'recovery'), eb('finished_at', 'is not', null)]))
    .executeTakeFirst()
  return takeover !== undefined
}

async function insertRescue(
  trx: Trx,
  act: Act,
  {
    id,
    one,
    asked,
    target,
    company,
  }: { id: string; one: Case; asked: Asked; target: string | null; company: Company | undefined },
): Promise<void> {
  const { tenantId } = one
  const { now } = act
  const ends = plus(now, ASKED_LASTS)
  const candidates = company?.candidates ?? []
  await trx
    .insertInto('rescues')
    .values({
      ...{ tenant_id: tenantId, id, case_id: one.id, act: asked.act, lost_methods: asked.lostMethods ?? false },
      ...{ target_id: company?.targetId ?? null, asked_at: now, candidates, ends_at: ends },
      target_sealed: target === null ? null : sealText(act, { tenantId, id }, 'target', target),
      due_at: dueAt(ends, now, 'asked'),
      ...(candidates.length === 0 && ({ ended_at: now, outcome: 'refused', refusal: 'no_provider' } as const)),
    })
    .execute()
  const found = (await findRescue(trx, act, id))!
  const enter = async () => trx
  if (candidates.length > 0)
    await takeStep(enter, act, found, { activity: 'rescue.asked', changes: { ends_at: ends }, news: 'asked' })
  else
    await takeStep(enter, act, found, {
      ...{ activity: 'rescue.refused', reason: 'no_provider' },
      changes: { ended_at: now },
    })
}

/** Who asked gives it up. Throws `wrong_state` once it is finished. */
export const withdrawRescue = async (
  db: Db,
  act: Act,
  { tenantId, id, provider }: { tenantId: string; id: string; provider: { id: string } | null },
): Promise<void> =>
  inRescue(db, { tenantId, firmId: provider?.id ?? null }, async enter => {
    const found = await findRescue(await enter(tenantId), act, id, true)
    if (!found || found.row.ended_at || found.row.finished_at || found.rescue.provider?.id !== provider?.id)
      throw refusePerson('wrong_state')
    await takeStep(enter, act, found, {
      ...{ activity: 'rescue.refused', reason: 'withdrawn', news: 'refused' },
      changes: { ended_at: act.now, outcome: 'refused', refusal: 'withdrawn' },
    })
  })
