import type { DirectoryEntry, DirectoryPerson } from '@latchkey/protocol'
import type { Client, Entry, Filter } from 'ldapts'
import { anchorOf } from './anchors.ts'
import type { AttributeName, Configuration } from './configuration.ts'
import { textsOf as allTextsOf, readPages } from './entries.ts'
import { allOf } from './filters.ts'
import { foldName, type Names } from './groups.ts'
import { findGuarded } from './guarded.ts'
import { schemaOf } from './policySchema.ts'

/** Entries of one answer of the directory. */
const PAGE = 500

/** Longer values are none that people have. */
const LONGEST = 1_024

/** By which attributes a kind of directory says whether an entry is enabled or locked. */
const statesOf = (configuration: Configuration): readonly string[] =>
  configuration.kind === 'active-directory'
    ? ['userAccountControl', 'msDS-User-Account-Control-Computed', 'primaryGroupID', 'adminCount']
    : schemaOf(configuration).states

const DISABLED = 2
const LOCKED = 16

/** The entries in scope in short: who is there. An entry without anchor or name is nobody. `names` learns where they are. */
export async function* readEntries(
  configuration: Configuration,
  client: Client,
  names?: Names,
): AsyncGenerator<DirectoryEntry[]> {
  const name = nameOf(configuration)
  const { base, filter, anchor } = configuration
  const wanted = [name, ...statesOf(configuration)]
  for await (const entries of readPages(client, { base, filter, anchor, attributes: wanted, page: PAGE }))
    yield entries.flatMap((entry): DirectoryEntry[] => {
      const anchor = anchorOf(configuration, entry)
      const [userPrincipalName] = textsOf(entry, name)
      if (anchor && userPrincipalName) names?.set(foldName(entry.dn), anchor)
      return anchor && userPrincipalName ? [[anchor, userPrincipalName, isEnabled(configuration, entry)]] : []
    })
}

/** Narrows whom a reading finds, and sees more of each entry. */
export interface Watch {
  /** A filter beside that of the configuration. */
  narrower?: string | Filter
  /** Attributes that `see` reads. */
  also: readonly string[]
  see(entry: Entry): void
}

/** The people in scope, or those of them that are watched for. */
export async function* readPeople(
  configuration: Configuration,
  client: Client,
  { narrower, also, see }: Watch = { also: [], see: () => {} },
): AsyncGenerator<DirectoryPerson[]> {
  const { base, filter, anchor, attributes } = configuration
  const guarded = await findGuarded(configuration, client)
  const wanted = [...Object.values(attributes), ...statesOf(configuration), ...also]
  const narrowed = narrower === undefined ? filter : allOf(filter, narrower)
  for await (const entries of readPages(client, { base, filter: narrowed, anchor, attributes: wanted, page: PAGE }))
    yield entries.flatMap(entry => {
      see(entry)
      const anchor = anchorOf(configuration, entry)
      const [userPrincipalName] = textsOf(entry, nameOf(configuration))
      if (!anchor || !userPrincipalName) return []
      const state = { enabled: isEnabled(configuration, entry), locked: isLockedOut(configuration, entry) }
      return [{ anchor, userPrincipalName, ...state, guarded: guarded(entry), ...toldBy(configuration, entry) }]
    })
}

const nameOf = ({ attributes }: Configuration) => attributes.userPrincipalName ?? 'mail'

const textsOf = (entry: Entry, attribute: string) =>
  allTextsOf(entry, attribute).filter(({ length }) => length <= LONGEST)

function isEnabled(configuration: Configuration, entry: Entry): boolean {
  if (configuration.kind === 'active-directory') return (Number(entry.userAccountControl ?? 0) & DISABLED) === 0
  return !schemaOf(configuration).isSwitchedOff(entry)
}

function isLockedOut(configuration: Configuration, entry: Entry): boolean {
  if (configuration.kind === 'active-directory')
    return (Number(entry['msDS-User-Account-Control-Computed'] ?? 0) & LOCKED) !== 0
  return schemaOf(configuration).isLocked(entry, undefined)
}

/** What the entry says, by the names that `/v1.0` has; of an attribute that nobody named, nothing. */
function toldBy({ attributes }: Configuration, entry: Entry): Partial<DirectoryPerson> {
  const one = (name: AttributeName) => attributes[name] && { [name]: textsOf(entry, attributes[name])[0] ?? null }
  const all = (name: AttributeName) => attributes[name] && { [name]: textsOf(entry, attributes[name]).slice(0, 20) }
  return {
    ...one('displayName'),
    ...one('givenName'),
    ...one('surname'),
    ...one('mail'),
    ...one('mobilePhone'),
    ...all('businessPhones'),
    ...all('otherMails'),
  }
}
