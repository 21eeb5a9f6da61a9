import type { DirectoryGroup } from '@latchkey/protocol'
import type { Client, Entry, Filter } from 'ldapts'
import { anchorOf } from './anchors.ts'
import type { Configuration } from './configuration.ts'
import { readPages, textsOf } from './entries.ts'
import { allOf, anyOf, equals } from './filters.ts'

/** Groups of one answer of the directory: each may have many members. */
const PAGE = 100

/** The attributes that name members. Directories have one or the other. */
const MEMBERS = ['member', 'uniqueMember'] as const

/** Members that are looked for in one request. */
const TOGETHER = 100

/** A group with its members, people and groups that are brought, by their anchors. */
export interface FoundGroup extends DirectoryGroup {
  members: string[]
}

/** The anchor of each entry that was read, by its name in the directory: groups name their members so. */
export type Names = Map<string, string>

/** Narrows which groups a reading finds, and sees more of each entry. */
export interface GroupWatch {
  narrower?: string | Filter
  also: readonly string[]
  see(entry: Entry): void
}

/** A name of an entry in one writing: letters, spaces beside signs and escapes can differ. */
export const foldName = (dn: string): string =>
  dn
    .replace(/#'[01]*'B$/, '')
    .replace(/(?:\\[0-9a-f]{2})+/gi, bytes => {
      const text = Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8')
      return text.replace(/[,=+<>#;"\\]/g, sign => `\\${sign}`)
    })
    .replace(/\s*(?<!\\)([,=+])\s*/g, '$1')
    .toLowerCase()

/** The anchors of the groups in scope: which are there. `names` learns where, since groups are in groups. */
export async function readGroupEntries(
  configuration: Configuration,
  client: Client,
  names: Names,
): Promise<Set<string>> {
  const groups = new Set<string>()
  for await (const entries of read(configuration, client, undefined, []))
    for (const entry of entries) {
      const anchor = anchorOf(configuration, entry)
      if (!anchor) continue
      names.set(foldName(entry.dn), anchor)
      groups.add(anchor)
    }
  return groups
}

/** The groups in scope, or those of them that are watched for, with their members among `names`. */
export async function readGroups(
  configuration: Configuration,
  client: Client,
  names: Names,
  watch: GroupWatch = { also: [], see: () => {} },
): Promise<FoundGroup[]> {
  const groups: FoundGroup[] = []
  for await (const entries of read(configuration, client, watch.narrower, [...MEMBERS, ...watch.also]))
    for (const entry of entries) {
      watch.see(entry)
      const anchor = anchorOf(configuration, entry)
      if (!anchor) continue
      const found = (await membersOf(client, entry)).map(dn => names.get(foldName(dn)))
      const members = [...new Set(found.filter(one => one !== undefined && one !== anchor))] as string[]
      const [description] = textsOf(entry, 'description')
      const told = { anchor, displayName: nameOf(entry), description: description ?? null }
      groups.push({ ...told, isPopulated: members.length > 0, members })
    }
  return groups
}

/** The filters that find the groups in which one of these entries is. */
export function* groupsWith(dns: readonly string[]): Generator<Filter> {
  for (let at = 0; at < dns.length; at += TOGETHER)
    yield anyOf(dns.slice(at, at + TOGETHER).flatMap(dn => MEMBERS.map(attribute => equals(attribute, dn))))
}

async function* read(
  { base, anchor, groups }: Configuration,
  client: Client,
  narrower: string | Filter | undefined,
  wanted: readonly string[],
): AsyncGenerator<Entry[]> {
  if (!groups) return
  const filter = narrower === undefined ? groups.filter : allOf(groups.filter, narrower)
  const read = { base: groups.base || base, filter, anchor, attributes: ['cn', 'description', ...wanted], page: PAGE }
  yield* readPages(client, read)
}

const nameOf = (entry: Entry) => (textsOf(entry, 'cn')[0] ?? '').slice(0, 1_024)

/** All members of a group: Active Directory shows so many at once, and the range in the attribute's name. */
async function membersOf(client: Client, entry: Entry): Promise<string[]> {
  const members = MEMBERS.flatMap(attribute => textsOf(entry, attribute))
  for (let range = rangeIn(entry); range !== undefined; ) {
    members.push(...textsOf(entry, range.name))
    if (range.next === undefined) break
    const { searchEntries } = await client.search(entry.dn, {
      ...{ scope: 'base', filter: '(objectClass=*)', attributes: [`member;range=${range.next}-*`] },
    })
    entry = searchEntries[0] ?? { dn: entry.dn }
    range = rangeIn(entry)
  }
  return members
}

function rangeIn(entry: Entry): { name: string; next: number | undefined } | undefined {
  for (const name of Object.keys(entry)) {
    const [, last] = /^member;range=\d+-(\d+|\*)$/i.exec(name) ?? []
    if (last !== undefined) return { name, next: last === '*' ? undefined : Number(last) + 1 }
  }
  return undefined
}
