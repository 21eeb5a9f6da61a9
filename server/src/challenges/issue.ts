// This file is long because the statements that issue, void, spend and claim a challenge guard one another: they are read side by side.

import { sql } from 'kysely'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isNobody, nobody, readName, type User } from '../directory/index.ts'
import { type Browser, spendSend } from '../limits/index.ts'
import { type Challenge, callingCodeOf, methods, type RecordedMethod, stepAt } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { type ChallengeRow, type Change, changeTogether, hasEnded, isOver, queued, type Trx } from '../store/index.ts'
import { raiseSendAlarm } from './alarm.ts'
import { SendLimited } from './errors.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'deliver-code': { tenantId: string; challengeId: string }
      'deliver-text-message': { tenantId: string; challengeId: string }
      'deliver-call': { tenantId: string; challengeId: string }
    }
  }
}

/** Each channel's codes are a task of their own, so that one whose other side hangs does not hold up the others. */
const deliveries = { email: 'deliver-code', sms: 'deliver-text-message', voice: 'deliver-call' } as const

const mediums = { email: 'mail', sms: 'text', voice: 'call' } as const

/** How long a challenge can be answered. */
export const CHALLENGE_LASTS = 5 * MINUTE
export const challengeSeconds = CHALLENGE_LASTS / SECOND

const lasts = (now: Date) => sql<boolean>`not ${hasEnded(sql`expires_at`, now, CHALLENGE_LASTS)}`

/** Two clicks on one button come within this time. */
export const DOUBLE_CLICK = 3 * SECOND

/** How often one challenge can be answered. */
export const ATTEMPTS = 5

/** What a challenge belongs to. It opens nothing anywhere else. */
export type Holder = { purpose: 'reset'; journeyId: string } | { purpose: 'session' | 'register'; sessionId: string }

export interface NewChallenge {
  holder: Holder
  user: User
  kind: MethodKind
  channel: Channel | null
  /** The method on record that is asked for; null while a new one is being registered, and for a decoy. */
  method: Pick<RecordedMethod, 'id' | 'value'> | null
  /** While registering: the number, address or key. Otherwise the destination is read again when the code is sent. */
  destination?: string
  /** Makes a challenge that looks like any other and that nothing can pass: its code is never sent. */
  decoy?: Decoy | undefined
  /** Whether nobody may see that a limit was reached which other accounts share: the code is then not sent, and nothing says so. */
  concealed?: boolean
  /** Where the asker's codes are counted. */
  browser: Browser
  questionsToReset?: number
  language: string
  /** A form that was sent twice within so many milliseconds asks once: the challenge that is open stays. */
  repeatedWithin?: number | undefined
  /** What is recorded of it. */
  event?: Change
}

/** What a decoy needs in place of a method on record. */
export interface Decoy {
  /** The number that was typed, where one was: it counts against its country. */
  number?: string | undefined
  /** Stands in for the questions that nobody has answered. */
  questions: readonly string[]
}

/**
 * Issues a challenge and voids the older ones of the same holder, so that one alone can be answered.
 * A code is made, kept as a keyed hash, and sent by a job once this transaction commits.
 * Throws `SendLimited`.
 */
export async function issueChallenge(trx: Trx, means: Means, asked: NewChallenge): Promise<Challenge> {
  const { now, random, keys } = means
  const { user, holder, kind, channel, decoy } = asked
  const { tenantId } = user
  if (asked.repeatedWithin) {
    const { open } = await findChallenges(trx, means, tenantId, holder)
    const isSame =
      open?.kind === kind &&
      open.channel === channel &&
      open.methodId === (asked.method?.id ?? null) &&
      open.destination === (asked.destination ?? null)
    if (isSame && open.createdAt > plus(now, -asked.repeatedWithin)) return open
  }
  const id = random.uuid(now)
  const posed = await methods[kind].pose?.(trx, means, user, {
    questionsToReset: asked.questionsToReset ?? 0,
    standIns: decoy?.questions,
  })
  const code = channel && random.code()
  const sealed = code === null ? null : keys.seal({ purpose: 'code', tenantId, rowId: id }, code)
  const row = {
    tenant_id: tenantId,
    id,
    purpose: holder.purpose,
    journey_id: 'journeyId' in holder ? holder.journeyId : null,
    session_id: 'sessionId' in holder ? holder.sessionId : null,
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
  await changeTogether(
    trx,
    [
      voidingChallenges(trx, means, tenantId, holder),
      trx.insertInto('challenges').values(row),
      ...(asked.event ? [asked.event] : []),
    ],
    // For a decoy too: a job that finds nothing to send.
    channel ? [queued(deliveries[channel], { tenantId, challengeId: id })] : [],
  )
  if (channel) await countSend(trx, means, asked, channel, id)
  return readChallenge(means, { ...row, voided_at: null, consumed_at: null, attempts: 0 })
}

/** Counts the message that the challenge causes, and raises the alarm where the tenant's day is nearly used up. */
async function countSend(trx: Trx, means: Means, asked: NewChallenge, channel: Channel, challengeId: string) {
  const { user, method, browser, decoy } = asked
  const name = readName(user.userPrincipalName).folded
  // A decoy counts for nobody's address or number: else strangers could use up somebody's by typing it everywhere.
  const to = (!decoy && (asked.destination ?? method?.value)) || `${asked.kind} of ${name}`
  const sent = await spendSend(trx, means, {
    tenantId: user.tenantId,
    name,
    medium: mediums[channel],
    to,
    callingCode: channel === 'email' ? undefined : callingCodeOf(decoy ? (decoy.number ?? '') : to),
    browser: asked.holder.purpose === 'register' ? 'registering' : browser,
    ownersWay: browser === 'familiar' && method !== null && !decoy,
    decoy: decoy !== undefined,
    concealed: asked.concealed,
  })
  if (!sent.allowed) throw new SendLimited(sent.retryAfter)
  if (sent.unsent) await takeCode(trx, user.tenantId, challengeId)
  if (sent.alarm) await raiseSendAlarm(trx, means, user.tenantId, sent.alarm)
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

const ofHolder = (holder: Holder) =>
  'journeyId' in holder
    ? ({ column: 'journey_id', id: holder.journeyId } as const)
    : ({ column: 'session_id', id: holder.sessionId } as const)

function voidingChallenges(trx: Trx, means: Means, tenantId: string, holder: Holder) {
  const { column, id } = ofHolder(holder)
  return trx
    .updateTable('challenges')
    .set({ voided_at: means.now, code_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where(column, '=', id)
    .where('purpose', '=', holder.purpose)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
}

const columns = [
  'tenant_id',
  'id',
  'purpose',
  'user_id',
  'kind',
  'channel',
  'method_id',
  'destination_sealed',
  'code_hash',
  'questions',
  'created_at',
  'expires_at',
  'voided_at',
  'consumed_at',
  'attempts',
  'delivery',
] as const
type Row = Pick<
  { [K in keyof ChallengeRow]: K extends 'attempts' ? number : ChallengeRow[K] },
  (typeof columns)[number]
>

/** Whether nothing passes this challenge: a reset asks for nothing but what is on record. */
export const isDecoy = (challenge: Challenge) => challenge.purpose === 'reset' && challenge.methodId === null

/** A challenge that was passed. */
export interface Passed {
  kind: MethodKind
  methodId: string | null
  /** How many questions; null where none were asked. */
  asked: number | null
}

/** A holder's challenges: the one that can be answered now, or else the last one that is over, and those that were passed. */
export interface HeldChallenges {
  open: Challenge | undefined
  over: Challenge | undefined
  passed: Passed[]
}

/** The challenges of a journey or a session. */
export async function findChallenges(
  trx: Trx,
  means: Means,
  tenantId: string,
  holder: Holder,
): Promise<HeldChallenges> {
  const { rows } = await sql<{ stored: StoredChallenge[] }>`
    select ${storedChallenges(tenantId, holder)} as stored`.execute(trx)
  return readChallenges(means, rows[0]?.stored ?? [])
}

/** A challenge as JSON has it: times as text, bytes in hexadecimal. */
export type StoredChallenge = Omit<
  Row,
  'created_at' | 'expires_at' | 'destination_sealed' | 'code_hash' | 'consumed_at'
> &
  Record<'created_at' | 'expires_at', string> &
  Record<'destination_sealed' | 'code_hash' | 'consumed_at', string | null>

/** What is stored of a holder's challenges that were not voided, for SQL and `readChallenges`. */
export const storedChallenges = (tenantId: string, holder: Holder) => {
  const { column, id } = ofHolder(holder)
  return sql<StoredChallenge[]>`(
    select coalesce(json_agg(json_build_object(${sql.join(columns.flatMap(name => [sql.lit(name), jsonOf(name)]))})), '[]')
    from challenges where tenant_id = ${tenantId} and ${sql.ref(column)} = ${id} and purpose = ${holder.purpose} and voided_at is null)`
}

const jsonOf = (name: (typeof columns)[number]) =>
  name === 'destination_sealed' || name === 'code_hash' ? sql`encode(${sql.ref(name)}, 'hex')` : sql.ref(name)

/** What a holder's challenges say, of what was stored. */
export function readChallenges(means: Means, stored: readonly StoredChallenge[]): HeldChallenges {
  const rows = stored.map(
    (row): Row => ({
      ...row,
      destination_sealed: bytesOf(row.destination_sealed),
      code_hash: bytesOf(row.code_hash),
      created_at: new Date(row.created_at),
      expires_at: new Date(row.expires_at),
      voided_at: null,
      consumed_at: row.consumed_at === null ? null : new Date(row.consumed_at),
    }),
  )
  const last = rows.find(row => !row.consumed_at)
  const challenge = last && readChallenge(means, last)
  const isOpen = last !== undefined && !isOver(last.expires_at, means.now, CHALLENGE_LASTS) && last.attempts < ATTEMPTS
  return {
    open: isOpen ? challenge : undefined,
    over: isOpen ? undefined : challenge,
    passed: rows
      .filter(row => row.consumed_at)
      .map(row => ({ kind: row.kind, methodId: row.method_id, asked: row.questions?.length ?? null })),
  }
}

/** A challenge that may be answered now, and how often still. `repeated`: with what was handed in before, which spends nothing. */
export interface Attempt {
  challenge: Challenge
  repeated: boolean
  left: number
}

/**
 * Spends one attempt of a challenge, before anything is compared: the attempt that is lost in a crash or a race is lost to the guesser.
 * `handedIn` is known again by a keyed hash of 16 bits, too short to find anything out from.
 * Undefined where the challenge is not this holder's, or can no longer be answered.
 */
export async function spendAttempt(
  trx: Trx,
  means: Means,
  user: User,
  holder: Holder,
  { challengeId, handedIn }: { challengeId: string; handedIn: string },
): Promise<Attempt | undefined> {
  const { column, id } = ofHolder(holder)
  // Locked, so that of many at once each finds what the one before it left.
  const row = await trx
    .selectFrom('challenges')
    .select([...columns, 'given'])
    .where('tenant_id', '=', user.tenantId)
    .where('security_epoch', '=', user.securityEpoch)
    .where('id', '=', challengeId)
    .where(column, '=', id)
    .where('purpose', '=', holder.purpose)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where(lasts(means.now))
    .where('attempts', '<', ATTEMPTS)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  // A wrong code of an app may be right a moment later: made again then, it is another guess.
  const moment = row.kind === 'authenticatorCode' ? String(stepAt(means.now)) : ''
  const mark = means.keys.mac('wrong-proof', user.tenantId, challengeId, handedIn, moment).readUInt16BE(0)
  const repeated = row.given.includes(mark)
  const left = ATTEMPTS - row.attempts - (repeated ? 0 : 1)
  if (!repeated)
    await trx
      .updateTable('challenges')
      .set({ attempts: row.attempts + 1, given: [...row.given, mark] })
      .where('tenant_id', '=', user.tenantId)
      .where('id', '=', challengeId)
      .execute()
  return { challenge: readChallenge(means, row), repeated, left }
}

/** A challenge of this holder that was passed before, for the repeat of its proof. */
export async function findPassed(
  trx: Trx,
  means: Means,
  tenantId: string,
  holder: Holder,
  challengeId: string,
): Promise<Challenge | undefined> {
  const { column, id } = ofHolder(holder)
  const row = await trx
    .selectFrom('challenges')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', challengeId)
    .where(column, '=', id)
    .where('purpose', '=', holder.purpose)
    .where('consumed_at', 'is not', null)
    .executeTakeFirst()
  return row && readChallenge(means, row)
}

/** Claims a challenge whose proof was right, and gives back the attempts that it `spent`. False where another request was quicker, or it was voided meanwhile. */
export async function claimChallenge(trx: Trx, means: Means, challenge: Challenge, spent: number): Promise<boolean> {
  const claimed = await trx
    .updateTable('challenges')
    .set(row => ({ consumed_at: means.now, code_sealed: null, attempts: row('attempts', '-', spent) }))
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.id)
    .where('security_epoch', '=', row =>
      row
        .selectFrom('users')
        .select('users.security_epoch')
        .where('users.tenant_id', '=', challenge.tenantId)
        .where('users.id', '=', challenge.userId),
    )
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where(lasts(means.now))
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Draws the questions of a challenge anew, after a wrong answer. Returns them. */
export async function redrawQuestions(
  trx: Trx,
  means: Means,
  user: User,
  challenge: Challenge,
  standIns: readonly string[] | undefined,
): Promise<string[]> {
  const posed = await methods[challenge.kind].pose?.(trx, means, user, {
    questionsToReset: challenge.questions?.length ?? 0,
    standIns: isDecoy(challenge) ? standIns : undefined,
  })
  const questions = posed?.questions ?? []
  await trx
    .updateTable('challenges')
    .set({ questions })
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.id)
    .execute()
  return questions
}

/** Removes the challenges of a journey, for `changeTogether`: done with, so that not even the hashes of its codes stay. */
export function removingChallenges(trx: Trx, tenantId: string, holder: Holder) {
  const { column, id } = ofHolder(holder)
  return trx.deleteFrom('challenges').where('tenant_id', '=', tenantId).where(column, '=', id)
}

const bytesOf = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'))

function readChallenge({ keys }: Means, row: Row): Challenge {
  const destination =
    row.destination_sealed &&
    keys.open({ purpose: 'challenge', tenantId: row.tenant_id, rowId: row.id }, row.destination_sealed)
  return {
    id: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id ?? nobody(row.tenant_id).id,
    purpose: row.purpose,
    kind: row.kind,
    channel: row.channel,
    methodId: row.method_id,
    destination,
    codeHash: row.code_hash,
    questions: row.questions,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at,
    delivery: row.delivery,
  }
}
