import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { type Case, lockOpen } from '../cases/index.ts'
import { DAY, plus } from '../clock.ts'
import { hasPresentAdministrator, isUserPrincipalName, NOBODYS_TENANT, readDomain } from '../directory/index.ts'
import { programRefusals } from '../refusals.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { beginDispute, claimDispute } from './dispute.ts'
import { recordTakeover, within } from './events.ts'
import { mailClaimant } from './mails.ts'
import { changeTakeover, findTakeover, insertTakeover, nameOf } from './queries.ts'
import { lockClaims } from './start.ts'
import { DNS_LASTS } from './takeover.ts'

/** An administrator who signed in within this time is there. */
const PRESENT = 30 * DAY

const refuse = programRefusals({
  case_closed: { status: 409, message: 'The case is closed.' },
  domain_unproved: { status: 409, message: 'The DNS of the domain is not proved in this case.' },
  mailbox_outside: {
    status: 409,
    message: 'The mailbox of this case is not proved, not in the domain itself, or cannot be a sign-in name.',
  },
  domain_of_nobody: { status: 409, message: 'No company has verified this domain here.' },
  company_unmanaged: {
    status: 409,
    message: 'Nobody has ever administered this company: its people take it over at /takeovers.',
  },
  administrator_there: {
    status: 409,
    message: 'A Global Administrator of the company has signed in within the last 30 days.',
  },
  recovery_open: {
    status: 409,
    message: 'A recovery or a rescue of this company, or a claim to this domain, is open already.',
  },
})

/**
 * Lets who has opened a case become a Global Administrator of a company whose own are gone (work accounts on the wire,
 * §2). Their mailbox in the domain and its DNS were proved in the case; the DNS is looked up anew, everybody there is
 * told, and has seven days to object. Returns the recovery's id.
 */
export const grantRecovery = (db: Db, operator: Act, { tenantId, number }: Case): Promise<string> =>
  inTenant(db, tenantId, async trx => {
    // Only what the locked row says counts.
    const { row, case: one } = await lockOpen(trx, operator, number, () => true).catch(error => {
      throw error.code === 'wrong_state' ? refuse('case_closed') : error
    })
    const { domain, address, addressProved, proof, language } = one
    if (!one.dnsProvedAt || proof === null) throw refuse('domain_unproved')
    if (!addressProved || readDomain(mailboxOf(address).domain) !== domain || !isUserPrincipalName(nameOf(address)))
      throw refuse('mailbox_outside')
    await lockClaims(trx, domain)
    await checkCompany(trx, operator, domain)
    const id = operator.random.uuid(operator.now)
    const act = within(operator, { id })
    const { now } = act
    const begun = { id, kind: 'recovery', domain, address, language, proof } as const
    await insertTakeover(trx, act, { ...begun, browserHashes: row.browser_hashes })
    const ends = plus(now, DNS_LASTS)
    await changeTakeover(trx, id, { proved_at: now, ends_at: ends, due_at: now })
    const target = { id, name: domain }
    const details = { kind: 'recovery', case: number }
    await record(trx, act, { activity: 'takeover.begun', result: 'success', target, details })
    await mailClaimant(trx, act, begun, { news: 'granted', until: ends })
    await enqueue(trx, 'check-takeover', { tenantId, takeoverId: id }, { jobKey: `check takeover ${id}` })
    return id
  })

/** Throws where the company is none, was never administered, has an administrator, or is being recovered. */
async function checkCompany(trx: Trx, { now }: Act, domain: string): Promise<void> {
  const { tenantId } = trx
  if (tenantId === NOBODYS_TENANT) throw refuse('domain_of_nobody')
  const own = await trx
    .selectFrom('domains')
    .innerJoin('tenants', 'tenants.tenant_id', 'domains.tenant_id')
    .select('tenants.unmanaged_since')
    .where('domains.tenant_id', '=', tenantId)
    .where('domains.name', '=', domain)
    .where('domains.verified_at', 'is not', null)
    .executeTakeFirst()
  if (!own) throw refuse('domain_of_nobody')
  if (own.unmanaged_since) throw refuse('company_unmanaged')
  const open = await trx
    .selectFrom('takeovers')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('proved_at', 'is not', null)
    .where('ended_at', 'is', null)
    // People whom the company has taken in, and who dispute it, keep nobody from its administration.
    .where('kind', '!=', 'external')
    .executeTakeFirst()
  const rescue = await trx
    .selectFrom('rescues')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (open || rescue) throw refuse('recovery_open')
  if (await hasPresentAdministrator(trx, plus(now, -PRESENT))) throw refuse('administrator_there')
}

/**
 * An administrator is there after all: what nobody was told of yet is over, and the operator decides on the rest within
 * 14 days. What runs is what the locked row says.
 */
export const disputeRecovery = (
  db: Db,
  act: Act,
  { tenantId, takeoverId: id }: GraphileWorker.Tasks['dispute-recovery'],
): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const found = await findTakeover(trx, act, id, true)
    if (!found?.row.administrator_at || found.row.ended_at || found.row.disputed_at) return
    const reason = 'administrator_present'
    if (!found.row.waiting_since) {
      await changeTakeover(trx, id, { ended_at: act.now, outcome: 'refused', refusal: reason })
      await recordTakeover(trx, act, found.takeover, { activity: 'takeover.refused', reason })
      return mailClaimant(trx, act, found.takeover, { news: 'refused' })
    }
    if (!(await claimDispute(trx, act, id, { reason: undefined, undo: false }))) return
    await changeTakeover(trx, id, { refusal: reason })
    await beginDispute(trx, act, (await findTakeover(trx, act, id))!, reason)
  })
