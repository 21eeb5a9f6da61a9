import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, SealedReply, SealedRequest } from '@latchkey/protocol'
import { readConfiguration } from './configuration.ts'
import { keepConnections } from './connections.ts'
import { printEvent } from './events.ts'
import { createFollower, follow } from './following.ts'
import { tendKeys } from './keys.ts'
import { BEAT, keepLink, type Link, openLink } from './link.ts'
import { openOutcomes } from './outcomes.ts'
import { serve } from './requests.ts'
import { openState } from './state.ts'
import { createCourier } from './synchronization.ts'
import { openTraces } from './traces.ts'

/** How long the end waits for what is being carried out. */
const DRAIN = 4_000

/** The server keeps so many events of an agent within a minute: the others stand in the agent's own log alone. */
const EVENTS_A_MINUTE = 120
const MINUTE = 60_000

/** Works for the server until SIGTERM or SIGINT. */
export async function run(folder: string): Promise<void> {
  const state = await openState(folder)
  const traces = await openTraces(process.env, why =>
    printEvent({ code: 32_015, detail: `traces could not be exported: ${why}` }),
  )
  const outcomes = openOutcomes(join(folder, 'outcomes.jsonl'))
  let link: Link | undefined
  let told = { since: 0, count: 0 }
  const tell = async (event: AgentEvent) => {
    printEvent(event)
    if (!link) return
    if (performance.now() - told.since > MINUTE) told = { since: performance.now(), count: 0 }
    told.count += 1
    if (told.count <= EVENTS_A_MINUTE) await link.say({ kind: 'event', event }).catch(() => {})
  }
  let fault = ''
  const tellFault = (why: string) => {
    if (why !== fault) tell({ code: 32_010, detail: `the keys could not be rolled: ${why}` })
    fault = why
  }
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())
  const wait = (milliseconds: number) => sleep(milliseconds, undefined, { signal: stopping.signal }).catch(() => {})
  const skew = () => link?.skew ?? 0
  const connections = keepConnections()
  const configuration = () => readConfiguration(folder)
  const desk = { identity: state.identity, configuration, outcomes, connections, skew, tell, traced: traces.traced }
  const courier = createCourier(state.identity, () => link)
  let isFollowing = false
  const running = new Set<Promise<unknown>>()
  printEvent({ code: 31_015, detail: 'the agent has started' })
  const open = async () => {
    link = await openLink<SealedRequest | SealedReply>(
      state,
      'work',
      request => {
        if ('reply' in request) {
          if (!courier.hear(request))
            tell({ code: 32_003, detail: 'replay: an answer to a synchronization came again' })
          return
        }
        const { traceparent, operation } = request
        const serving = traces
          .traced({ name: `carry out ${operation.kind}`, traceparent }, () => serve(desk, request))
          // By the newest link: the one that the request came over may be gone.
          .then(async served => {
            if (!served) return
            const { event, ...answered } = served
            const saying = link?.say({ kind: 'answer', ...answered })
            await Promise.allSettled([saying, event && tell(event)])
          })
          .catch(() => {})
          .finally(() => running.delete(serving))
        running.add(serving)
      },
      tell,
    )
    printEvent({ code: 31_019, detail: `the link to ${new URL(state.identity.server).host} is up` })
    const up = link
    const tend = () => tendKeys(folder, state.keys, up, tell).catch(error => tellFault((error as Error).message))
    void tend()
    const tending = setInterval(tend, BEAT)
    void up.ended.then(() => clearInterval(tending))
    if (!isFollowing) void follow(createFollower(folder, courier), { stop: stopping.signal, wait }, printEvent)
    isFollowing = true
    return link
  }
  const drained = async () => {
    await new Promise(resolve => stopping.signal.addEventListener('abort', resolve, { once: true }))
    await link?.leave().catch(() => {})
    await Promise.race([Promise.all(running), sleep(DRAIN)])
  }
  const draining = drained()
  await keepLink(open, { stop: stopping.signal, drained: draining, wait }, printEvent)
  connections.close()
  outcomes.close()
  await traces.close()
  printEvent({ code: 31_016, detail: 'the agent has stopped' })
}
