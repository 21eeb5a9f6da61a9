import { MINUTE, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { nobody, type User } from '../directory/index.ts'
import type { Challenge } from '../methods/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { bytesOf, dateOf, isOver, jsonOf, type Read, type Row, sql, stillLasts, type Trx } from '../store/index.ts'

/** How long a challenge can be answered. */
export const CHALLENGE_LASTS = 5 * MINUTE
export const challengeSeconds = CHALLENGE_LASTS / SECOND

/** Whether a challenge can still be answered. */
export const lasts = (now: Date) => stillLasts(sql`expires_at`, now, CHALLENGE_LASTS)

/** How often one challenge can be answered. */
export const ATTEMPTS = 5

/** The owner of a challenge, which opens nothing elsewhere. */
export type ChallengeOwner =
  | { purpose: 'reset'; journeyId: string }
  | { purpose: 'session' | 'register'; sessionId: string }

/** The column and id by which the challenges of an owner are found. */
export const ofOwner = (owner: ChallengeOwner) =>
  'journeyId' in owner
    ? ({ column: 'journey_id', id: owner.journeyId } as const)
    : ({ column: 'session_id', id: owner.sessionId } as const)

/** The columns of a challenge as `readChallenge` takes them. */
export const columns = [
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
type ChallengeRow = Pick<Row<'challenges'>, (typeof columns)[number]>

/** Whether nothing passes this challenge: a real one of a reset is of a method on record. */
export const isDecoy = (challenge: Challenge) => challenge.purpose === 'reset' && challenge.methodId === null

/** A challenge that was passed. */
export interface Passed {
  kind: MethodKind
  methodId: string | null
  /** How many questions; null where none were asked. */
  asked: number | null
  /** Of a recovery code: the sheet that it is on. */
  sheet: string | null
}

/** An owner's challenges: the open one, or the last one that is over, and the passed ones. */
export interface HeldChallenges {
  open: Challenge | undefined
  over: Challenge | undefined
  passed: Passed[]
}

/** A challenge as JSON has it. */
type StoredChallenge = Omit<
  ChallengeRow,
  'created_at' | 'expires_at' | 'destination_sealed' | 'code_hash' | 'consumed_at'
> &
  Record<'created_at' | 'expires_at', string> &
  Record<'destination_sealed' | 'code_hash' | 'consumed_at' | 'sheet', string | null>

/** The challenges of a journey or a session that were not voided. */
export const challengesOf = (means: Means, tenantId: string, owner: ChallengeOwner): Read<HeldChallenges> => {
  const { column, id } = ofOwner(owner)
  return {
    sql: sql`(
      select coalesce(json_agg(${jsonOf(columns)}::jsonb || jsonb_build_object('sheet', case kind when 'recoveryCode' then
        (select c.sheet from recovery_codes c where c.tenant_id = ${tenantId} and c.method_id = challenges.method_id
          and c.challenge_id = challenges.id) end)), '[]')
      from challenges where tenant_id = ${tenantId} and ${sql.ref(column)} = ${id} and purpose = ${owner.purpose} and voided_at is null)`,
    read: json => held(means, json as StoredChallenge[]),
  }
}

function held(means: Means, stored: readonly StoredChallenge[]): HeldChallenges {
  const rows = stored.map((row): ChallengeRow & { sheet: string | null } => ({
    ...row,
    destination_sealed: bytesOf(row.destination_sealed),
    code_hash: bytesOf(row.code_hash),
    created_at: new Date(row.created_at),
    expires_at: new Date(row.expires_at),
    voided_at: null,
    consumed_at: dateOf(row.consumed_at),
  }))
  const last = rows.find(row => !row.consumed_at)
  const challenge = last && readChallenge(means, last)
  const isOpen = last !== undefined && !isOver(last.expires_at, means.now, CHALLENGE_LASTS) && last.attempts < ATTEMPTS
  return {
    open: isOpen ? challenge : undefined,
    over: isOpen ? undefined : challenge,
    passed: rows
      .filter(row => row.consumed_at)
      .map(row => ({
        kind: row.kind,
        methodId: row.method_id,
        asked: row.questions?.length ?? null,
        sheet: row.sheet,
      })),
  }
}

/** Removes the challenges of a finished journey, so that not even the hashes of its codes stay. */
export async function removeChallenges(trx: Trx, tenantId: string, owner: ChallengeOwner) {
  const { column, id } = ofOwner(owner)
  await trx.deleteFrom('challenges').where('tenant_id', '=', tenantId).where(column, '=', id).execute()
}

/** Removes what a person was asked by this kind in resets, also what passed a gate. */
export async function removeFromResets(trx: Trx, { tenantId, id }: Pick<User, 'tenantId' | 'id'>, kind: MethodKind) {
  await trx
    .deleteFrom('challenges')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .where('purpose', '=', 'reset')
    .where('kind', '=', kind)
    .execute()
}

/** A challenge, of its row. */
export function readChallenge({ keys }: Means, row: ChallengeRow): Challenge {
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
