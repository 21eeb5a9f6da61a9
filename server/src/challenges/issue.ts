import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import { plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isNobody, readName, type User } from '../directory/index.ts'
import { type Browser, spendSend } from '../limits/index.ts'
import { type Challenge, methods, openValue, type RecordedMethod } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { askOne, enqueue, type Trx } from '../store/index.ts'
import { callingCodeOf } from '../typing/index.ts'
import { raiseSendAlarm } from './alarm.ts'
import { refuse } from './errors.ts'
import { CHALLENGE_LASTS, type ChallengeOwner, challengesOf, ofOwner, readChallenge } from './held.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'deliver-code': { tenantId: string; challengeId: string }
      'deliver-text-message': { tenantId: string; challengeId: string }
      'deliver-call': { tenantId: string; challengeId: string }
    }
  }
}

/** Each channel's codes are a task of their own, so that a server that hangs does not hold up other channels. */
const deliveries = { email: 'deliver-code', sms: 'deliver-text-message', voice: 'deliver-call' } as const

const mediums = { email: 'mail', sms: 'text', voice: 'call' } as const

/** Two clicks on one button come within this time. */
export const DOUBLE_CLICK = 3 * SECOND

export interface NewChallenge {
  owner: ChallengeOwner
  user: User
  kind: MethodKind
  channel: Channel | null
  /** The method on record; null while a new one is being registered, and for a decoy. */
  method: RecordedMethod | null
  /** While registering: the number, address or key. Otherwise the destination is read again when the code is sent. */
  destination?: string
  /** Makes a challenge that looks like any other and that nothing can pass: its code is never sent. */
  decoy?: Decoy | undefined
  /** Whether a limit that other accounts share must not show: the code is then not sent, and nothing says so. */
  concealed?: boolean
  /** The counter of the asker's codes. */
  browser: Browser
  questionsToReset?: number
  language: string
  /** The event of its issue. */
  event?: AuditEvent
  /** A form that is sent twice within so many milliseconds asks once: the open challenge stays. */
  repeatedWithin?: number | undefined
}

/** What a decoy needs in place of a method on record. */
export interface Decoy {
  /** The typed number, if any: it counts against its country. */
  number?: string | undefined
  /** Stands in for the questions that nobody has answered. */
  questions: readonly string[]
}

/**
 * Issues a challenge and voids the older ones of the same owner, so that one alone can be answered.
 * A code is made, kept as a keyed hash, and sent by a job once this transaction commits.
 * Throws `throttled` where no more codes may be sent for a while: the caller's transaction fails with it, so that nothing stays counted.
 */
export async function issueChallenge(trx: Trx, act: Act, asked: NewChallenge): Promise<Challenge> {
  const { now, random, keys } = act
  const { user, owner, kind, channel, decoy } = asked
  const { tenantId } = user
  if (asked.repeatedWithin) {
    const { open } = await askOne(trx, challengesOf(act, tenantId, owner))
    const isSame =
      open?.kind === kind &&
      open.channel === channel &&
      open.methodId === (asked.method?.id ?? null) &&
      open.destination === (asked.destination ?? null)
    if (isSame && open.createdAt > plus(now, -asked.repeatedWithin)) return open
  }
  const id = random.uuid(now)
  const posed = await methods[kind].pose?.(trx, act, user, {
    questionsToReset: asked.questionsToReset ?? 0,
    decoyQuestions: decoy?.questions,
  })
  const code = channel && random.code()
  const sealed = code === null ? null : keys.seal({ purpose: 'code', tenantId, rowId: id }, code)
  const row = {
    tenant_id: tenantId,
    id,
    purpose: owner.purpose,
    journey_id: 'journeyId' in owner ? owner.journeyId : null,
    session_id: 'sessionId' in owner ? owner.sessionId : null,
    user_id: isNobody(user) ? null : user.id,
    security_epoch: user.securityEpoch,
    kind,
    channel,
    method_id: decoy ? null : (asked.method?.id ?? null),
    destination_sealed: asked.destination
      ? keys.seal({ purpose: 'challenge', tenantId, rowId: id }, asked.destination)
      : null,
    // Made for a decoy too, so that it takes as long; nobody will ever read it.
    code_sealed: decoy ? null : sealed,
    code_hash: code === null ? null : keys.mac('code', tenantId, id, code),
    questions: posed?.questions ?? null,
    language: asked.language,
    created_at: now,
    expires_at: plus(now, CHALLENGE_LASTS),
    delivery: code ? ('pending' as const) : null,
  }
  await Promise.all([
    voidChallenges(trx, act, tenantId, owner),
    trx.insertInto('challenges').values(row).execute(),
    // Strangers' events wait for one another, and messages are counted last: a proof locks its challenge first too.
    // In another order two requests would wait for each other.
    asked.event && record(trx, act, asked.event),
    // For a decoy too: its job finds nothing to send.
    channel && enqueue(trx, deliveries[channel], { tenantId, challengeId: id }),
    channel && countSend(trx, act, { ...asked, channel }, id),
  ])
  return readChallenge(act, { ...row, voided_at: null, consumed_at: null, attempts: 0 })
}

/** Counts the message of the challenge, and raises the alarm where the tenant's day is nearly used up. */
async function countSend(trx: Trx, means: Means, asked: NewChallenge & { channel: Channel }, challengeId: string) {
  const { user, channel, method, browser, decoy } = asked
  const name = readName(user.userPrincipalName).folded
  // A decoy counts for no real address or number: otherwise strangers could use one up by typing it everywhere.
  const to = (!decoy && (asked.destination ?? (method && openValue(means, method)))) || `${asked.kind} of ${name}`
  const sent = await spendSend(trx, means, {
    tenantId: user.tenantId,
    name,
    medium: mediums[channel],
    to,
    callingCode: channel === 'email' ? undefined : callingCodeOf(decoy ? (decoy.number ?? '') : to),
    browser: asked.owner.purpose === 'register' ? 'registering' : browser,
    ownersWay: browser === 'familiar' && method !== null && !decoy,
    decoy: decoy !== undefined,
    concealed: asked.concealed,
  })
  if (!sent.allowed) throw refuse('throttled', { retryAfter: sent.retryAfter })
  if (sent.unsent) await takeCode(trx, user.tenantId, challengeId)
  if (sent.alarm) await raiseSendAlarm(trx, means, sent.alarm)
}

/** Leaves the job of a challenge nothing to send. */
async function takeCode(trx: Trx, tenantId: string, id: string) {
  await trx
    .updateTable('challenges')
    .set({ code_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

async function voidChallenges(trx: Trx, means: Means, tenantId: string, owner: ChallengeOwner) {
  const { column, id } = ofOwner(owner)
  await trx
    .updateTable('challenges')
    .set({ voided_at: means.now, code_sealed: null, spoken_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where(column, '=', id)
    .where('purpose', '=', owner.purpose)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .execute()
}
