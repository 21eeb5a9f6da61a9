import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { ATTEMPTS, CHALLENGE_LASTS, malformedCode } from '../challenges/index.ts'
import { plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { enqueue, isOver, type Row, stillLasts, type Trx } from '../store/index.ts'
import { readCode } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { countMail } from './mailbox.ts'
import { issueStop } from './stops.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'deliver-mailbox-code': { tenantId: string; challengeId: string }
    }
  }
}

/** A code that was mailed to an address which belongs to no user yet, as far as its journey shows it. */
export interface MailboxChallenge {
  id: string
  address: string
  createdAt: Date
  expiresAt: Date
  delivery: Row<'mailbox_challenges'>['delivery']
  /** Why it could not be sent, where waiting does not help. */
  undelivered: Row<'mailbox_challenges'>['undelivered']
}

const place = (tenantId: string, rowId: string) => ({ purpose: 'mailbox', tenantId, rowId }) as const

/**
 * Mails a code to an address that somebody typed, by a job once this transaction commits, and voids the journey's older
 * one. The same rows and statements for every address, known or not, stopped or not.
 * Throws `throttled`: the caller's transaction fails with it. `repeatedWithin`: milliseconds in which a second press asks once.
 */
export async function issueMailboxCode(
  trx: Trx,
  act: Act,
  asked: { journeyId: string; address: string; language: string; repeatedWithin?: number | undefined },
): Promise<MailboxChallenge> {
  const { now, random, keys } = act
  const { tenantId } = trx
  const { journeyId, address, language } = asked
  if (asked.repeatedWithin) {
    const last = await findMailboxChallenge(trx, act, journeyId)
    if (last && last.createdAt > plus(now, -asked.repeatedWithin)) return last
  }
  await countMail(trx, act, address)
  await trx
    .updateTable('mailbox_challenges')
    .set({ voided_at: now, code_sealed: null, stop_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where('journey_id', '=', journeyId)
    .where('voided_at', 'is', null)
    .where('consumed_at', 'is', null)
    .execute()
  const id = random.uuid(now)
  const code = random.code()
  const stop = await issueStop(trx, act, address)
  const row = { id, created_at: now, expires_at: plus(now, CHALLENGE_LASTS), delivery: 'pending' as const }
  await trx
    .insertInto('mailbox_challenges')
    .values({
      ...row,
      tenant_id: tenantId,
      journey_id: journeyId,
      address_sealed: keys.seal(place(tenantId, id), address),
      code_hash: keys.mac('mailbox-code', tenantId, id, code),
      code_sealed: keys.seal({ purpose: 'mailbox-code', tenantId, rowId: id }, code),
      stop_sealed: keys.seal({ purpose: 'mailbox-link', tenantId, rowId: id }, stop),
      language,
    })
    .execute()
  await enqueue(trx, 'deliver-mailbox-code', { tenantId, challengeId: id })
  return { id, address, createdAt: now, expiresAt: row.expires_at, delivery: 'pending', undelivered: null }
}

/** The code of a journey that can be answered, or the last one that no longer can. */
export async function findMailboxChallenge(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  journeyId: string,
): Promise<MailboxChallenge | undefined> {
  const { tenantId } = trx
  const row = await trx
    .selectFrom('mailbox_challenges')
    .select(['id', 'address_sealed', 'created_at', 'expires_at', 'delivery', 'undelivered'])
    .where('tenant_id', '=', tenantId)
    .where('journey_id', '=', journeyId)
    .where('voided_at', 'is', null)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return (
    row && {
      id: row.id,
      address: keys.open(place(tenantId, row.id), row.address_sealed),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      delivery: row.delivery,
      undelivered: row.undelivered,
    }
  )
}

/** What became of a code that was typed. `repeated`: it was accepted before, and nothing changed. `provedAt`: when it was accepted. */
export type MailboxProof =
  | { outcome: 'accepted' | 'repeated'; provedAt: Date }
  | { outcome: 'incorrect'; left: number }
  | { outcome: 'expired' }

/**
 * Judges a typed code in the transaction that spends its attempt, which must commit in every case: an attempt that is
 * rolled back is not counted. The same mistake counts once. Throws `invalid_request` for text that is no code.
 */
export async function proveMailbox(
  trx: Trx,
  { now, keys }: Means,
  given: { journeyId: string; challengeId: string; code: string },
): Promise<MailboxProof> {
  const { tenantId } = trx
  const code = readCode(given.code)
  if (code === undefined) throw malformedCode()
  if (!isUuid(given.challengeId)) return { outcome: 'expired' }
  // Locked, so that of many requests at once each sees the result of the one before.
  const row = await trx
    .selectFrom('mailbox_challenges')
    .select(['id', 'code_hash', 'attempts', 'given', 'expires_at', 'voided_at', 'consumed_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', given.challengeId)
    .where('journey_id', '=', given.journeyId)
    .forUpdate()
    .executeTakeFirst()
  if (!row || row.voided_at) return { outcome: 'expired' }
  const right = keys.matches(row.code_hash, 'mailbox-code', tenantId, row.id, code)
  if (row.consumed_at) return right ? { outcome: 'repeated', provedAt: row.consumed_at } : { outcome: 'expired' }
  if (isOver(row.expires_at, now, CHALLENGE_LASTS) || row.attempts >= ATTEMPTS) return { outcome: 'expired' }
  const mark = keys.mac('wrong-proof', tenantId, row.id, code).readUInt16BE(0)
  const isNew = !row.given.includes(mark)
  const attempts = row.attempts + (isNew ? 1 : 0)
  if (isNew)
    await trx
      .updateTable('mailbox_challenges')
      .set({ attempts, given: [...row.given, mark] })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', row.id)
      .execute()
  if (!right) return { outcome: 'incorrect', left: ATTEMPTS - attempts }
  const claimed = await trx
    .updateTable('mailbox_challenges')
    .set({ consumed_at: now, code_sealed: null, stop_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', row.id)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where(stillLasts(sql`expires_at`, now, CHALLENGE_LASTS))
    .returning('id')
    .executeTakeFirst()
  return claimed ? { outcome: 'accepted', provedAt: now } : { outcome: 'expired' }
}

/** Throws `challenge_expired` or `code_incorrect` for a proof that was not accepted. */
export function checkMailboxProof(proof: MailboxProof): asserts proof is Extract<MailboxProof, { provedAt: Date }> {
  if (proof.outcome === 'expired') throw refuse('challenge_expired')
  if (proof.outcome === 'incorrect') throw refuse('code_incorrect', { field: 'code', triesLeft: proof.left })
}
