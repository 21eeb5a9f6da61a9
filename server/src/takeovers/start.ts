import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import {
  findAccountKind,
  findTenantOfDomains,
  isUserPrincipalName,
  NOBODYS_TENANT,
  readDomain,
} from '../directory/index.ts'
import { holdClaim } from '../links/index.ts'
import { checkMailboxProof, issueMailboxCode, proveMailbox } from '../mailboxes/index.ts'
import { newDomainProof, nextCheckOf } from '../organization/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { mailboxOf, readAddress } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { recordTakeover } from './events.ts'
import { mailClaimant } from './mails.ts'
import { askersOf, changeTakeover, findTakeover, insertTakeover, nameOf } from './queries.ts'
import { ALONE, DNS_LASTS, type Takeover, type TakeoverKind, type TakeoverRefusal } from './takeover.ts'

/** What somebody typed who claims a domain. */
export interface Claimed {
  domain: string
  address: string
}

/**
 * Judges what was typed: the domain by itself, in an address or in a web address, and a mailbox of it that can be an
 * account's name. Throws `domain_invalid`, `address_invalid`, `address_outside_domain`.
 */
export function readClaimed({ domain: typedDomain, address: typedAddress }: Claimed): Claimed {
  const host = typedDomain.trim().replace(/^https?:\/\//i, '')
  const domain = readDomain(host.slice(host.lastIndexOf('@') + 1).replace(/[/?#:].*$/, ''))
  if (domain === undefined) throw refuse('domain_invalid', { field: 'domain' })
  const address = readAddress(typedAddress)
  if (address === undefined || !isUserPrincipalName(nameOf(address)))
    throw refuse('address_invalid', { field: 'address' })
  // One below it may be somebody else's.
  if (readDomain(mailboxOf(address).domain) !== domain) throw refuse('address_outside_domain', { field: 'address' })
  return { domain, address }
}

/**
 * Begins a claim and mails a code to its mailbox (work accounts on the wire, §1.5). The same rows and statements for
 * every domain and address, known or not. Returns its id. Throws `throttled`.
 */
export async function startTakeover(
  db: Db,
  act: Act,
  claimed: Claimed & { browserToken: string; language: string },
): Promise<string> {
  const { domain, address, language, browserToken } = claimed
  const id = act.random.uuid(act.now)
  const tenantId = await findTenantOfDomains(db, [domain])
  // First, as it may refuse. A code whose claim a crash has lost proves nothing.
  await inTenant(db, NOBODYS_TENANT, trx => issueMailboxCode(trx, act, { journeyId: id, address, language }))
  const browserHashes = [act.keys.mac('browser', browserToken)]
  const proof = newDomainProof(act)
  await inTenant(db, tenantId, trx =>
    insertTakeover(trx, act, { id, kind: 'internal', domain, address, language, browserHashes, proof }),
  )
  return id
}

/** Mails another code, which voids the older one. `repeatedWithin`: milliseconds in which a second press asks once. Throws `wrong_state`, `throttled`. */
export async function sendAgain(
  db: Db,
  act: Act,
  { id, address, language, state }: Takeover,
  repeatedWithin?: number,
): Promise<void> {
  if (state !== 'prove-mailbox') throw refuse('wrong_state')
  await inTenant(db, NOBODYS_TENANT, trx =>
    issueMailboxCode(trx, act, { journeyId: id, address, language, repeatedWithin }),
  )
}

/**
 * Proves the mailbox. Now alone it is told that there is nothing to take, or that another claim is open. Where the
 * mailbox has an open claim already, this one is gone. Returns the id of the one that goes on. Throws
 * `challenge_expired`, `code_incorrect`.
 */
export async function proveTakeover(
  db: Db,
  act: Act,
  takeover: Takeover,
  { challenge, code }: { challenge: string; code: string },
): Promise<string> {
  const proof = await inTenant(db, NOBODYS_TENANT, trx =>
    proveMailbox(trx, act, { journeyId: takeover.id, challengeId: challenge, code }),
  )
  checkMailboxProof(proof)
  const account = await findAccountKind(db, [takeover.domain], 'proved')
  // The proof is kept: after a crash between the two, the same code goes on.
  return inTenant(db, takeover.tenantId, trx => openTakeover(trx, act, takeover, account === 'unmanaged'))
}

/** Of two claims to one domain that open at once, the second sees the first. */
export const lockClaims = (trx: Trx, domain: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`takeover ${trx.tenantId} ${domain}`}, 0))`.execute(trx)

async function openTakeover(trx: Trx, act: Act, { id, domain, address }: Takeover, isUnmanaged: boolean) {
  await lockClaims(trx, domain)
  const mine = await findTakeover(trx, act, id, true)
  if (!mine) throw refuse('not_found')
  if (mine.takeover.state !== 'prove-mailbox') return id
  await recordTakeover(trx, act, mine.takeover, { activity: 'takeover.begun' })
  if (!isUnmanaged) return refuseClaim(trx, act, mine.takeover, 'not_unmanaged')
  const others = await findOpen(trx, domain)
  const isOwn = (one: (typeof others)[number]) =>
    one.kind === mine.row.kind && one.other_tenant_id === mine.row.other_tenant_id
  const own = others.find(one => isOwn(one) && askersOf(act, address).some(hash => hash.equals(one.asker)))
  if (own) {
    await trx.deleteFrom('takeovers').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
    await holdClaim(trx, own.id, mine.row.browser_hashes)
    return own.id
  }
  // A mailbox alone keeps others out for a moment only: they may be the ones who can write into the DNS.
  const comesFirst = others.some(one => one.waiting_since || one.proved_at! > plus(act.now, -ALONE))
  if (comesFirst) return refuseClaim(trx, act, mine.takeover, 'takeover_open')
  await beginProof(trx, act, mine.takeover)
  return id
}

/** The open claims to a domain, whose mailbox is proved. */
const findOpen = (trx: Trx, domain: string) =>
  trx
    .selectFrom('takeovers')
    .select(['id', 'asker', 'proved_at', 'waiting_since', 'kind', 'other_tenant_id'])
    .where('tenant_id', '=', trx.tenantId)
    .where('domain', '=', domain)
    .where('proved_at', 'is not', null)
    .where('ended_at', 'is', null)
    .execute()

/** The claim has proved the DNS: those beside it that have not are over. Its claims are locked. */
export async function endRivals(trx: Trx, act: Act, { id, domain }: Pick<Takeover, 'id' | 'domain'>): Promise<void> {
  for (const rival of await findOpen(trx, domain)) {
    if (rival.id === id) continue
    const { takeover } = (await findTakeover(trx, act, rival.id, true))!
    await refuseClaim(trx, act, takeover, 'takeover_open')
    await mailClaimant(trx, act, takeover, { news: 'refused' })
  }
}

/** The mailbox is proved: the DNS is next, and is looked up without being asked. */
export async function beginProof(
  trx: Trx,
  act: Act,
  takeover: Pick<Takeover, 'id' | 'kind' | 'domain' | 'address' | 'language'>,
): Promise<void> {
  const ends = plus(act.now, DNS_LASTS)
  const due = nextCheckOf(act.now, act.now) ?? ends
  await changeTakeover(trx, takeover.id, { proved_at: act.now, ends_at: ends, due_at: due })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.proved' })
  await mailClaimant(trx, act, takeover, { news: 'proved', until: ends })
}

export async function refuseClaim(
  trx: Trx,
  act: Act,
  takeover: { id: string; domain: string; kind: TakeoverKind },
  refusal: TakeoverRefusal,
): Promise<string> {
  await changeTakeover(trx, takeover.id, { proved_at: act.now, ended_at: act.now, outcome: 'refused', refusal })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.refused', reason: refusal })
  return takeover.id
}
