import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Operation } from '@latchkey/protocol'
import { SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { traceparentHere } from '../traces/index.ts'
import {
  ANSWERED_WITHIN,
  type Asking,
  type Awaited,
  answerIn,
  type PasswordChange,
  REQUEST_LIVES,
  sendRequests,
  settleRequest,
  takeAnswer,
  takeBack,
  unanswered,
  type Way,
} from './requests.ts'
import { together } from './together.ts'

/** A request that waits looks by itself, too: what one server tells another can be lost. */
const LOOK = 500

/** A request that no link has taken by then goes to another agent. */
const UNSENT = SECOND

/** Who waits at this server for an answer, which came over one of its own links or is to be read. */
export interface Waiter extends Pick<Awaited, 'isChange'> {
  answer?: Answer
  /** The answer as its agent signed it, which another server kept, and told: until it is read. */
  frame?: string | undefined
  /** Ends when the answer that came is kept. Its request may be gone a moment before. */
  coming?: Promise<unknown>
  rung: PromiseWithResolvers<void>
}

export interface Asked {
  within?: number
  change?: PasswordChange
}

/** Asks agents, and waits for what they answer. */
export function openAsking(db: Db, means: () => Means, way: Way) {
  const waiting = new Map<string, Waiter>()
  const send = together((tenantId, asked: readonly Asking[]) => sendRequests(db, means(), { tenantId, asked }, way))
  const look = together((tenantId, awaited: readonly Awaited[]) =>
    inTenant(db, tenantId, trx => Promise.all(awaited.map(one => takeAnswer(trx, means(), one)))),
  )

  /** Nothing follows from it. One that is not removed now is removed in time. */
  const remove = together((tenantId, ids: readonly string[]) =>
    inTenant(db, tenantId, trx => trx.last(() => Promise.all(ids.map(id => settleRequest(trx, id))))),
  )

  async function ask(tenantId: string, operation: Operation, { within = ANSWERED_WITHIN, change }: Asked = {}) {
    const end = performance.now() + within
    const tried: string[] = []
    for (let last: Answer | { outcome: 'down' } = { outcome: 'down' }; ; ) {
      const left = end - performance.now()
      const lives = tried.length === 0 ? REQUEST_LIVES : left - (ANSWERED_WITHIN - REQUEST_LIVES)
      if (lives < SECOND) return last
      const { now, random } = means()
      const id = change?.id ?? random.uuid(now)
      // It may be answered before its sending has returned.
      const waiter: Waiter = { isChange: change !== undefined, rung: Promise.withResolvers() }
      waiting.set(id, waiter)
      try {
        const awaited = await send(tenantId, { id, operation, change, tried, lives, traceparent: traceparentHere() })
        if (!awaited) return last
        const answer = await answerTo(awaited, waiter, { end, tried })
        tried.push(awaited.agentId)
        if (answer === 'moved') continue
        if (!answer) return unanswered('the agent did not answer in time')
        if (!isOfThisAgent(answer)) return answer
        // Nothing was written: another agent may have another way to the directory.
        last = answer
      } finally {
        waiting.delete(id)
      }
    }
  }

  async function answerTo(
    awaited: Awaited,
    waiter: Waiter,
    { end, tried }: { end: number; tried: string[] },
  ): Promise<Answer | 'moved' | undefined> {
    const began = performance.now()
    const isMoved = () => inTenant(db, awaited.tenantId, trx => takeBack(trx, means(), awaited, tried))
    for (;;) {
      const left = end - performance.now()
      await Promise.race([waiter.rung.promise, sleep(Math.max(0, Math.min(LOOK, left)), undefined, { ref: false })])
      if (waiter.answer) return waiter.answer
      const { frame } = waiter
      // Read once: one that is none by the agent's keys stays none.
      waiter.frame = undefined
      const told = frame && (await answerIn(awaited, frame))
      if (told) {
        if (!waiter.isChange) void remove(awaited.tenantId, awaited.id).catch(() => {})
        return told
      }
      // Before it looks: what comes meanwhile rings again.
      waiter.rung = Promise.withResolvers()
      const answer = await look(awaited.tenantId, awaited)
      await waiter.coming
      if (waiter.answer ?? answer) return waiter.answer ?? answer
      if (left <= 0) return undefined
      if (performance.now() - began > UNSENT && (await isMoved())) return 'moved'
    }
  }

  /** Rings for who waits here. */
  function hear({ answered, frame }: { answered: string; frame?: string }) {
    const waiter = waiting.get(answered)
    if (!waiter) return
    if (frame) waiter.frame = frame
    waiter.rung.resolve()
  }

  return { ask, hear, waiterFor: (id: string) => waiting.get(id) }
}

/** Whether an answer tells of its agent alone, which has written nothing: its configuration, or its way to the directory. */
const isOfThisAgent = (answer: Answer) =>
  (answer.outcome === 'silent' && !answer.mayBeDone) ||
  (answer.outcome === 'failed' && [32_005, 33_009].includes(answer.code))
