import type { Answer, Operation, Said } from '@latchkey/protocol'
import { sql } from 'kysely'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, endedLongAgo, inTenant, type Row, type Trx } from '../store/index.ts'
import { findAgent, findAgentUp, signingKeysOf } from './agents.ts'
import { callServers } from './bell.ts'
import { openSigned, type Seal } from './sealing.ts'

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
  /** Those by which its agent signs. */
  signingKeys: unknown[]
  /** It sets somebody's password: it is settled together with what follows from it. */
  isChange: boolean
}

/** The password that a request sets: whose, and whether it is a temporary one. */
export interface PasswordChange {
  id: string
  userId: string
  mustChange: boolean
}

export interface Asking {
  id: string
  operation: Operation
  change: PasswordChange | undefined
  /** Agents that could not do it: this request takes the place of theirs. */
  tried: readonly string[]
  /** How many milliseconds the agent may begin to carry it out. */
  lives: number
  traceparent: string | undefined
}

/**
 * Sends what `stored` resolves with over a link of this very server, which another would have to be called for.
 * Undefined: it has no such link, and `stored` is not asked.
 */
export type HandOver = (link: string, stored: () => Promise<string>) => Promise<void> | undefined

/** How requests get to agents. */
export interface Way {
  seal: Seal
  handOver: HandOver
}

/**
 * Seals requests to agents of the tenant that are up, and hands each to the server that has its agent's link. Undefined:
 * none is up that was not tried.
 */
export async function sendRequests(
  db: Db,
  means: Pick<Means, 'now'>,
  { tenantId, asked }: { tenantId: string; asked: readonly Asking[] },
  { seal, handOver }: Way,
): Promise<(Awaited | undefined)[]> {
  const agents = await inTenant(db, tenantId, trx =>
    trx.last(() => Promise.all(asked.map(({ tried }) => findAgentUp(trx, means, tried)))),
  )
  const sealed = await Promise.all(
    asked.map(async ({ id, operation, lives, traceparent }, place) => {
      const agent = agents[place]
      if (!agent) return undefined
      // Its end is judged by the agent's clock, which no demonstration sets forward.
      const expires = Date.now() + lives
      const request = { tenantId, agentId: agent.id, nonce: id, expires, operation, traceparent }
      const frame = await seal(agent.sealing_key, request)
      return { agentId: agent.id, signingKeys: signingKeysOf(agent, means.now), link: agent.link_id!, frame }
    }),
  )
  const stored = Promise.withResolvers<void>()
  const sent = asked.map((asking, place) => {
    const one = sealed[place]
    return one && { ...one, asking, handed: handOver(one.link, () => stored.promise.then(() => one.frame)) }
  })
  const found = sent.filter(one => one !== undefined)
  if (found.length === 0) return sent.map(() => undefined)
  const storing = inTenant(db, tenantId, trx =>
    trx.last(() =>
      Promise.all(
        found.flatMap(({ asking: { id, change, tried, lives }, agentId, link, frame, handed }) => [
          tried.length > 0 && settleRequest(trx, id),
          trx
            .insertInto('agent_requests')
            .values({
              ...{ tenant_id: tenantId, id, agent_id: agentId, sealed: frame, expires_at: plus(means.now, lives) },
              ...{ password_of: change?.userId ?? null, must_change: change?.mustChange ?? false },
              sent_at: handed ? means.now : null,
            })
            .execute(),
          !handed && callServers(trx, { link, tenantId, request: id }),
        ]),
      ),
    ),
  )
  storing.then(() => stored.resolve(), stored.reject)
  await Promise.all([storing, stored.promise, ...found.map(({ handed }) => handed)])
  return sent.map(one => {
    if (!one) return undefined
    const { asking, agentId, signingKeys } = one
    return { tenantId, id: asking.id, agentId, signingKeys, isChange: asking.change !== undefined }
  })
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

/** Takes requests to send them: at most one link does. Undefined where one was sent, or is too old. */
export async function claimRequests(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  ids: readonly string[],
): Promise<(string | undefined)[]> {
  const claimed = await trx.last(() =>
    trx
      .updateTable('agent_requests')
      .set({ sent_at: now })
      .where('tenant_id', '=', trx.tenantId)
      .where('id', '=', sql<string>`any(${ids}::uuid[])`)
      .where('sent_at', 'is', null)
      .where('expires_at', '>', now)
      .returning(['id', 'sealed'])
      .execute(),
  )
  const sealed = new Map(claimed.map(row => [row.id, row.sealed]))
  return ids.map(id => sealed.get(id))
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

/** An answer that came over a link. */
export interface Answered {
  agentId: string
  agentName: string
  linkId: string
  id: string
  answer: Answer
  frame: string
  /** The key that it is signed by. */
  by: unknown
  /** Who waits for it at this very server, and is told apart. */
  waiter: Pick<Awaited, 'isChange'> | undefined
}

/**
 * Keeps the first answer to a request, as the agent signed it, and tells who waits at another server. Its key is judged
 * by what the agent has now. One that the agent never saw is sent again while it lives: it works once. `late`: it came
 * too late for anybody, and `lost` where something follows from it all the same.
 */
export async function keepAnswer(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  { agentId, linkId, id, answer, frame, by, waiter }: Omit<Answered, 'agentName'>,
): Promise<'kept' | 'again' | 'late' | 'lost' | 'ignored'> {
  const { tenantId } = trx
  const key = JSON.stringify(by)
  const isOwn = sql<boolean>`tenant_id = ${tenantId} and id = ${id} and agent_id = ${agentId} and answer is null
    and exists (select from agents a where a.tenant_id = ${tenantId} and a.id = ${agentId} and (a.signing_key = ${key}::jsonb
      or (a.former_signing_key = ${key}::jsonb and a.former_ends_at > ${now})))`
  const update = () => trx.updateTable('agent_requests').where(isOwn)
  if (answer.outcome === 'unknown') {
    const again = await update().set({ sent_at: null }).where('expires_at', '>', now).returning('id').executeTakeFirst()
    if (again) {
      await callServers(trx, { link: linkId, tenantId, request: id })
      return 'again'
    }
  }
  // Nothing follows from it, and who waits has it in a moment.
  const isOver = waiter !== undefined && !waiter.isChange
  const [kept] = await Promise.all([
    isOver
      ? trx.deleteFrom('agent_requests').where(isOwn).returning(['expires_at', 'password_of']).executeTakeFirst()
      : update().set({ answer: frame }).returning(['expires_at', 'password_of']).executeTakeFirst(),
    !waiter && callServers(trx, { answered: id, frame }),
  ])
  if (!kept) return 'ignored'
  if (plus(kept.expires_at, ANSWERED_WITHIN - REQUEST_LIVES) >= now) return 'kept'
  // What follows from a change is settled, and told, apart.
  return kept.password_of ? 'lost' : 'late'
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
  const [said] = await Promise.all([
    saidIn(trx, { now }, { agentId: row.agent_id, frame: row.answer }),
    !isChange && settleRequest(trx, id),
  ])
  return answerTo(id, said) ?? unanswered('no valid answer')
}

/** Reads an answer that another server kept, and told. Undefined where it is none by the keys that its agent had. */
export const answerIn = async ({ id, signingKeys }: Awaited, frame: string): Promise<Answer | undefined> =>
  answerTo(id, (await openSigned(signingKeys, frame))?.said)

const answerTo = (id: string, said: Said | undefined): Answer | undefined =>
  said?.kind === 'answer' && said.nonce === id ? said.answer : undefined

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
  { agentId, id, seal }: { agentId: string; id: string; seal: Seal },
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
