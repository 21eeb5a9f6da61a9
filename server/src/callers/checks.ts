import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, MINUTE, plus } from '../clock.ts'
import type { Means, Random } from '../crypto/index.ts'
import { getUser, type User } from '../directory/index.ts'
import { endedLongAgo, type Row, type SealedColumn, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

/** How a help desk finds out that a caller is the person of the account. */
export const callerMeans = ['approvalLink', 'callBack', 'inPerson'] as const
export type CallerMeans = (typeof callerMeans)[number]

/** How a call ended, in the agent's word. */
export const callOutcomes = ['resolved', 'unresolved', 'handedOver', 'wrongPerson'] as const
export type CallOutcome = (typeof callOutcomes)[number]

/** What the help desk gave, which the person's own page shows. */
export interface Given {
  kind: 'password' | 'pass'
  value: string
  until: Date
}

export interface CallerCheck extends Pick<Row<'caller_checks'>, 'id' | 'means' | 'choices' | 'spoken' | 'outcome'> {
  tenantId: string
  userId: string
  /** The agent: nobody else uses it. */
  askedBy: string
  createdAt: Date
  /** Until when it waits for an answer, or with the answer until when it counts. */
  expiresAt: Date
  state: 'pending' | 'approved' | 'denied' | 'expired'
}

/** How long the person has to answer, and how long the answer counts. */
const LASTS = 15 * MINUTE

/** How long a person's no bars remedies that nobody checked. */
const DENIAL_COUNTS = HOUR

/** How long an ended check is kept: the audit log keeps what became of it. */
const KEPT = HOUR

const PAIRS = 3
const PURPOSE = 'given-to-caller'

export const callerSeals: readonly SealedColumn[] = [
  { table: 'caller_checks', column: 'given_sealed', purpose: PURPOSE, key: ['id'] },
]

/** A check to begin. `words`: at least six, in the language of the person; those of the answer are chosen from them. */
export interface NewCheck {
  means: CallerMeans
  words: readonly string[]
  linkId?: string | undefined
}

/** Begins a check. By a link the person answers; otherwise the agent has called back or seen them, and says so by this. */
export async function beginCheck(
  trx: Trx,
  { now, random }: Means,
  user: User,
  { askedBy, means, words, linkId }: NewCheck & { askedBy: string },
): Promise<CallerCheck> {
  const choices = means === 'approvalLink' ? pairsOf(random, words) : []
  const id = random.uuid(now)
  await trx
    .insertInto('caller_checks')
    .values({
      tenant_id: user.tenantId,
      id,
      user_id: user.id,
      security_epoch: user.securityEpoch,
      asked_by: askedBy,
      means,
      choices,
      spoken: choices.length > 0 ? choices[random.below(PAIRS)]! : null,
      link_id: linkId ?? null,
      created_at: now,
      expires_at: plus(now, LASTS),
      approved_at: means === 'approvalLink' ? null : now,
    })
    .execute()
  return (await findCheck(trx, now, id))!
}

/** Pairs of words, none of which is in another pair. */
function pairsOf(random: Random, words: readonly string[]): string[] {
  const left = [...words]
  const next = () => left.splice(random.below(left.length), 1)[0]!
  return Array.from({ length: PAIRS }, () => `${next()} ${next()}`)
}

/** The check of this id. */
export async function findCheck(trx: Trx, now: Date, id: string): Promise<CallerCheck | undefined> {
  const row = await selectCheck(trx, id).executeTakeFirst()
  return row && checkOf(row, now)
}

const selectCheck = (trx: Trx, id: string) =>
  trx
    .selectFrom('caller_checks')
    .innerJoin('users', join =>
      join.on('users.tenant_id', '=', trx.tenantId).onRef('users.id', '=', 'caller_checks.user_id'),
    )
    .selectAll('caller_checks')
    .select('users.security_epoch as epoch')
    .where('caller_checks.tenant_id', '=', trx.tenantId)
    .where('caller_checks.id', '=', id)

const checkOf = (row: Row<'caller_checks'> & { epoch: number }, now: Date): CallerCheck => ({
  ...{ tenantId: row.tenant_id, id: row.id, userId: row.user_id, askedBy: row.asked_by, means: row.means },
  ...{ choices: row.choices, spoken: row.spoken, outcome: row.outcome },
  ...{ createdAt: row.created_at, expiresAt: row.expires_at },
  state: row.denied_at ? 'denied' : isOver(row, now) ? 'expired' : row.approved_at ? 'approved' : 'pending',
})

const isOver = (row: Pick<Row<'caller_checks'>, 'expires_at' | 'security_epoch'> & { epoch: number }, now: Date) =>
  row.expires_at <= now || row.security_epoch !== row.epoch

/** Whether the person said within the hour that they had not called. */
export async function hasDenied(trx: Trx, { now }: Pick<Means, 'now'>, userId: string): Promise<boolean> {
  const found = await trx
    .selectFrom('caller_checks')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('user_id', '=', userId)
    .where('denied_at', '>', plus(now, -DENIAL_COUNTS))
    .executeTakeFirst()
  return found !== undefined
}

/** Gives the page of a check to the browser that opened its link. Another browser has none. */
export async function bindBrowser(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  linkId: string,
  browserToken: string,
): Promise<string> {
  const { id } = await trx
    .updateTable('caller_checks')
    .set({ browser_hash: keys.mac('browser', browserToken) })
    .where('tenant_id', '=', trx.tenantId)
    .where('link_id', '=', linkId)
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** A check as its person sees it: in the browser that opened the link. */
export interface OpenedCheck {
  check: CallerCheck
  user: User
  given: Given | undefined
}

/** Opens a check in the person's browser; undefined in another one. */
export async function openCheck(
  trx: Trx,
  { keys, now }: Means,
  id: string,
  browserToken: string | undefined,
): Promise<OpenedCheck | undefined> {
  const row = await selectCheck(trx, id).executeTakeFirst()
  if (!row?.browser_hash || !browserToken || !keys.matches(row.browser_hash, 'browser', browserToken)) return undefined
  const check = checkOf(row, now)
  const user = await getUser(trx, trx.tenantId, check.userId)
  const { given_kind: kind, given_sealed: sealed, given_until: until } = row
  const given =
    check.state === 'approved' && kind && sealed && until
      ? { kind, until, value: keys.open({ purpose: PURPOSE, tenantId: trx.tenantId, rowId: id }, sealed) }
      : undefined
  return { check, user, given }
}

/**
 * Takes the person's answer, once: the words that were read to them, or undefined for "I did not call". Other words
 * are a no too. Returns whether they approve. Throws `check_over` where it was answered otherwise, or too late.
 */
export async function answerCheck(
  trx: Trx,
  act: Act,
  { check, user }: Pick<OpenedCheck, 'check' | 'user'>,
  words: string | undefined,
): Promise<boolean> {
  const approves = words !== undefined && words === check.spoken
  // An answer that is sent twice is one.
  if (check.state === (approves ? 'approved' : 'denied')) return approves
  const answered = await trx
    .updateTable('caller_checks')
    .set(approves ? { approved_at: act.now, expires_at: plus(act.now, LASTS) } : { denied_at: act.now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', check.id)
    .where('approved_at', 'is', null)
    .where('denied_at', 'is', null)
    .where('expires_at', '>', act.now)
    .returning('id')
    .executeTakeFirst()
  if (!answered) throw refuse('check_over')
  const target = { id: user.id, name: user.userPrincipalName }
  await record(
    trx,
    { ...act, actor: { kind: 'anyone', name: target.name } },
    {
      activity: approves ? 'caller.approved' : 'caller.denied',
      result: approves ? 'success' : 'failure',
      ...(!approves && { reason: words === undefined ? 'not_called' : 'wrong_words' }),
      target,
    },
  )
  return approves
}

/** Lays what the help desk gave on the person's page, until the check ends. A new password ends every other check. */
export async function giveToCaller(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  { id, tenantId, userId }: CallerCheck,
  { kind, value, until }: Given,
): Promise<void> {
  await trx
    .updateTable('caller_checks')
    .set({
      given_kind: kind,
      given_sealed: keys.seal({ purpose: PURPOSE, tenantId, rowId: id }, value),
      given_until: until,
      security_epoch: sql<number>`(select security_epoch from users where tenant_id = ${tenantId} and id = ${userId})`,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Ends a call: nothing more is done by its check. The wrong person is a no, and their page forgets what was given. */
export async function endCheck(trx: Trx, { now }: Pick<Means, 'now'>, { id }: CallerCheck, outcome: CallOutcome) {
  const isWrong = outcome === 'wrongPerson'
  await trx
    .updateTable('caller_checks')
    .set({ outcome, ...(isWrong && { denied_at: now, given_kind: null, given_sealed: null, given_until: null }) })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
}

/** Checks that ended an hour ago, with what was given. */
export const oldCallerChecks = endedLongAgo('caller_checks', { lasts: LASTS * 2, kept: KEPT })
