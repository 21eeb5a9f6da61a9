import { createHash } from 'node:crypto'
import type { AgentEvent, DirectoryPerson } from '@latchkey/protocol'
import type { Client, Entry, Filter } from 'ldapts'
import { byAnchor } from './anchors.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { withDirectory } from './directory.ts'
import { anyOf, atLeast } from './filters.ts'
import { type FoundGroup, groupsWith, type Names, readGroupEntries, readGroups } from './groups.ts'
import { readEntries, readPeople, type Watch } from './people.ts'
import { type Courier, countsIn, type Source, type Synchronized, stopIn, wholeOf } from './synchronization.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

/** Between two looks; a directory in which a look takes long rests ten times as long, up to most of a minute. */
const SHORTEST = 10 * SECOND
const LONGEST = 45 * SECOND

/** Everybody is brought again after this, should a change have been missed. */
const WHOLE_AFTER = 24 * HOUR

/** Other servers of the directory may bring a change that much later than its time. */
const BEHIND = 5 * 60 * SECOND

/** More changes than this at once are as good as everybody. */
const CHANGES_AT_MOST = 5_000

/** Entries that are read by their anchor in one request. */
const TOGETHER = 100

/** Codes of our own, beside those of self-service password reset, §9.8. */
const [DONE, STOPPED, FAILED] = [34_001, 34_002, 34_003]

/** What is known of the directory since everybody was brought. */
interface Followed {
  /** The configuration, and where numbers of changes count at one server alone, that server. */
  of: string
  wholeAt: number
  anchors: Set<string>
  /** Where the next look for changes begins: a time, or a number of changes. */
  since: string
  /** What was brought of each entry that changed last, so that nothing is brought twice. */
  brought: Map<string, string>
  /** The groups that are there, by anchor, each with a digest of what was brought of it last. */
  groups: Map<string, string>
}

/** Follows the directory: everybody at first, and then who changes, comes and goes. */
export interface Follower {
  /** Looks once, and brings what has changed. */
  look(): Promise<Synchronized | 'unchanged' | 'unbegun'>
}

export function createFollower(folder: string, courier: Courier): Follower {
  let followed: Followed | undefined

  async function look(): ReturnType<Follower['look']> {
    const configuration = readConfiguration(folder)
    return withDirectory(configuration, async client => {
      const { of, now } = await stateOf(configuration, client)
      const isFresh = followed?.of === of && Date.now() - followed.wholeAt < WHOLE_AFTER
      const found = isFresh ? await findChanges(configuration, client, followed!) : undefined
      if (found === 'unchanged') return 'unchanged'
      const next: Followed = found?.next ?? {
        ...{ of, wholeAt: Date.now(), anchors: new Set(), since: now ?? '', brought: new Map() },
        groups: new Map(),
      }
      const source = found?.source ?? watched(configuration, client, next)
      const result = await courier.bring(source, { byItself: true, tell: () => {} })
      if (result?.outcome === 'done') followed = next
      return result ?? 'unbegun'
    })
  }
  return { look }
}

/** Until when a directory is followed, and how an agent waits before its next look: so many milliseconds. */
interface Following {
  stop: AbortSignal
  wait(milliseconds: number): Promise<unknown>
}

/** Looks again and again until `stop`, and tells what came of it. The same fault is told once. */
export async function follow(
  follower: Follower,
  { stop, wait }: Following,
  tell: (event: AgentEvent) => void,
): Promise<void> {
  let last = ''
  const tellOnce = (event: AgentEvent) => {
    if (event.detail !== last) tell(event)
    last = event.detail
  }
  while (!stop.aborted) {
    const began = performance.now()
    let rest = SHORTEST
    try {
      const result = await follower.look()
      rest = Math.min(Math.max(SHORTEST, 10 * (performance.now() - began)), LONGEST)
      if (result === 'unbegun') rest = LONGEST
      if (typeof result === 'string') last = ''
      else if (result.outcome === 'stopped')
        tellOnce({
          code: STOPPED,
          detail: `a synchronization was stopped: ${stopIn(result)}`,
        })
      else {
        last = ''
        const isNews = Object.entries(result.counts).some(([act, count]) => act !== 'skip' && count > 0)
        if (isNews || result.groups > 0)
          tell({ code: DONE, detail: `synchronized: ${countsIn(result.counts)} groups=${result.groups}` })
      }
    } catch (error) {
      if (!stop.aborted) tellOnce({ code: FAILED, detail: `a synchronization failed: ${(error as Error).message}` })
    }
    await wait(rest * (0.9 + Math.random() / 10))
  }
}

/** What changes are counted by. Active Directory numbers them, at each domain controller for itself. */
async function stateOf(configuration: Configuration, client: Client): Promise<{ of: string; now: string | undefined }> {
  const { servers: _, ...scope } = configuration
  const of = JSON.stringify(scope)
  if (configuration.kind !== 'active-directory') return { of, now: undefined }
  const { searchEntries } = await client.search('', {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['dsServiceName', 'highestCommittedUSN'] },
  })
  const root = searchEntries[0]
  return { of: `${of} ${root?.dsServiceName}`, now: String(root?.highestCommittedUSN ?? '0') }
}

const attributeOf = ({ kind }: Configuration) => (kind === 'active-directory' ? 'uSNChanged' : 'modifyTimestamp')

/** Everybody, noted as they are read. */
function watched(configuration: Configuration, client: Client, next: Followed): Source {
  const source = wholeOf(configuration, client, watchFor(configuration, next))
  const groups =
    source.groups &&
    (async () => {
      const found = await source.groups!()
      for (const group of found) noteGroup(next, group)
      return found
    })
  return { ...source, entries: noted(source.entries, next.anchors), groups }
}

const noteGroup = ({ groups }: Followed, group: FoundGroup) => groups.set(group.anchor, digestOf(group))

/** Groups can be large: what was brought of them is known by this alone. */
const digestOf = (group: FoundGroup) => createHash('sha256').update(JSON.stringify(group)).digest('base64')

async function* noted(entries: Source['entries'], anchors: Set<string>) {
  for await (const some of entries) {
    for (const [anchor] of some) anchors.add(anchor)
    yield some
  }
}

/** Moves `since` on with each entry that is read. Numbers of changes move with the directory's own, and not with entries. */
function watchFor(configuration: Configuration, next: Followed, narrower?: string | Filter): Watch {
  const attribute = attributeOf(configuration)
  return {
    ...(narrower !== undefined && { narrower }),
    also: [attribute],
    see(entry: Entry) {
      const at = String(entry[attribute] ?? '')
      if (configuration.kind !== 'active-directory' && at > next.since) next.since = at
    },
  }
}

/** Finds who has changed, come or gone since the last look. Undefined: so many that everybody is brought. */
async function findChanges(
  configuration: Configuration,
  client: Client,
  followed: Followed,
): Promise<{ source: Source; next: Followed } | 'unchanged' | undefined> {
  const { now } = await stateOf(configuration, client)
  const next: Followed = { ...followed, anchors: new Set(), since: now ?? followed.since, brought: new Map() }
  const names = configuration.groups && new Map<string, string>()
  for await (const entries of readEntries(configuration, client, names))
    for (const [anchor] of entries) next.anchors.add(anchor)
  const people = new Map<string, DirectoryPerson>()
  const read = async (narrower: string | Filter) => {
    for await (const some of readPeople(configuration, client, watchFor(configuration, next, narrower)))
      for (const person of some) people.set(person.anchor, person)
  }
  if (followed.since !== '') await read(atLeast(attributeOf(configuration), beginningOf(configuration, followed.since)))
  // Who came into scope by the move of a folder has not changed.
  const come = [...next.anchors].filter(anchor => !followed.anchors.has(anchor) && !people.has(anchor))
  if (people.size + come.length > CHANGES_AT_MOST) return undefined
  for (let at = 0; at < come.length; at += TOGETHER)
    await read(anyOf(come.slice(at, at + TOGETHER).map(anchor => byAnchor(configuration, anchor))))
  for (const [anchor, person] of people) next.brought.set(anchor, JSON.stringify(person))
  const changed = [...people.values()].filter(({ anchor }) => followed.brought.get(anchor) !== next.brought.get(anchor))
  const groups = names && (await findChangedGroups(configuration, client, { followed, next, names }))
  const left = [...followed.anchors].filter(anchor => !next.anchors.has(anchor))
  const gone = [...left, ...(groups?.gone ?? [])]
  if (changed.length === 0 && gone.length === 0 && (groups?.changed ?? []).length === 0) {
    Object.assign(followed, next)
    return 'unchanged'
  }
  const entries = changed.map(
    ({ anchor, userPrincipalName, enabled }) => [anchor, userPrincipalName, enabled] as [string, string, boolean],
  )
  const source: Source = { mode: 'changes', entries: [entries], gone, people: [changed], groups: undefined }
  return { source: { ...source, groups: groups && (async () => groups.changed) }, next }
}

/** Finds the groups that have changed, come or gone, or in which somebody is who has come. */
async function findChangedGroups(
  configuration: Configuration,
  client: Client,
  { followed, next, names }: { followed: Followed; next: Followed; names: Names },
): Promise<{ changed: FoundGroup[]; gone: string[] }> {
  const there = await readGroupEntries(configuration, client, names)
  const found = new Map<string, FoundGroup>()
  const read = async (narrower: string | Filter) => {
    for (const group of await readGroups(configuration, client, names, watchFor(configuration, next, narrower)))
      found.set(group.anchor, group)
  }
  if (followed.since !== '') await read(atLeast(attributeOf(configuration), beginningOf(configuration, followed.since)))
  const fresh = [...there].filter(anchor => !followed.groups.has(anchor) && !found.has(anchor))
  for (let at = 0; at < fresh.length; at += TOGETHER)
    await read(anyOf(fresh.slice(at, at + TOGETHER).map(anchor => byAnchor(configuration, anchor))))
  const isKnown = (anchor: string) => followed.anchors.has(anchor) || followed.groups.has(anchor)
  const dns = [...names].flatMap(([dn, anchor]) => (isKnown(anchor) ? [] : [dn]))
  for (const filter of groupsWith(dns)) await read(filter)
  next.groups = new Map([...followed.groups].filter(([anchor]) => there.has(anchor)))
  for (const group of found.values()) noteGroup(next, group)
  return {
    changed: [...found.values()].filter(({ anchor }) => followed.groups.get(anchor) !== next.groups.get(anchor)),
    gone: [...followed.groups.keys()].filter(anchor => !there.has(anchor)),
  }
}

/** A time goes back by what other servers may be behind; a number of changes goes on. */
function beginningOf({ kind }: Configuration, since: string): string {
  if (kind === 'active-directory') return String(BigInt(since) + 1n)
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(since) ?? []
  if (second === undefined) return since
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  return `${new Date(at - BEHIND).toISOString().replace(/[-:T]|\.\d+/g, '')}`
}
