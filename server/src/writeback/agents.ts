import type { Enrolled, Enrolment, NextKeys } from '@latchkey/protocol'
import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findDetails, record } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { AGENT_SILENT_AFTER, changeWritebackPolicy } from '../policies/index.ts'
import { type Db, hasEnded, inTenant, type Removal, type Row, stillLasts, type Trx } from '../store/index.ts'
import { callServers } from './bell.ts'
import { refuseAgent } from './errors.ts'
import { isFailure } from './events.ts'

/** How long a token can be used. */
const TOKEN_LASTS = HOUR

/** How long an agent that has rolled its keys still opens links by the former one. */
const FORMER_LASTS = HOUR

/** The version of agents that goes with this server. */
export const AGENT_VERSION = '0.1.0'

/** An agent, as administrators see it. */
export interface Agent extends Pick<Row<'agents'>, 'id' | 'name' | 'version'> {
  status: 'up' | 'outdated' | 'unreachable'
  lastBeatAt: Date | null
  latencyMs: number | null
  /** What went wrong there within a day, each code once, by its last time: the newest first. */
  findings: { code: string; detail: string; at: Date }[]
}

/** Of so many of its newest events the findings are read. */
const EVENTS_READ = 200

const isUp = (row: Pick<Row<'agents'>, 'link_id' | 'last_beat_at'>, now: Date) =>
  row.link_id !== null && row.last_beat_at !== null && plus(row.last_beat_at, AGENT_SILENT_AFTER) > now

/** Makes a token by which one agent enrols in this tenant, within an hour. It is shown only now. */
export async function issueAgentToken(trx: Trx, act: Act): Promise<{ token: string; expires: Date }> {
  const { tenantId } = trx
  demand(act, 'agents.write', { kind: 'tenant', tenantId })
  const secret = act.random.token()
  const expires = plus(act.now, TOKEN_LASTS)
  await trx
    .insertInto('agent_tokens')
    .values({ tenant_id: tenantId, token_hash: act.keys.mac('agent-token', tenantId, secret), expires_at: expires })
    .execute()
  await record(trx, act, { activity: 'agent.token_issued', result: 'success' })
  return { token: `${tenantId}.${secret}`, expires }
}

/**
 * Enrols an agent by its token, which is spent in one statement. The first one of a tenant turns writeback on.
 * Throws `agent_token_invalid`, for unknown, used and old ones alike.
 */
export async function enrolAgent(db: Db, act: Act, enrolment: Enrolment): Promise<Enrolled> {
  const { token, name, version, signingKey, sealingKey } = enrolment
  const [tenantId = '', secret = ''] = token.split('.')
  if (!isUuid(tenantId)) throw refuseAgent('agent_token_invalid')
  return inTenant(db, tenantId, async trx => {
    const claimed = await trx
      .deleteFrom('agent_tokens')
      .where('tenant_id', '=', tenantId)
      .where('token_hash', '=', sql<Buffer>`any(${act.keys.macs('agent-token', tenantId, secret)}::bytea[])`)
      .where(stillLasts(sql`expires_at`, act.now, TOKEN_LASTS))
      .returning('token_hash')
      .executeTakeFirst()
    if (!claimed) throw refuseAgent('agent_token_invalid')
    const first = !(await trx.selectFrom('agents').select('id').where('tenant_id', '=', tenantId).executeTakeFirst())
    const agentId = act.random.uuid(act.now)
    await trx
      .insertInto('agents')
      .values({
        tenant_id: tenantId,
        id: agentId,
        name,
        version,
        signing_key: JSON.stringify(signingKey),
        sealing_key: JSON.stringify(sealingKey),
        enrolled_at: act.now,
      })
      .execute()
    if (first) await changeWritebackPolicy(trx, tenantId, { writeback: true })
    await record(trx, act, { activity: 'agent.enrolled', result: 'success', target: { id: agentId, name } })
    return { tenantId, agentId }
  })
}

/** The agents of a tenant, the oldest first. */
export async function listAgents(trx: Trx, act: Act): Promise<Agent[]> {
  const { tenantId } = trx
  demand(act, 'agents.read', { kind: 'tenant', tenantId })
  const rows = await trx
    .selectFrom('agents')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('enrolled_at')
    .orderBy('id')
    .execute()
  return Promise.all(rows.map(row => agentOf(trx, act, row)))
}

/** The agent of this id. Throws `agent_not_found`. */
export async function getAgent(trx: Trx, act: Act, id: string): Promise<Agent> {
  const { tenantId } = trx
  demand(act, 'agents.read', { kind: 'tenant', tenantId })
  const row = isUuid(id) ? await findAgent(trx, id) : undefined
  if (!row) throw refuseAgent('agent_not_found')
  return agentOf(trx, act, row)
}

async function agentOf(trx: Trx, { now }: Act, row: Row<'agents'>): Promise<Agent> {
  const events = await findDetails(trx, 'agent.event', row.id, { since: plus(now, -DAY), newest: EVENTS_READ })
  const failures = events.filter(({ details }) => isFailure(Number(details.code)))
  const last = new Map(
    failures.toReversed().map(({ at, details }) => [details.code!, { at, detail: details.detail ?? '' }]),
  )
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    status: !isUp(row, now) ? 'unreachable' : row.version === AGENT_VERSION ? 'up' : 'outdated',
    lastBeatAt: row.last_beat_at,
    latencyMs: row.latency_ms,
    findings: [...last]
      .map(([code, { at, detail }]) => ({ code, detail, at }))
      .sort((one, other) => other.at.getTime() - one.at.getTime()),
  }
}

/** Removes an agent: its key opens no link any more, and the one that it has is cut. Throws `agent_not_found`. */
export async function removeAgent(trx: Trx, act: Act, id: string): Promise<void> {
  const { tenantId } = trx
  demand(act, 'agents.write', { kind: 'tenant', tenantId })
  const removed = isUuid(id)
    ? await trx
        .deleteFrom('agents')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .returning('name')
        .executeTakeFirst()
    : undefined
  if (!removed) throw refuseAgent('agent_not_found')
  await record(trx, act, { activity: 'agent.removed', result: 'success', target: { id, name: removed.name } })
  await callServers(trx, { removed: id })
}

/** The keys that an agent signs by now: its own, and for an hour the former one. */
export const signingKeysOf = (
  {
    signing_key,
    former_signing_key,
    former_ends_at,
  }: Pick<Row<'agents'>, 'signing_key' | 'former_signing_key' | 'former_ends_at'>,
  now: Date,
): unknown[] => [signing_key, ...(former_ends_at !== null && former_ends_at > now ? [former_signing_key] : [])]

/**
 * Gives an agent its next keys, in one statement. Who offers them has proved `by`, which must be its present key: whoever
 * found a former one gets no further. Returns whether they are its keys now; offered again, they still are.
 */
export async function rollKeys(
  trx: Trx,
  act: Act,
  { id, by, signingKey, sealingKey }: Omit<NextKeys, 'proof'> & { id: string; by: unknown },
): Promise<boolean> {
  const { tenantId } = trx
  const [signing, sealing] = [JSON.stringify(signingKey), JSON.stringify(sealingKey)]
  const rolled = await trx
    .updateTable('agents')
    .set({
      former_signing_key: sql<string>`signing_key`,
      former_ends_at: plus(act.now, FORMER_LASTS),
      signing_key: signing,
      sealing_key: sealing,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('signing_key', '=', sql<string>`${JSON.stringify(by)}::jsonb`)
    .where('signing_key', '<>', sql<string>`${signing}::jsonb`)
    .returning('name')
    .executeTakeFirst()
  if (rolled) {
    await record(trx, act, { activity: 'agent.keys_rolled', result: 'success', target: { id, name: rolled.name } })
    return true
  }
  const same = await trx
    .selectFrom('agents')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('signing_key', '=', sql<string>`${signing}::jsonb`)
    .where('sealing_key', '=', sql<string>`${sealing}::jsonb`)
    .executeTakeFirst()
  return same !== undefined
}

/** The agent of this id, with its public keys. */
export const findAgent = (trx: Trx, id: string) =>
  trx.selectFrom('agents').selectAll().where('tenant_id', '=', trx.tenantId).where('id', '=', id).executeTakeFirst()

/** The agent of the tenant that was heard last, among those that take requests. `tried`: agents that need not be asked again. */
export const findAgentUp = (trx: Trx, { now }: Pick<Means, 'now'>, tried: readonly string[] = []) =>
  trx
    .selectFrom('agents')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .where('link_id', 'is not', null)
    .where('last_beat_at', '>', plus(now, -AGENT_SILENT_AFTER))
    .where('id', '<>', sql<string>`all(${tried}::uuid[])`)
    .orderBy('last_beat_at', 'desc')
    .executeTakeFirst()

/** Tokens that nobody used. */
export const unusedAgentTokens: Removal = {
  table: 'agent_tokens',
  due: now => hasEnded(sql`expires_at`, now, TOKEN_LASTS),
}
