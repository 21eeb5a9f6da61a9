import { HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { contactMethods, type User, type UserRef } from '../directory/index.ts'
import type { EffectivePolicy, MethodKind, ResetPolicySettings } from '../policies/index.ts'
import { bytesOf, dateOf, type Read, type Row, sql, type Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'
import { methods } from './catalogue.ts'
import { keepFormerAddress } from './formerAddresses.ts'
import { openValue } from './values.ts'

/** A method on record, by which a person can prove who they are. */
export interface RecordedMethod {
  tenantId: string
  id: string
  kind: MethodKind
  /** Who put it on record; contact info that the person has taken over is theirs. */
  source: Row<'methods'>['source']
  /** The number, address or key (of an app, or of a sheet's hashes), which `openValue` opens; null for questions. */
  sealed: Buffer | null
  /** Equal for two records of one number or address. */
  valueHash: Buffer | null
  createdAt: Date
  /** When the person proved it, or last said that it is still right. */
  confirmedAt: Date | null
  /** When a proof of it came back. */
  provedAt: Date | null
  /** When its owner reported that somebody else had used it: from then on it proves nothing. Null where it may be used. */
  blockedAt: Date | null
  /** Since when messages to it come back, and why; null while they arrive. */
  failing: { since: Date; reason: string } | null
  /** When a password alone registered it, beside a way of the second step. Null once it was proved together with such a way. */
  byPasswordAt: Date | null
  /** The filled-in one of this kind, while `byPasswordAt` says that a password alone put this one in its place. */
  before?: RecordedMethod
  /** For questions: how many were answered. */
  answers: number
  /** Of a sheet of recovery codes: how many are left; null for other methods. */
  codesLeft: number | null
  /** How many sheets of codes it has, each of which is a gate of its own; 1 for other methods. */
  sheets: number
}

/** A method as JSON has it. */
interface StoredMethod extends Pick<RecordedMethod, 'id' | 'kind' | 'source' | 'answers' | 'codesLeft' | 'sheets'> {
  sealed: string | null
  valueHash: string | null
  createdAt: string
  confirmedAt: string | null
  provedAt: string | null
  blockedAt: string | null
  byPasswordAt: string | null
  failingSince: string | null
  failingReason: string | null
}

/** The methods on record for a user, at most one of each kind, in the order of the catalogue. The person's own goes before what an administrator registered, and both before contact info. */
export const methodsOf = (
  means: Pick<Means, 'keys'>,
  { tenantId, id }: Pick<UserRef, 'tenantId' | 'id'>,
): Read<RecordedMethod[]> => ({
  sql: sql`(
    select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'source', source,
      'sealed', value_sealed, 'valueHash', value_hash,
      'createdAt', created_at, 'confirmedAt', confirmed_at, 'provedAt', proved_at, 'blockedAt', blocked_at,
      'byPasswordAt', by_password_at, 'failingSince', failing_since, 'failingReason', failing_reason, 'answers', case kind when 'securityQuestions' then
        (select count(*) from security_answers a where a.tenant_id = ${tenantId} and a.user_id = ${id})
        else 0 end, 'codesLeft', case kind when 'recoveryCode' then
        (select count(*) from recovery_codes c where c.tenant_id = ${tenantId} and c.method_id = methods.id and c.used_at is null)
        end, 'sheets', case kind when 'recoveryCode' then
        (select count(distinct sheet) from recovery_codes c where c.tenant_id = ${tenantId} and c.method_id = methods.id)
        else 1 end) order by place), '[]')
    from (select id, kind, source, value_sealed, value_hash, created_at, confirmed_at, proved_at, blocked_at, by_password_at,
        failing_since, failing_reason, 0 as place
      from methods where tenant_id = ${tenantId} and user_id = ${id}
      union all select contact.*, 1 from (${contactMethods(tenantId, id)}) contact) methods)`,
  read(json) {
    const stored = json as StoredMethod[]
    const written = ({ failingSince, failingReason, ...row }: StoredMethod): RecordedMethod => {
      const method: RecordedMethod = {
        ...row,
        tenantId,
        sealed: bytesOf(row.sealed),
        valueHash: bytesOf(row.valueHash),
        createdAt: new Date(row.createdAt),
        confirmedAt: dateOf(row.confirmedAt),
        provedAt: dateOf(row.provedAt),
        blockedAt: dateOf(row.blockedAt),
        byPasswordAt: dateOf(row.byPasswordAt),
        failing: failingSince === null ? null : { since: new Date(failingSince), reason: failingReason! },
      }
      return means.keys.ids.length > 1 ? { ...method, valueHash: hashAnew(means, method) } : method
    }
    return Object.keys(methods).flatMap(kind => {
      const ofKind = stored.filter(row => row.kind === kind)
      const row = ofKind.find(({ source }) => source === 'person') ?? ofKind[0]
      if (!row) return []
      const filledIn = row.byPasswordAt === null ? undefined : ofKind.find(other => other !== row)
      return [{ ...written(row), ...(filledIn && { before: written(filledIn) }) }]
    })
  },
})

/** These methods, and the filled-in ones that a password alone has put others in place of. */
export const withFilledIn = (recorded: readonly RecordedMethod[]): RecordedMethod[] =>
  recorded.flatMap(method => (method.before ? [method, method.before] : [method]))

/** While secrets are rotated, one number may be on record under two of them: its hash is then made anew. */
function hashAnew({ keys }: Pick<Means, 'keys'>, method: RecordedMethod): Buffer | null {
  const value = openValue({ keys }, method)
  return value === null ? null : keys.mac('destination', method.tenantId, foldAddress(value))
}

/**
 * Whether others filled a method in and the person has not taken it over. An administrator's own counts so until they
 * have proved it: data that colleagues filled in, and the person only confirmed, may lead to a colleague.
 */
export function isPrefilled({ kind, source, provedAt }: RecordedMethod, administrator: boolean): boolean {
  // A person can never enter an office phone, so the administrator's counts.
  if (!methods[kind].selfService) return false
  return source !== 'person' || (administrator && kind !== 'securityQuestions' && provedAt === null)
}

/** The methods of these kinds by which the person proves who they are, blocked or not: with enough answers, and prefilled data only where it counts. */
export const methodsThatCount = (
  { administrator, settings }: EffectivePolicy,
  kinds: readonly MethodKind[],
  recorded: readonly RecordedMethod[],
): RecordedMethod[] =>
  recorded.filter(
    method =>
      kinds.includes(method.kind) &&
      (!isPrefilled(method, administrator) || settings.prefilledDataCounts) &&
      (method.kind !== 'securityQuestions' || method.answers >= settings.questionsToReset),
  )

/** Whether a method can prove its owner now: it is not blocked, and no sheet whose codes are all used. */
export const isUsable = ({ blockedAt, codesLeft }: RecordedMethod) => blockedAt === null && codesLeft !== 0

/** The methods that pass a gate of this policy: of allowed kinds, and usable. */
export const usableMethods = (policy: EffectivePolicy, recorded: readonly RecordedMethod[]): RecordedMethod[] =>
  methodsThatCount(policy, policy.settings.methods, recorded).filter(isUsable)

/** The methods that pass a gate of a reset now: usable, and cooled off. So a method that was just planted cannot be used before its owner has read of it. */
export const resetMethods = (
  { now }: Means,
  policy: EffectivePolicy,
  recorded: readonly RecordedMethod[],
): RecordedMethod[] =>
  usableMethods(policy, recorded).filter(
    method => plus(method.createdAt, policy.settings.coolingOffHours * HOUR) <= now,
  )

/** How many gates these methods can pass: two proofs through one number or address are one gate, two sheets are two. */
export const countGates = (counted: readonly RecordedMethod[]): number =>
  new Set(counted.map(({ kind, valueHash }) => valueHash?.toString('hex') ?? kind)).size +
  counted.reduce((more, { sheets }) => more + Math.max(sheets - 1, 0), 0)

/** How many gates these methods pass: a passkey all of them, where the policy says that it is enough. One that a password alone registered is one gate, as it is one factor. */
export const gatesBy = (
  { gates, passkeyIsEnough }: Pick<ResetPolicySettings, 'gates' | 'passkeyIsEnough'>,
  counted: readonly RecordedMethod[],
): number => {
  const count = countGates(counted)
  const isEnough = ({ kind, byPasswordAt }: RecordedMethod) => kind === 'passkey' && byPasswordAt === null
  return passkeyIsEnough && counted.some(isEnough) ? Math.max(gates, count) : count
}

/** Puts a method on record, in place of the same side's earlier one of this kind. Returns its id. `value` null: questions, whose answers are elsewhere. */
export async function saveMethod(
  trx: Trx,
  means: Means,
  user: User,
  method: {
    kind: MethodKind
    source: Row<'methods'>['source']
    value: string | null
    confirmedAt?: Date | null
    /** When a code proved it, if any did. */
    provedAt?: Date
    /** Since when this value is on record, where that is earlier: a confirmed method need not cool off again. */
    createdAt?: Date
    usedStep?: number
    /** Whether a password alone registers it, beside a way of the second step. */
    byPassword?: boolean
  },
): Promise<string> {
  const { tenantId } = user
  const id = means.random.uuid(means.now)
  if (method.kind === 'email' && method.source === 'person')
    await keepFormerAddress(trx, means, user, method.value ?? undefined)
  await removeMethods(trx, user, method.kind, method.source === 'person' ? 'person' : 'others')
  await trx
    .insertInto('methods')
    .values({
      tenant_id: tenantId,
      id,
      user_id: user.id,
      kind: method.kind,
      source: method.source,
      value_sealed:
        method.value === null ? null : means.keys.seal({ purpose: 'method', tenantId, rowId: id }, method.value),
      value_hash: method.value === null ? null : means.keys.mac('destination', tenantId, foldAddress(method.value)),
      created_at: method.createdAt ?? means.now,
      confirmed_at: method.confirmedAt === undefined ? means.now : method.confirmedAt,
      proved_at: method.provedAt ?? null,
      last_used_step: method.usedStep ?? null,
      by_password_at: method.byPassword ? means.now : null,
    })
    .execute()
  return id
}

/**
 * Puts on record that the person has a method of this kind, of which they may have several. Where they had one already it
 * counts as confirmed and proved anew, since when they had it.
 */
export async function keepMethod(trx: Trx, means: Means, user: User, kind: MethodKind): Promise<string> {
  const { id } = await trx
    .insertInto('methods')
    .values({
      tenant_id: user.tenantId,
      id: means.random.uuid(means.now),
      user_id: user.id,
      kind,
      source: 'person',
      created_at: means.now,
      confirmed_at: means.now,
      proved_at: means.now,
    })
    .onConflict(conflict =>
      conflict
        .expression(sql`tenant_id, user_id, kind, (source = 'person')`)
        .doUpdateSet({ confirmed_at: means.now, proved_at: means.now }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Takes a user's methods of one kind off the record: the person's own, or the ones that others filled in. Keep an own address first (`keepFormerAddress`). */
export async function removeMethods(trx: Trx, user: User, kind: MethodKind, whose: 'person' | 'others') {
  await trx
    .deleteFrom('methods')
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', kind)
    .where('source', whose === 'person' ? '=' : '!=', 'person')
    .execute()
}

/** Notes that the person confirmed a method of theirs. */
export async function confirmMethod(trx: Trx, means: Means, user: User, id: string) {
  const confirm = (table: 'methods' | 'contact_info') =>
    sql`
    update ${sql.table(table)} set confirmed_at = ${means.now}
    where tenant_id = ${user.tenantId} and user_id = ${user.id} and id = ${id}`.execute(trx)
  await Promise.all([confirm('methods'), confirm('contact_info')])
}

/** Notes that the person proved their own methods of these kinds together with an older way of the second step. */
export async function noteVouched(trx: Trx, user: User, kinds: readonly MethodKind[]) {
  await trx
    .updateTable('methods')
    .set({ by_password_at: null })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', sql<MethodKind>`any(${kinds}::text[])`)
    .where('by_password_at', 'is not', null)
    .execute()
}

/** Marks the method of a person's passkeys while a password alone registered every one of them. */
export async function markPasskeys(trx: Trx, user: User) {
  const marks = trx.selectFrom('passkeys').where('tenant_id', '=', user.tenantId).where('user_id', '=', user.id)
  await trx
    .updateTable('methods')
    .set({
      by_password_at: marks.select(
        sql<Date | null>`case when bool_and(by_password_at is not null) then min(by_password_at) end`.as('at'),
      ),
    })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', 'passkey')
    .execute()
}

/** Notes that codes or assertions of these methods came back. Answers are no proof for an administrator, so they leave no mark. */
export async function noteProved(trx: Trx, means: Means, user: User, ids: readonly (string | null)[]) {
  const proved = trx
    .updateTable('methods')
    .set({ proved_at: means.now, failing_since: null, failing_reason: null })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .where('kind', '!=', 'securityQuestions')
    .execute()
  const arrived = trx
    .updateTable('contact_info')
    .set({ failing_since: null, failing_reason: null })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .where('failing_since', 'is not', null)
    .execute()
  await Promise.all([proved, arrived])
}
