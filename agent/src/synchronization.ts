import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, DirectoryEntry, SealedReply, SyncChange, SyncReply, SyncStep } from '@latchkey/protocol'
import type { Client } from 'ldapts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { withDirectory } from './directory.ts'
import { type Link, openLink } from './link.ts'
import { readEntries, readPeople } from './people.ts'
import { openState, StateError } from './state.ts'

/** People of one frame. */
const TOGETHER = 200

/** Anchors of one frame. */
const ANCHORS = 1_000

/** While another synchronization is at work, and after a server ended in the middle of one. */
const BUSY_AT_MOST = 75_000

/** A step is answered in this time, or not at all. */
const ANSWERED_WITHIN = 60_000

export const acts = ['add', 'join', 'change', 'enable', 'disable', 'skip'] as const
export type Counts = Record<SyncChange['act'], number>

/** The directory and the server agree now, or `stopped`: the brake. */
export type Synchronized = { outcome: 'done'; counts: Counts } | { outcome: 'stopped'; leaving: number; of: number }

/** Who is there, and what of them has changed: all of them, or those since the last time. */
export interface Source {
  mode: 'whole' | 'changes'
  entries(client: Client): AsyncIterable<DirectoryEntry[]>
  gone: readonly string[]
  people(client: Client): ReturnType<typeof readPeople>
}

/** Everybody in scope. */
export const wholeOf = (configuration: Configuration): Source => ({
  mode: 'whole',
  entries: client => readEntries(configuration, client),
  gone: [],
  people: client => readPeople(configuration, client),
})

/** Brings people to the server over a link of its own, one step after the other. */
export interface Courier {
  bring(configuration: Configuration, source: Source, told: Told): Promise<Synchronized>
  /** Whether one was done before, as the server said at the last beginning. */
  begun: boolean
  end(): void
}

export interface Told {
  dryRun: boolean
  tell(change: SyncChange): void
}

/** Opens the link. Throws where the server cannot be reached, or does not know the key. */
export async function openCourier(folder: string, tell: (event: AgentEvent) => void): Promise<Courier> {
  const state = await openState(folder)
  let answer: ((reply: SyncReply) => void) | undefined
  let begun = false
  const link: Link = await openLink<SealedReply>(
    state,
    'sync',
    ({ tenantId, agentId, reply }) => {
      if (tenantId === state.identity.tenantId && agentId === state.identity.agentId) answer?.(reply)
    },
    tell,
  )
  const ended = link.ended.then(why => {
    throw new StateError(`the link to the server ended: ${why}`)
  })
  ended.catch(() => {})

  async function ask(step: SyncStep): Promise<SyncReply> {
    const replied = new Promise<SyncReply>(resolve => {
      answer = resolve
    })
    await link.say({ kind: 'sync', step })
    const late = sleep(ANSWERED_WITHIN, undefined, { ref: false }).then(() => {
      throw new StateError('the server did not answer in time')
    })
    const reply = await Promise.race([replied, ended, late])
    if (reply.outcome === 'failed') throw new StateError(reply.detail)
    return reply
  }

  async function begin(mode: Source['mode'], dryRun: boolean) {
    for (const until = performance.now() + BUSY_AT_MOST; ; ) {
      const reply = await ask({ name: 'begin', mode, dryRun })
      if (reply.outcome === 'ready') {
        begun = reply.begun
        return
      }
      if (performance.now() > until) throw new StateError('another synchronization is at work')
      await sleep(1_000)
    }
  }

  async function bring(configuration: Configuration, source: Source, { dryRun, tell }: Told): Promise<Synchronized> {
    const counts = Object.fromEntries(acts.map(act => [act, 0])) as Counts
    const note = (reply: SyncReply) => {
      if (reply.outcome !== 'done') throw new StateError('the server answered something else')
      for (const change of reply.changes) {
        counts[change.act] += 1
        tell(change)
      }
    }
    return withDirectory(configuration, async client => {
      await begin(source.mode, dryRun)
      for await (const entries of source.entries(client))
        for (const some of chunks(entries, ANCHORS)) await ask({ name: 'entries', entries: some })
      for (const anchors of chunks(source.gone, ANCHORS)) await ask({ name: 'gone', anchors })
      const judged = await ask({ name: 'judge' })
      if (judged.outcome === 'stopped') return judged
      for await (const people of source.people(client))
        for (const some of chunks(people, TOGETHER)) note(await ask({ name: 'people', people: some }))
      note(await ask({ name: 'end' }))
      return { outcome: 'done', counts }
    })
  }

  return {
    bring,
    get begun() {
      return begun
    },
    end: () => link.end(),
  }
}

/**
 * Brings everybody in scope once, and prints a line a change and a last one with the counts. Returns the exit code: 0
 * done, 1 failed, 3 stopped by the brake. A dry run says what would change.
 */
export async function synchronizeOnce(folder: string, dryRun: boolean, print: (line: string) => void): Promise<number> {
  const failed = (error: unknown) => {
    process.stderr.write(`The synchronization failed: ${(error as Error).message}\n`)
    return 1
  }
  const courier = await openCourier(folder, () => {}).catch(failed)
  if (typeof courier === 'number') return courier
  try {
    const configuration = readConfiguration(folder)
    const tell = ({ act, userPrincipalName, why }: SyncChange) =>
      print([act, plain(userPrincipalName), ...(why === undefined ? [] : [why])].join(' '))
    const result = await courier.bring(configuration, wholeOf(configuration), { dryRun, tell })
    if (result.outcome === 'stopped') {
      print(`stopped: ${result.leaving} of ${result.of} people would be disabled, and nothing has changed.`)
      return 3
    }
    print(`${dryRun ? 'would' : 'total'} ${countsIn(result.counts)}`)
    return 0
  } catch (error) {
    return failed(error)
  } finally {
    courier.end()
  }
}

export const countsIn = (counts: Counts) => acts.map(act => `${act}=${counts[act]}`).join(' ')

/** A name in one line of a terminal. */
const plain = (name: string) => name.replace(/[^\x21-\x7e]/g, '?')

function* chunks<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
