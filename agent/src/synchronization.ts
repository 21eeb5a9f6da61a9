import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  DirectoryEntry,
  DirectoryPerson,
  GroupChange,
  MembersPart,
  SealedReply,
  Share,
  SyncChange,
  SyncReply,
  SyncStep,
} from '@latchkey/protocol'
import type { Client } from 'ldapts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { withDirectory } from './directory.ts'
import { StateError } from './files.ts'
import { type FoundGroup, readGroupEntries, readGroups } from './groups.ts'
import { type Link, openLink } from './link.ts'
import { readEntries, readPeople, type Watch } from './people.ts'
import { type Identity, openState } from './state.ts'

/** People of one frame. */
const TOGETHER = 200

/** Anchors of one frame. */
const ANCHORS = 1_000

/** While another synchronization is at work, and after a server ended in the middle of one. */
const BUSY_AT_MOST = 75_000

/** A step is answered in this time, or not at all: the last one disables everybody who left. A dead link ends it sooner. */
const ANSWERED_WITHIN = 600_000

export const acts = ['add', 'join', 'change', 'enable', 'disable', 'skip'] as const
export type Counts = Record<SyncChange['act'], number>

/** The directory and the server agree now, or `stopped`: the brake. */
export type Synchronized =
  | { outcome: 'done'; counts: Counts; groups: number }
  | ({ outcome: 'stopped'; groups?: Share } & Share)

/** Who is there, and what of them has changed: all of them, or those since the last time. */
export interface Source {
  mode: 'whole' | 'changes'
  entries: AsyncIterable<DirectoryEntry[]> | Iterable<DirectoryEntry[]>
  gone: readonly string[]
  people: AsyncIterable<DirectoryPerson[]> | Iterable<DirectoryPerson[]>
  /** Asked for after all entries, whose names in the directory are known then. Undefined: groups are not brought. */
  groups: (() => Promise<readonly FoundGroup[]>) | undefined
}

/** Everybody in scope. `watch`: what a later look for changes has to know of each entry. */
export function wholeOf(configuration: Configuration, client: Client, watch?: Watch): Source {
  const names = configuration.groups && new Map<string, string>()
  return {
    mode: 'whole',
    entries: readEntries(configuration, client, names),
    gone: [],
    people: readPeople(configuration, client, watch),
    groups:
      names &&
      (async () => {
        await readGroupEntries(configuration, client, names)
        return readGroups(configuration, client, names, watch)
      }),
  }
}

/** Brings people to the server, one step after the other. */
export interface Courier {
  /** `byItself`: nothing is brought before somebody has done it by hand, and so was told what it would do. */
  bring(source: Source, told: Told): Promise<Synchronized | undefined>
  /** Takes an answer of the server. False: nobody waits for it, so it came again or is another's. */
  hear(reply: SealedReply): boolean
}

export interface Told {
  dryRun?: boolean
  byItself?: boolean
  tell(change: SyncChange): void
  tellGroup?(change: GroupChange): void
}

/** Brings people over the link that `current` gives, at each step the one of the moment. */
export function createCourier(identity: Identity, current: () => Link | undefined): Courier {
  let awaited: { id: string; answer(reply: SyncReply): void } | undefined

  function hear({ tenantId, agentId, to, reply }: SealedReply): boolean {
    if (tenantId !== identity.tenantId || agentId !== identity.agentId || to !== awaited?.id) return false
    awaited.answer(reply)
    awaited = undefined
    return true
  }

  async function ask(step: SyncStep): Promise<SyncReply> {
    const link = current()
    if (!link) throw new StateError('the server cannot be reached')
    const id = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<SyncReply>()
    awaited = { id, answer: resolve }
    void link.ended.then(why => reject(new StateError(`the link to the server ended: ${why}`)))
    const late = setTimeout(() => reject(new StateError('the server did not answer in time')), ANSWERED_WITHIN)
    try {
      await link.say({ kind: 'sync', id, step })
      const reply = await promise
      if (reply.outcome === 'failed') throw new StateError(reply.detail)
      return reply
    } finally {
      clearTimeout(late)
    }
  }

  /** Returns whether it may go on. */
  async function begin({ mode, groups }: Source, { dryRun = false, byItself = false }: Told): Promise<boolean> {
    for (const until = performance.now() + BUSY_AT_MOST; ; ) {
      const reply = await ask({ name: 'begin', mode, dryRun, byItself, groups: groups !== undefined })
      if (reply.outcome === 'ready') return reply.begun
      // Another agent of the company brings the same.
      if (byItself) return false
      if (performance.now() > until) throw new StateError('another synchronization is at work')
      await sleep(1_000)
    }
  }

  async function bring(source: Source, told: Told) {
    const counts = Object.fromEntries(acts.map(act => [act, 0])) as Counts
    let changed = 0
    const note = (reply: SyncReply) => {
      if (reply.outcome !== 'done') throw new StateError('the server answered something else')
      for (const change of reply.changes) {
        counts[change.act] += 1
        told.tell(change)
      }
      for (const change of reply.groups ?? []) {
        if (change.act !== 'skip') changed += 1
        told.tellGroup?.(change)
      }
    }
    if (!(await begin(source, told))) return undefined
    for await (const entries of source.entries)
      for (const some of chunks(entries, ANCHORS)) await ask({ name: 'entries', entries: some })
    for (const anchors of chunks(source.gone, ANCHORS)) await ask({ name: 'gone', anchors })
    const groups = (await source.groups?.()) ?? []
    for (const some of chunks(groups, TOGETHER))
      await ask({ name: 'groups', groups: some.map(({ members: _, ...group }) => group) })
    const judged = await ask({ name: 'judge' })
    if (judged.outcome === 'stopped') return judged
    for await (const people of source.people)
      for (const some of chunks(people, TOGETHER)) note(await ask({ name: 'people', people: some }))
    for (const parts of framesOf(groups)) note(await ask({ name: 'members', parts }))
    note(await ask({ name: 'end' }))
    return { outcome: 'done', counts, groups: changed } as const
  }

  return { bring, hear }
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
  let link: Link | undefined
  try {
    const state = await openState(folder)
    const courier = createCourier(state.identity, () => link)
    link = await openLink<SealedReply>(state, 'sync', courier.hear, () => {})
    const configuration = readConfiguration(folder)
    const tell = ({ act, userPrincipalName, why }: SyncChange) =>
      print([act, plain(userPrincipalName), ...(why === undefined ? [] : [why])].join(' '))
    const tellGroup = ({ act, displayName, why }: GroupChange) =>
      print(['group', act, JSON.stringify(displayName), ...(why === undefined ? [] : [why])].join(' '))
    const result = await withDirectory(configuration, client =>
      courier.bring(wholeOf(configuration, client), { dryRun, tell, tellGroup }),
    )
    if (result?.outcome === 'stopped') {
      print(`stopped: ${stopIn(result)}, and nothing has changed.`)
      return 3
    }
    const groups = configuration.groups ? ` groups=${result!.groups}` : ''
    print(`${dryRun ? 'would' : 'total'} ${countsIn(result!.counts)}${groups}`)
    return 0
  } catch (error) {
    return failed(error)
  } finally {
    link?.end()
  }
}

export const countsIn = (counts: Counts) => acts.map(act => `${act}=${counts[act]}`).join(' ')

/** What the brake has stopped. */
export const stopIn = ({ leaving, of, groups }: Extract<Synchronized, { outcome: 'stopped' }>) =>
  [
    `${leaving} of ${of} people would be disabled`,
    ...(groups ? [`${groups.leaving} of ${groups.of} groups would lose all members`] : []),
  ].join(', ')

/** The members of groups, so many in a frame; those of a large group go on in the next. */
function* framesOf(groups: readonly FoundGroup[]): Generator<MembersPart[]> {
  let frame: MembersPart[] = []
  let left = ANCHORS
  for (const { anchor, members } of groups) {
    for (let at = 0; at === 0 || at < members.length; ) {
      const some = members.slice(at, at + left)
      at += Math.max(some.length, 1)
      frame.push({ of: anchor, members: some, continues: at < members.length })
      left -= some.length
      if (left > 0 && frame.length < TOGETHER) continue
      yield frame
      frame = []
      left = ANCHORS
    }
  }
  if (frame.length > 0) yield frame
}

/** A name in one line of a terminal. */
const plain = (name: string) => name.replace(/[^\x21-\x7e]/g, '?')

function* chunks<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
