import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { StateError } from './files.ts'

/** What of a person is brought to the server, by the names that `/v1.0` has. */
export const attributeNames = [
  'userPrincipalName',
  'displayName',
  'givenName',
  'surname',
  'mail',
  'mobilePhone',
  'businessPhones',
  'otherMails',
] as const
export type AttributeName = (typeof attributeNames)[number]

interface Preset {
  /** The attribute that stays when an entry is renamed or moved. */
  anchor: string
  filter: string
  attributes: Partial<Record<AttributeName, string>>
  /** Which entries are groups. */
  groupFilter: string
}

const person: Preset['attributes'] = {
  userPrincipalName: 'mail',
  displayName: 'cn',
  givenName: 'givenName',
  surname: 'sn',
  mail: 'mail',
  mobilePhone: 'mobile',
  businessPhones: 'telephoneNumber',
}

const NAMES = '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))'

/** What the kinds of directories have in common; `agent.json` overrides each line. */
const presets = {
  openldap: {
    ...{ anchor: 'entryUUID', filter: '(objectClass=inetOrgPerson)', attributes: person },
    groupFilter: NAMES,
  },
  '389ds': {
    ...{ anchor: 'nsUniqueId', filter: '(objectClass=inetOrgPerson)', attributes: person },
    groupFilter: NAMES,
  },
  freeipa: {
    anchor: 'ipaUniqueID',
    filter: '(&(objectClass=inetOrgPerson)(objectClass=ipaObject))',
    attributes: person,
    groupFilter: '(objectClass=ipausergroup)',
  },
  'active-directory': {
    anchor: 'objectGUID',
    filter: '(&(objectCategory=person)(objectClass=user)(userPrincipalName=*))',
    attributes: { ...person, userPrincipalName: 'userPrincipalName', displayName: 'displayName' },
    // Security groups, and no lists of mail.
    groupFilter: '(&(objectClass=group)(groupType:1.2.840.113556.1.4.803:=2147483648))',
  },
} satisfies Record<string, Preset>
export type DirectoryKind = keyof typeof presets

/** Whether an attribute holds bytes, which are no text. */
export const isBinary = (attribute: string) => /^object(GUID|Sid)$/i.test(attribute)

/** The directory and the way to it, from `agent.json`, which people write. */
export interface Configuration extends Omit<Preset, 'groupFilter'> {
  kind: DirectoryKind
  servers: string[]
  /** `ldap://` addresses are made secure by StartTLS before anything else is said. */
  startTLS: boolean
  ca: string | undefined
  bindDN: string
  password: string
  base: string
  /** Which groups are brought; undefined: none, and those that are here stay. */
  groups: { base: string; filter: string } | undefined
}

/** Reads `agent.json` and what it names. Throws `StateError`, naming what is wrong. */
export function readConfiguration(folder: string): Configuration {
  const path = join(folder, 'agent.json')
  const wrong = (what: string) => new StateError(`${path}: ${what}`)
  if (!existsSync(path)) throw wrong('is missing: write the directory’s address into it')
  const given = (() => {
    try {
      return Object(JSON.parse(readFileSync(path, 'utf8'))) as Record<string, unknown>
    } catch {
      throw wrong('is no JSON')
    }
  })()
  const text = (name: string) => {
    const value = given[name]
    if (typeof value !== 'string' || value === '') throw wrong(`"${name}" is missing`)
    return value
  }
  const read = (name: string) => {
    const file = text(name)
    try {
      return readFileSync(isAbsolute(file) ? file : join(folder, file))
    } catch (error) {
      throw wrong(`"${name}" cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  const kind = text('kind')
  if (!Object.hasOwn(presets, kind)) throw wrong(`"kind" is one of ${Object.keys(presets).join(', ')}`)
  const preset: Preset = presets[kind as DirectoryKind]
  const { servers, startTLS = false, filter, anchor, attributes = {}, groups } = given
  if (typeof startTLS !== 'boolean') throw wrong('"startTLS" is true or false')
  if (!Array.isArray(servers) || servers.length === 0) throw wrong('"servers" is a list of ldaps:// addresses')
  for (const server of servers as unknown[]) checkAddress(server, startTLS, wrong)
  const unknown = Object.keys(Object(attributes)).find(name => !attributeNames.includes(name as AttributeName))
  if (unknown !== undefined) throw wrong(`"attributes" has no "${unknown}"`)
  if (groups !== undefined && Object(groups) !== groups) throw wrong('"groups" is an object with "base" and "filter"')
  const { base: groupBase, filter: groupFilter } = Object(groups) as Record<string, unknown>
  return {
    kind: kind as DirectoryKind,
    servers: servers as string[],
    startTLS,
    ca: given.caFile === undefined ? undefined : read('caFile').toString('utf8'),
    bindDN: text('bindDN'),
    // The line's end is no part of it.
    password: read('passwordFile')
      .toString('utf8')
      .replace(/\r?\n$/, ''),
    base: text('base'),
    filter: typeof filter === 'string' ? filter : preset.filter,
    anchor: typeof anchor === 'string' ? anchor : preset.anchor,
    groups:
      groups === undefined
        ? undefined
        : {
            base: typeof groupBase === 'string' ? groupBase : text('base'),
            filter: typeof groupFilter === 'string' ? groupFilter : preset.groupFilter,
          },
    attributes: { ...preset.attributes, ...(attributes as Preset['attributes']) },
  }
}

/** Passwords go over TLS: in clear they pass on this machine alone. */
function checkAddress(server: unknown, startTLS: boolean, wrong: (what: string) => StateError) {
  const url = typeof server === 'string' ? URL.parse(server) : null
  if (url?.protocol === 'ldaps:') return
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '')
  if (url?.protocol === 'ldap:' && (startTLS || isHere)) return
  throw wrong(`"servers": ${JSON.stringify(server)} is no ldaps:// address, and "startTLS" is not true`)
}
