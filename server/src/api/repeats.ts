import { sql } from 'kysely'
import { findMade } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'
import { hasEnded, inTenant, isOver, type Removal, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import type { ApiAnswer, Call } from './resource.ts'

/** How long a key is remembered (decision 71). */
const KEPT = 24 * 60 * MINUTE

/** After this long nobody works on a request any more, and what became of it is found out. */
const LONGEST = MINUTE

/** An answer whose status is known. */
type Answered = ApiAnswer & { status: number }

interface Begun {
  body_hash: Buffer
  request_id: string
  begun_at: Date
  status: number | null
  location: string | null
}

/**
 * Runs a request that carries an Idempotency-Key, once: the same key and body get the first one's answer. What became
 * of a request that was cut off is read in the audit log, which the act wrote in its own transaction.
 * `success`: the status of the resource. `read`: answers a GET of a path. Throws `idempotency_…`.
 */
export async function once(
  call: Call,
  { success, run, read }: { success: number; run(): Promise<Answered>; read(path: string): Promise<ApiAnswer> },
): Promise<Answered> {
  const key = call.headers['idempotency-key']
  if (key === undefined) return run()
  if (!/^[\x21-\x7e]{1,64}$/.test(key)) throw refuse('idempotency_key_invalid')
  const { db, act, tenantId, caller, path } = call
  const keyHash = act.keys.mac('repeat', tenantId, caller.appId, caller.actor.id, path.toLowerCase(), key)
  // Of a body that nobody has read yet, its length.
  const told = call.body ?? [call.query, call.headers['content-length']]
  // Keyed: the body may hold a password, which a copy of the database alone must not let anybody guess.
  const bodyHash = act.keys.mac('repeat', 'body', JSON.stringify(told))
  const former = await inTenant(db, tenantId, trx => begin(trx, call, { keyHash, bodyHash }))
  if (former) {
    const answered =
      former.status === null ? await inTenant(db, tenantId, trx => findOut(trx, call, { former, success })) : former
    const json = answered.location === null ? undefined : (await read(answered.location)).json
    return {
      status: answered.status!,
      ...(json && { json }),
      ...(answered.location !== null && { location: answered.location }),
    }
  }
  const own = { tenantId, keyHash, requestId: act.trail.correlationId }
  try {
    const answer = await run()
    await inTenant(db, tenantId, trx => finish(trx, own, answer))
    return answer
  } catch (error) {
    // A refused request changed nothing, so that the next one with this key runs. What a fault of ours left is found out.
    const isRefused = (error as { status?: number }).status !== undefined && (error as { status: number }).status < 500
    if (isRefused) await inTenant(db, tenantId, trx => forget(trx, own))
    throw error
  }
}

interface Own {
  tenantId: string
  keyHash: Buffer
  requestId: string
}

/** Claims the key in one statement. Returns the former request where another has it. */
async function begin(
  trx: Trx,
  { act }: Call,
  { keyHash, bodyHash }: { keyHash: Buffer; bodyHash: Buffer },
): Promise<Begun | undefined> {
  const { tenantId } = trx
  const requestId = act.trail.correlationId
  const { rows } = await sql`
    insert into repeatable_requests as request (tenant_id, key_hash, body_hash, request_id, begun_at)
    values (${tenantId}, ${keyHash}, ${bodyHash}, ${requestId}, ${act.now})
    on conflict (tenant_id, key_hash) do update
    set body_hash = excluded.body_hash, request_id = excluded.request_id, begun_at = excluded.begun_at, status = null, location = null
    where request.begun_at < ${plus(act.now, -KEPT)} returning 1`.execute(trx)
  if (rows.length > 0) return undefined
  const former = await trx
    .selectFrom('repeatable_requests')
    .select(['body_hash', 'request_id', 'begun_at', 'status', 'location'])
    .where('tenant_id', '=', tenantId)
    .where('key_hash', '=', keyHash)
    .executeTakeFirst()
  if (!former) throw refuse('idempotency_in_progress', { retryAfter: 1 })
  if (!former.body_hash.equals(bodyHash)) throw refuse('idempotency_key_reused')
  return former
}

/** What became of a request that nobody has answered. Throws where it may still be at work, or has left nothing. */
async function findOut(
  trx: Trx,
  { act, path }: Call,
  { former, success }: { former: Begun; success: number },
): Promise<Pick<Begun, 'status' | 'location'>> {
  const made = await findMade(trx, former.request_id)
  // Only what makes something has an address below its own.
  if (made !== undefined) return { status: success, location: success === 201 ? `${path}/${made}` : null }
  if (!isOver(plus(former.begun_at, LONGEST), act.now, LONGEST))
    throw refuse('idempotency_in_progress', { retryAfter: 1 })
  await trx
    .deleteFrom('repeatable_requests')
    .where('tenant_id', '=', trx.tenantId)
    .where('request_id', '=', former.request_id)
    .where('status', 'is', null)
    .execute()
  throw refuse('idempotency_in_progress', { retryAfter: 1 })
}

const finish = (trx: Trx, { tenantId, keyHash, requestId }: Own, { status, location }: Answered) =>
  trx
    .updateTable('repeatable_requests')
    .set({ status, location: location ?? null })
    .where('tenant_id', '=', tenantId)
    .where('key_hash', '=', keyHash)
    .where('request_id', '=', requestId)
    .execute()

const forget = (trx: Trx, { tenantId, keyHash, requestId }: Own) =>
  trx
    .deleteFrom('repeatable_requests')
    .where('tenant_id', '=', tenantId)
    .where('key_hash', '=', keyHash)
    .where('request_id', '=', requestId)
    .execute()

/** Requests whose key nobody may repeat any more. */
export const oldRequests: Removal = {
  table: 'repeatable_requests',
  due: now => hasEnded(sql`begun_at`, plus(now, -KEPT), KEPT),
}
