import { isDeepStrictEqual } from 'node:util'
import type { Answer, Greeting, KeysReply, Operation, Purpose, Said, SyncReply, SyncStep } from '@latchkey/protocol'
import { sql } from 'kysely'
import type { WebSocket } from 'ws'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { type Clock, MINUTE, plus, SECOND } from '../clock.ts'
import type { Keyring, Means, Random } from '../crypto/index.ts'
import { inTenant, type Store, type Trx } from '../store/index.ts'
import { asPart } from '../traces/index.ts'
import { findAgent, rollKeys, signingKeysOf } from './agents.ts'
import { type Asked, openAsking, type Waiter } from './asking.ts'
import { openBell } from './bell.ts'
import { isFailure } from './events.ts'
import { type Answered, claimRequests, findUnanswered, keepAnswer, sealOutcome } from './requests.ts'
import { isProved, openSealing, openSigned, readHello } from './sealing.ts'
import { settleLost } from './settle.ts'
import { together } from './together.ts'

/** How long a new connection may take to say whose it is. */
const HELLO_WITHIN = 10 * SECOND

/** Between two beats. */
export const BEAT = 30 * SECOND

/** Events that an agent may write into the audit log within a minute. */
const EVENTS_A_MINUTE = 120

/** So many answers of one agent are kept at the same time: one that floods takes no more of the database. */
const KEPT_AT_ONCE = 50

/** Answers look so often, beside each beat, whether others were lost. */
const SETTLED_EVERY = 5 * SECOND

/** Who stands at the other end of a link. */
interface Peer {
  tenantId: string
  agentId: string
  name: string
  /** Those by which it signs on this link, the newest first. */
  signingKeys: unknown[]
  sealingKey: unknown
  purpose: Purpose
}

/** What takes the people that come over one link. */
interface Reception {
  hear(step: SyncStep): Promise<SyncReply>
  end(): Promise<void>
}

/** The links of agents to this server, and the way to all of them. */
export interface Links {
  /**
   * Asks an agent of the tenant, over the link that it has at any server. `down`: none has one. A word that did not come
   * in time is `silent`: nobody knows, and nothing is written later. `asked`: how many milliseconds to wait at most, and
   * whose password it sets; such a request stays on record until `settleRequest`.
   */
  ask(tenantId: string, operation: Operation, asked?: Asked): Promise<Answer | { outcome: 'down' }>
  /** Takes a connection, which proves by its key whose it is before anything else. */
  take(socket: WebSocket): void
  /** How many agents have a link to this server. */
  connected(): number
  close(): void
}

/** Opens the server's side of the links; nothing listens before the first. `receive`: takes the people that an agent brings. */
export function openLinks(
  store: Store,
  { clock, random, keys }: { clock: Clock; random: Random; keys: Keyring },
  receive: (agent: { tenantId: string; agentId: string }) => Reception,
): Links {
  const links = new Map<string, { socket: WebSocket; peer: Peer; sending: Promise<unknown> }>()
  const sockets = new Set<WebSocket>()
  let closing = false
  const means = (): Means => ({ now: clock(), random, keys })

  const bell = openBell(store, call => {
    if ('answered' in call) asking.hear(call)
    else if ('removed' in call) {
      for (const { socket, peer } of links.values()) if (peer.agentId === call.removed) socket.terminate()
    } else if (links.has(call.link)) void deliver(call.link, call.request).catch(() => {})
  })

  const seal = openSealing()
  const asking = openAsking(store, means, { seal, handOver: sendOver })

  const claim = together((tenantId, ids: readonly string[]) =>
    inTenant(store, tenantId, trx => claimRequests(trx, means(), ids)),
  )

  const keepAnswers = together((tenantId, answers: readonly Answered[]) =>
    inTenant(store, tenantId, trx =>
      Promise.all(
        answers.map(async answered => {
          const kept = await keepAnswer(trx, means(), answered)
          if (kept === 'late') await recordLate(trx, actOf(), answered)
          return kept
        }),
      ),
    ),
  )

  async function deliver(link: string, id: string) {
    const { peer } = links.get(link) ?? {}
    if (peer) await sendOver(link, () => claim(peer.tenantId, id))
  }

  /** Sends what this resolves with over a link of this server. An agent that leaves waits for what has begun. */
  function sendOver(link: string, sealed: () => Promise<string | undefined>): Promise<void> | undefined {
    const held = links.get(link)
    if (!held) return undefined
    const send = async () => {
      const frame = await sealed()
      if (frame) held.socket.send(frame)
    }
    const sending = send()
    held.sending = Promise.allSettled([held.sending, sending])
    return sending
  }

  /** Judges the first frame: the agent's key has signed what this connection was greeted with. */
  async function greet(link: string, frame: string): Promise<Peer | undefined> {
    const hello = readHello(frame)
    if (!hello) return undefined
    const { tenantId, agentId } = hello
    return inTenant(store, tenantId, async trx => {
      const agent = await findAgent(trx, agentId)
      const signed = agent && (await openSigned(signingKeysOf(agent, clock()), frame))
      if (!agent || signed?.link !== link || signed.number !== 0 || signed.said.kind !== 'hello') return undefined
      const { purpose, version } = signed.said
      if (purpose === 'work')
        await trx
          .updateTable('agents')
          .set({ link_id: linkId(link), last_beat_at: clock(), version })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', agentId)
          .execute()
      const { name, sealing_key: sealingKey } = agent
      return { tenantId, agentId, name, signingKeys: [signed.by], sealingKey, purpose }
    })
  }

  function take(socket: WebSocket) {
    sockets.add(socket)
    const id = random.uuid(clock())
    const link = `${id}.${random.token()}`
    let peer: Peer | undefined
    let reception: Reception | undefined
    let synchronizing: Promise<unknown> = Promise.resolve()
    // Answers do not wait behind what is told of them.
    let noting: Promise<unknown> = Promise.resolve()
    const keeping = new Set<Promise<void>>()
    let settled = clock()
    let number = 0
    let events = { since: 0, count: 0 }
    let heard = performance.now()
    const late = setTimeout(() => socket.terminate(), HELLO_WITHIN).unref()
    const watch = setInterval(() => {
      if (performance.now() - heard > 2 * BEAT + 5 * SECOND) return socket.terminate()
      pinged = performance.now()
      socket.ping()
    }, BEAT).unref()
    let pinged = performance.now()
    let latency: number | undefined
    socket.on('pong', () => {
      latency = Math.round(performance.now() - pinged)
    })
    // One frame after the other: their numbers count.
    let before: Promise<unknown> = Promise.resolve()
    socket.on('message', data => {
      const frame = data.toString()
      before = before.then(() => (peer ? hear(peer, frame) : enter(frame))).catch(() => socket.terminate())
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      sockets.delete(socket)
      clearTimeout(late)
      clearInterval(watch)
      links.delete(id)
      // After what is being stored.
      void before
        .then(() => synchronizing)
        .then(() => reception?.end())
        .catch(() => {})
      // The agents of a server that ends are at another within a second: requests wait for them until then.
      if (peer?.purpose === 'work' && !closing) void unlink(peer.tenantId, id).catch(() => {})
    })
    // The machine's clock, as in the end of a request.
    const greeting: Greeting = { link, now: Date.now() }
    socket.send(JSON.stringify(greeting))

    async function enter(frame: string) {
      await bell.start()
      peer = await greet(link, frame)
      if (!peer) return socket.close(4401, 'the key is unknown')
      clearTimeout(late)
      number = 1
      socket.send(JSON.stringify({ welcome: link }))
      reception = receive(peer)
      if (peer.purpose !== 'work') return
      links.set(id, { socket, peer, sending: Promise.resolve() })
      pinged = performance.now()
      socket.ping()
      await resume(peer)
    }

    /** Hands over what waits for the agent, and asks what became of what it had before. */
    async function resume({ tenantId, agentId }: Peer) {
      const found = await inTenant(store, tenantId, trx => findUnanswered(trx, means(), agentId))
      for (const { id: request, sent_at } of found) {
        if (sent_at === null) await deliver(id, request)
        else {
          const asked = await inTenant(store, tenantId, trx =>
            sealOutcome(trx, means(), { agentId, id: request, seal }),
          )
          if (asked) socket.send(asked)
        }
      }
    }

    async function hear(from: Peer, frame: string) {
      const signed = await openSigned(from.signingKeys, frame)
      // A frame that was repeated or made for another link ends this one.
      if (!signed || signed.link !== link || signed.number !== number) return socket.terminate()
      number += 1
      heard = performance.now()
      const { said } = signed
      const { tenantId } = from
      if (said.kind === 'beat') {
        if (!(await inTenant(store, tenantId, trx => beat(trx, from)))) return socket.terminate()
        await settleLost(store, actOf(), tenantId)
      } else if (said.kind === 'event') {
        if (mayRecord()) noting = noting.then(() => note(from, said)).catch(() => socket.terminate())
      } else if (said.kind === 'keys') {
        await roll(from, said)
      } else if (said.kind === 'sync') {
        // Answers of the directory do not wait behind it.
        synchronizing = bringOn(from, said).catch(() => socket.terminate())
      } else if (said.kind === 'leave') {
        const held = links.get(id)
        links.delete(id)
        await unlink(tenantId, id)
        await held?.sending
        socket.send(JSON.stringify({ left: link }))
      } else if (said.kind === 'answer') {
        while (keeping.size >= KEPT_AT_ONCE) await Promise.race(keeping)
        const waiter = asking.waiterFor(said.nonce)
        const kept: Promise<void> = keep(from, said, { frame, by: signed.by, waiter })
          .catch(() => socket.terminate())
          .finally(() => keeping.delete(kept))
        keeping.add(kept)
        // An agent may say it twice.
        if (waiter) waiter.coming = Promise.all([waiter.coming, kept])
      }
    }

    /** Keeps an answer, and hands it to who waits at this server. */
    async function keep(
      { tenantId, agentId, name: agentName }: Peer,
      { nonce, answer }: Extract<Said, { kind: 'answer' }>,
      heard: { frame: string; by: unknown; waiter: Waiter | undefined },
    ): Promise<void> {
      const came = await keepAnswers(tenantId, { agentId, agentName, linkId: id, id: nonce, answer, ...heard })
      if (heard.waiter && came !== 'again' && came !== 'ignored') {
        heard.waiter.answer = answer
        heard.waiter.rung.resolve()
      }
      if (came !== 'lost' && clock() < plus(settled, SETTLED_EVERY)) return
      settled = clock()
      await settleLost(store, actOf(), tenantId)
    }

    const note = (from: Peer, said: Extract<Said, { kind: 'event' }>) =>
      inTenant(store, from.tenantId, trx => recordEvent(trx, actOf(), from, said))

    function mayRecord(): boolean {
      if (performance.now() - events.since > MINUTE) events = { since: performance.now(), count: 0 }
      events.count += 1
      return events.count <= EVENTS_A_MINUTE
    }

    /** Takes the agent's next keys. The answer is sealed to the next one, so that an unusable one is never taken. */
    async function roll(from: Peer, { id: to, ...next }: Extract<Said, { kind: 'keys' }>): Promise<void> {
      const { tenantId, agentId } = from
      const sealed = (keys: KeysReply) => seal(next.sealingKey, { tenantId, agentId, to, keys })
      const [kept, failed] = await Promise.all([
        sealed({ outcome: 'kept' }),
        sealed({ outcome: 'failed', detail: 'the server does not take these keys' }),
      ])
      const by = from.signingKeys[0]
      const isTaken =
        mayRecord() &&
        (await isProved(next, { link, agentId })) &&
        (await inTenant(store, tenantId, trx => rollKeys(trx, actOf(), { ...next, id: agentId, by })))
      if (isTaken) {
        from.signingKeys = [next.signingKey, by]
        from.sealingKey = next.sealingKey
      }
      socket.send(isTaken ? kept : failed)
    }

    /** Takes a step of a synchronization; the agent waits for its answer before the next. */
    async function bringOn(
      { tenantId, agentId, sealingKey }: Peer,
      { id: to, step }: Extract<Said, { kind: 'sync' }>,
    ): Promise<void> {
      await synchronizing
      const reply = await reception!.hear(step)
      socket.send(await seal(sealingKey, { tenantId, agentId, to, reply }))
    }

    /** Notes a beat. Returns whether the agent is still one, by the key that this link was opened by. */
    async function beat(trx: Trx, { tenantId, agentId, signingKeys }: Peer): Promise<boolean> {
      const noted = await trx
        .updateTable('agents')
        .set({ last_beat_at: clock(), ...(latency !== undefined && { latency_ms: latency }) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', agentId)
        .returning(['signing_key', 'former_signing_key', 'former_ends_at'])
        .executeTakeFirst()
      return noted !== undefined && signingKeysOf(noted, clock()).some(key => isDeepStrictEqual(key, signingKeys[0]))
    }
  }

  const actOf = (): Act => {
    const { now } = means()
    return { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } }
  }

  /** The agent is down at once, unless it has a newer link. */
  const unlink = (tenantId: string, id: string) =>
    inTenant(store, tenantId, trx =>
      trx
        .updateTable('agents')
        .set({ link_id: null })
        .where('tenant_id', '=', tenantId)
        .where('link_id', '=', sql<string>`${id}`)
        .execute(),
    )

  return {
    async ask(tenantId, operation, asked) {
      await bell.start()
      return asPart({ kind: 'agent', name: `agent ${operation.kind}` }, () => asking.ask(tenantId, operation, asked))
    },
    take,
    connected: () => links.size,
    close() {
      closing = true
      bell.close()
      for (const socket of sockets) socket.terminate()
    },
  }
}

const linkId = (link: string) => link.split('.')[0]!

const recordEvent = (trx: Trx, act: Act, { agentId, name }: Peer, { event }: Extract<Said, { kind: 'event' }>) =>
  record(trx, act, {
    activity: 'agent.event',
    result: isFailure(event.code) ? 'failure' : 'success',
    reason: String(event.code),
    target: { id: agentId, name },
    details: { code: String(event.code), detail: event.detail },
  })

/** What became of a request, told after its person was told that nobody knows. */
const recordLate = (trx: Trx, act: Act, { agentId, agentName, answer: { outcome } }: Answered) =>
  record(trx, act, {
    activity: 'agent.answered_late',
    result: outcome === 'done' ? 'success' : 'failure',
    reason: outcome,
    target: { id: agentId, name: agentName },
  })
