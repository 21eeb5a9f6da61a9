import type { Client, Entry } from 'ldapts'
import type { Configuration } from './configuration.ts'
import { equals } from './filters.ts'

/**
 * The groups whose members Active Directory guards (AdminSDHolder), by the end of their SID. `adminCount` alone does not
 * tell: it is written within an hour, and Samba does not write it.
 */
const GUARDED = [
  '-512', // Domain Admins
  '-516', // Domain Controllers
  '-518', // Schema Admins
  '-519', // Enterprise Admins
  '-521', // Read-only Domain Controllers
  '-526', // Key Admins
  '-527', // Enterprise Key Admins
  'S-1-5-32-544', // Administrators
  'S-1-5-32-548', // Account Operators
  'S-1-5-32-549', // Server Operators
  'S-1-5-32-550', // Print Operators
  'S-1-5-32-551', // Backup Operators
  'S-1-5-32-552', // Replicators
]

/** The rule by which members of members are found too. */
const IN_CHAIN = '1.2.840.113556.1.4.1941'

/** A SID in text. */
export function sidOf(bytes: Buffer): string {
  const parts = Array.from({ length: bytes[1] ?? 0 }, (_, at) => bytes.readUInt32LE(8 + 4 * at))
  return ['S', bytes[0], bytes.readUIntBE(2, 6), ...parts].join('-')
}

export const isGuardedGroup = (sid: string) =>
  GUARDED.some(end => sid === end || (end.startsWith('-') && sid.endsWith(end)))

/** Finds whom the directory guards, and returns a judge of entries. Other kinds guard nobody in this way. */
export async function findGuarded(configuration: Configuration, client: Client): Promise<(entry: Entry) => boolean> {
  if (configuration.kind !== 'active-directory') return () => false
  const { searchEntries: roots } = await client.search('', {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['defaultNamingContext'] },
  })
  const domain = String(roots[0]?.defaultNamingContext ?? configuration.base)
  const groups: string[] = []
  const { searchEntries } = await client.search(domain, {
    ...{ scope: 'sub', filter: '(&(objectClass=group)(isCriticalSystemObject=TRUE))', attributes: ['objectSid'] },
    ...{ explicitBufferAttributes: ['objectSid'], paged: { pageSize: 500 } },
  })
  for (const { dn, objectSid } of searchEntries)
    if (Buffer.isBuffer(objectSid) && isGuardedGroup(sidOf(objectSid))) groups.push(dn)
  const members = new Set<string>()
  for (const group of groups) {
    const filter = `(&(objectClass=user)${equals(`memberOf:${IN_CHAIN}:`, group)})`
    const found = await client.search(domain, { scope: 'sub', filter, attributes: ['cn'], paged: { pageSize: 500 } })
    for (const { dn } of found.searchEntries) members.add(dn.toLowerCase())
  }
  return ({ dn, primaryGroupID }) => members.has(dn.toLowerCase()) || GUARDED.includes(`-${primaryGroupID}`)
}
