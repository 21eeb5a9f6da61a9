import type { Act } from '../act.ts'
import { type Learned, learnedOf, openAssistant } from '../assistant/index.ts'
import { plus } from '../clock.ts'
import { findTenantOfDomains, NOBODYS_TENANT, namesAbove, readDomainIn } from '../directory/index.ts'
import { checkMailboxProof, issueMailboxCode, proveMailbox } from '../mailboxes/index.ts'
import { Refusal } from '../refusals.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { ADMINISTRATORS_HAVE, type Case, type CaseKind, newNumber, PROVE_LASTS } from './case.ts'
import { refuse } from './errors.ts'
import { recordCase } from './events.ts'
import { mailAsker } from './mails.ts'
import { changeCase, findCase, giveToBrowsers, insertCase, lockOpenOf, noteAddress } from './queries.ts'
import { noteReply } from './write.ts'

/** What somebody typed who opens a case. */
export interface Asked {
  kind: CaseKind
  domain: string
  address: string
  text: string
}

/** Judges what was typed: the domain by itself, in an address or in a web address. Throws `domain_invalid`, `address_invalid`, `text_empty`. */
export function readAsked({ kind, domain: typedDomain, address: typedAddress, text: typedText }: Asked): Asked {
  const domain = readDomainIn(typedDomain)
  if (domain === undefined) throw refuse('domain_invalid', { field: 'domain' })
  const address = readAddress(typedAddress)
  if (address === undefined) throw refuse('address_invalid', { field: 'address' })
  return { kind, domain, address, text: readText(typedText) }
}

/** A text as it is kept: with line ends of one kind. Throws `text_empty`. */
export function readText(typed: string): string {
  const text = typed.replace(/\r\n?/g, '\n').trim()
  if (text === '') throw refuse('text_empty', { field: 'text' })
  return text
}

/** What this browser's assistant learned. Throws `assistant_unknown`. */
export async function learnFrom(db: Db, act: Act, id: string, browserToken: string | undefined): Promise<Learned> {
  const found = await openAssistant(db, act, id, browserToken).catch(error => {
    throw isNone(error) ? refuse('assistant_unknown', { field: 'assistant' }) : error
  })
  return learnedOf(found)
}

const isNone = (error: unknown) => error instanceof Refusal && error.code === 'not_found'

/**
 * Begins a case and mails a code to its mailbox (work accounts on the wire, §1.8). The same rows and statements for
 * every domain and address, known or not. `proof`: the text that will prove the domain. Returns the number. Throws
 * `throttled`.
 */
export async function startCase(
  db: Db,
  act: Act,
  asked: Asked & { browserToken: string; language: string; proof: string; learned: Learned | undefined },
): Promise<string> {
  const { domain, address, language } = asked
  const id = act.random.uuid(act.now)
  const number = newNumber(act)
  const tenantId = await findTenantOfDomains(db, [domain, ...namesAbove(domain)])
  // First, as it may refuse. A code whose case a crash has lost proves nothing.
  await inTenant(db, NOBODYS_TENANT, trx => issueMailboxCode(trx, act, { journeyId: id, address, language }))
  await inTenant(db, tenantId, trx => insertCase(trx, act, { ...asked, id, number, dueAt: plus(act.now, PROVE_LASTS) }))
  return number
}

/** Mails another code, which voids the older one. `repeatedWithin`: milliseconds in which a second press asks once. Throws `wrong_state`, `throttled`. */
export async function sendAgain(
  db: Db,
  act: Act,
  { id, address, language, state }: Case,
  repeatedWithin?: number,
): Promise<void> {
  if (state !== 'prove-address') throw refuse('wrong_state')
  await inTenant(db, NOBODYS_TENANT, trx =>
    issueMailboxCode(trx, act, { journeyId: id, address, language, repeatedWithin }),
  )
}

/**
 * Proves the mailbox, by which the case opens. Where the mailbox has an open case of the domain already, that one gets
 * what was written, and this one is gone. Returns the number of the open one. Throws `challenge_expired`,
 * `code_incorrect`.
 */
export async function proveCase(
  db: Db,
  act: Act,
  found: Case,
  { challenge, code }: { challenge: string; code: string },
): Promise<string> {
  const proof = await inTenant(db, NOBODYS_TENANT, trx =>
    proveMailbox(trx, act, { journeyId: found.id, challengeId: challenge, code }),
  )
  checkMailboxProof(proof)
  // The proof is kept: after a crash between the two, the same code opens the case.
  return inTenant(db, found.tenantId, trx => openCase(trx, act, found))
}

async function openCase(trx: Trx, act: Act, { number, address, domain }: Case): Promise<string> {
  const { tenantId } = trx
  const other = await lockOpenOf(trx, act, { address, domain })
  const mine = await findCase(trx, act, number, true)
  if (!mine) throw refuse('not_found')
  if (mine.row.opened_at) return number
  if (other) {
    await trx
      .updateTable('case_messages')
      .set({ case_id: other.id })
      .where('tenant_id', '=', tenantId)
      .where('case_id', '=', mine.row.id)
      .execute()
    await trx.deleteFrom('cases').where('tenant_id', '=', tenantId).where('id', '=', mine.row.id).execute()
    await giveToBrowsers(trx, other, mine.row.browser_hashes)
    // The code proved the mailbox, which the open one may have from a helper alone.
    await noteAddress(trx, act, other)
    await noteReply(trx, act, other)
    return other.number
  }
  await changeCase(trx, mine.row.id, { opened_at: act.now, due_at: plus(act.now, ADMINISTRATORS_HAVE) })
  await recordCase(trx, act, mine.case, { activity: 'case.opened', details: { kind: mine.case.kind } })
  await mailAsker(trx, act, mine.case, 'opened')
  await enqueue(trx, 'tell-of-case', { tenantId, caseId: mine.row.id, news: 'opened' })
  return number
}
