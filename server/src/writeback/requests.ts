import type { Answer, Operation, Said } from '@latchkey/protocol'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, endedLongAgo, inTenant, type Row, type Trx } from '../store/index.ts'
import { traceparentHere } from '../traces/index.ts'
import { findAgent, findAgentUp, signingKeysOf } from './agents.ts'
import { callServers } from './bell.ts'
import { openSigned, seal } from './sealing.ts'

/** How long an agent may begin to carry a request out. */
export const REQUEST_LIVES = 10 * SECOND

/** What it began in the last moment has been answered by then: until then nobody says that it was not done. */
export const ANSWERED_WITHIN = 14.5 * SECOND

/** How long agents keep outcomes, and the server what it awaits. */
const KEPT = 10 * MINUTE

/** No word of a request, which may have been carried out. */
export const unanswered = (detail: string) => ({ outcome: 'silent', detail, mayBeDone: true }) as const

/** A request that is on its way. */
export interface Awaited {
  tenantId: string
  id: string
  agentId: string
  /** It sets somebody's password: it is settled together with what follows from it. */
  isChange: boolean
}

/** The password that a request sets: whose, and whether it is a temporary one. */
export interface PasswordChange {
  id: string
  userId: string
  mustChange: boolean
}

interface Asking {
  tenantId: string
  operation: Operation
  change: PasswordChange | undefined
  /** Agents that could not do it: this request takes the place of theirs. */
  tried: readonly string[]
  /** How many milliseconds the agent may begin to carry it out. */
  lives: number
}

/** Seals a request to an agent of the tenant that is up, and hands it to the server that has its link. Undefined: none is up. */
export async function sendRequest(db: Db, means: Means, asked: Asking): Promise<Awaited | undefined> {
  const { tenantId, operation, change, tried, lives } = asked
  const agent = await inTenant(db, tenantId, trx => findAgentUp(trx, means, tried))
  if (!agent) return undefined
  const id = change?.id ?? means.random.uuid(means.now)
  // Its end is judged by the agent's clock, which no demonstration sets forward.
  const expires = Date.now() + lives
  const sealed = await seal(agent.sealing_key, {
    ...{ tenantId, agentId: agent.id, nonce: id, expires, operation },
    traceparent: traceparentHere(),
  })
  await inTenant(db, tenantId, async trx => {
    if (tried.length > 0) await settleRequest(trx, id)
    await trx
      .insertInto('agent_requests')
      .values({
        ...{ tenant_id: tenantId, id, agent_id: agent.id, sealed, expires_at: plus(means.now, lives) },
        ...{ password_of: change?.userId ?? null, must_change: change?.mustChange ?? false },
      })
      .execute()
    await callServers(trx, { link: agent.link_id!, tenantId, request: id })
  })
  return { tenantId, id, agentId: agent.id, isChange: change !== undefined }
}

/** Takes a request back that nobody has sent, where another agent is up: its own has lost its link. */
export async function takeBack(
  trx: Trx,
  means: Pick<Means, 'now'>,
  { id, agentId }: Awaited,
  tried: readonly string[],
): Promise<boolean> {
  if (!(await findAgentUp(trx, means, [...tried, agentId]))) return false
  const taken = await trx
    .deleteFrom('agent_requests')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('answer', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return taken !== undefined
}

/** Takes a request to send it: at most one link does. Undefined where it was sent, or is too old. */
export async function claimRequest(trx: Trx, { now }: Pick<Means, 'now'>, id: string): Promise<string | undefined> {
  const claimed = await trx
    .updateTable('agent_requests')
    .set({ sent_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('sealed')
    .executeTakeFirst()
  return claimed?.sealed
}

/** The requests of an agent that have no answer: it is asked for them when it comes back. */
export const findUnanswered = (
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  agentId: string,
): Promise<Pick<Row<'agent_requests'>, 'id' | 'sent_at'>[]> =>
  trx
    .selectFrom('agent_requests')
    .select(['id', 'sent_at'])
    .where('tenant_id', '=', trx.tenantId)
    .where('agent_id', '=', agentId)
    .where('answer', 'is', null)
    .where('expires_at', '>', plus(now, -KEPT))
    .execute()

/**
 * Keeps the first answer to a request, as the agent signed it, and tells who waits. Returns whether it came too late for
 * anybody. One that the agent never saw is sent again while it lives: it works once.
 */
export async function keepAnswer(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  answered: { agentId: string; linkId: string; id: string; answer: Answer; frame: string },
): Promise<'kept' | 'late' | 'ignored'> {
  const { agentId, id, answer, frame } = answered
  const { tenantId } = trx
  const own = () =>
    trx
      .updateTable('agent_requests')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('agent_id', '=', agentId)
      .where('answer', 'is', null)
  if (answer.outcome === 'unknown') {
    const again = await own().set({ sent_at: null }).where('expires_at', '>', now).returning('id').executeTakeFirst()
    if (again) {
      await callServers(trx, { link: answered.linkId, tenantId, request: id })
      return 'kept'
    }
  }
  const kept = await own().set({ answer: frame }).returning(['expires_at', 'password_of']).executeTakeFirst()
  if (!kept) return 'ignored'
  await callServers(trx, { answered: id })
  // What follows from a change is settled, and told, apart.
  return !kept.password_of && plus(kept.expires_at, ANSWERED_WITHIN - REQUEST_LIVES) < now ? 'late' : 'kept'
}

/** Reads the answer to a request, and removes both where nothing follows from it. Undefined: there is none yet. */
export async function takeAnswer(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  { id, isChange }: Awaited,
): Promise<Answer | undefined> {
  const row = await trx
    .selectFrom('agent_requests')
    .select(['answer', 'agent_id'])
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  // Its agent was removed, and the request with it.
  if (!row) return unanswered('the agent was removed')
  if (row.answer === null) return undefined
  const said = await saidIn(trx, { now }, { agentId: row.agent_id, frame: row.answer })
  if (!isChange) await settleRequest(trx, id)
  return said?.kind === 'answer' && said.nonce === id ? said.answer : unanswered('no valid answer')
}

/** Reads a frame that was kept, by the keys that its agent has now. Undefined where it is no such agent's. */
export async function saidIn(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  { agentId, frame }: { agentId: string; frame: string },
): Promise<Said | undefined> {
  const agent = await findAgent(trx, agentId)
  return agent && (await openSigned(signingKeysOf(agent, now), frame))?.said
}

/** Removes a request, together with what follows from its answer: false where another did. */
export async function settleRequest(trx: Trx, id: string): Promise<boolean> {
  const settled = await trx
    .deleteFrom('agent_requests')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return settled !== undefined
}

/** The sealed question what became of a request. */
export async function sealOutcome(
  trx: Trx,
  means: Means,
  { agentId, id }: { agentId: string; id: string },
): Promise<string | undefined> {
  const agent = await findAgent(trx, agentId)
  if (!agent) return undefined
  const { tenantId } = trx
  const expires = Date.now() + REQUEST_LIVES
  const nonce = means.random.uuid(means.now)
  return seal(agent.sealing_key, { tenantId, agentId, nonce, expires, operation: { kind: 'outcome', of: id } })
}

/** Requests that nobody waits for, and whose outcome no agent keeps any more. */
export const oldAgentRequests = endedLongAgo('agent_requests', { lasts: REQUEST_LIVES, kept: KEPT })
