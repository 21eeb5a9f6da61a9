import type { Answer, DirectoryLockout, DirectoryRules, Operation, Reason, Standing } from '@latchkey/protocol'
import {
  Attribute,
  BerWriter,
  Change,
  type Client,
  Control,
  type Entry,
  type InvalidCredentialsError,
  ResultCodeError,
} from 'ldapts'
import { isGuardedGroup, sidOf } from './guarded.ts'

/** Active Directory, which has passwords, locks and policies of its own kind. */

const DISABLED = 2
const LOCKED = 16
const DAY = 86_400

/** What operations read of an entry. */
export const domainAttributes = [
  ...['userAccountControl', 'msDS-User-Account-Control-Computed', 'sAMAccountName', 'displayName', 'adminCount'],
  ...['primaryGroupID', 'msDS-ResultantPSO'],
]

const isDisabledIn = (entry: Entry) => (Number(entry.userAccountControl) & DISABLED) !== 0
const isLockedIn = (entry: Entry) => (Number(entry['msDS-User-Account-Control-Computed']) & LOCKED) !== 0

/**
 * Whether the directory guards the entry (AdminSDHolder): `adminCount`, or a guarded group among all of its groups, since
 * Samba never writes the first and Windows within an hour.
 */
async function isGuardedIn(client: Client, entry: Entry): Promise<boolean> {
  if (Number(entry.adminCount) > 0) return true
  const { searchEntries } = await client.search(entry.dn, {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['tokenGroups'] },
    explicitBufferAttributes: ['tokenGroups'],
  })
  const groups = [searchEntries[0]?.tokenGroups ?? []].flat().filter(Buffer.isBuffer)
  // Every user is in one group at least: who shows none shows nothing, and may be guarded.
  return groups.length === 0 || groups.some(sid => isGuardedGroup(sidOf(sid)))
}

/** The policy that judges an entry's passwords. */
export interface DomainPolicy {
  dn: string
  rules: DirectoryRules
  lockout: DirectoryLockout | undefined
}

const FINE = {
  ...{ length: 'msDS-MinimumPasswordLength', history: 'msDS-PasswordHistoryLength' },
  ...{ complexity: 'msDS-PasswordComplexityEnabled', age: 'msDS-MinimumPasswordAge' },
  ...{ threshold: 'msDS-LockoutThreshold', window: 'msDS-LockoutObservationWindow' },
}
const DOMAIN: typeof FINE = {
  ...{ length: 'minPwdLength', history: 'pwdHistoryLength', complexity: 'pwdProperties', age: 'minPwdAge' },
  ...{ threshold: 'lockoutThreshold', window: 'lockOutObservationWindow' },
}

/** Finds it: the entry's fine-grained one, else the domain's. `unreadable`: the agent sees that there is one, and not what it says. */
export async function findDomainPolicy(client: Client, entry: Entry): Promise<DomainPolicy | 'unreadable'> {
  const [own] = [entry['msDS-ResultantPSO'] ?? []].flat().map(String)
  const dn = own || /(?:^|,)(dc=.*)$/i.exec(entry.dn)?.[1]
  if (!dn) return 'unreadable'
  const names = own ? FINE : DOMAIN
  const { searchEntries } = await client.search(dn, {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: Object.values(names) },
  })
  const [policy] = searchEntries
  const length = [policy?.[names.length] ?? []].flat()[0]
  if (!policy || length === undefined) return 'unreadable'
  const number = (name: keyof typeof names) => Number(policy[names[name]]) || 0
  // Times are negative, in hundreds of nanoseconds.
  const seconds = (name: keyof typeof names) => Math.round(Math.abs(number(name)) / 1e7)
  const isComplex = own ? String(policy[names.complexity]).toUpperCase() === 'TRUE' : (number('complexity') & 1) !== 0
  const age = seconds('age')
  return {
    dn,
    rules: {
      ...{ minimumLength: Number(length), history: number('history') },
      ...(isComplex && { complexity: true }),
      ...(age > 0 && { minimumAgeDays: Math.ceil(age / DAY) }),
    },
    lockout:
      number('threshold') > 0 ? { threshold: number('threshold'), seconds: seconds('window') || null } : undefined,
  }
}

/** How the entry stands, as far as the agent may read it. */
export async function standingIn(client: Client, entry: Entry): Promise<Standing> {
  const policy = await findDomainPolicy(client, entry)
  if (policy === 'unreadable') return { isLocked: isLockedIn(entry) }
  const { rules, lockout } = policy
  return { isLocked: isLockedIn(entry), rules, ...(lockout && { lockout }) }
}

/** Why a bind was refused, beside a wrong password: the password was right, and must be changed. */
const MUST_CHANGE = ['532', '773']

/** Whether a bind shows that the password is right, although it was refused. Undefined: it was wrong. */
export const mustChangeAfter = (error: InvalidCredentialsError): true | undefined =>
  MUST_CHANGE.includes(/, data ([0-9a-f]+),/i.exec(error.message)?.[1] ?? '') || undefined

/** A password as Active Directory takes it. */
const passwordValue = (password: string) =>
  new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] })
const value = (type: string, text: string) => new Attribute({ type, values: [text] })
const replace = (modification: Attribute) => new Change({ operation: 'replace', modification })

/** The two names of the control by which a reset respects history and minimum age; the second is the older one. */
const POLICY_HINTS = ['1.2.840.113556.1.4.2239', '1.2.840.113556.1.4.2066']

class PolicyHints extends Control {
  override writeControl(writer: BerWriter) {
    const hints = new BerWriter()
    hints.startSequence()
    hints.writeInt(1)
    hints.endSequence()
    writer.writeBuffer(hints.buffer, 0x04)
  }
}

/**
 * The control, where the domain controller knows it. Unknown and critical it would be refused, unknown and not critical
 * ignored: so it is asked for first, and then sent as critical.
 */
export async function policyHints(client: Client): Promise<Control | undefined> {
  const { searchEntries } = await client.search('', {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['supportedControl'] },
  })
  const known = [searchEntries[0]?.supportedControl ?? []].flat().map(String)
  const type = POLICY_HINTS.find(one => known.includes(one))
  return type === undefined ? undefined : new PolicyHints(type, { critical: true })
}

/** Writes what is asked to an entry, unless it is guarded or disabled: those are refused before anything is written. */
export async function writeIn(
  client: Client,
  entry: Entry,
  operation: Extract<Operation, { kind: 'reset' | 'change' | 'unlock' }>,
  begin: () => void,
): Promise<Answer> {
  if (isDisabledIn(entry)) return { outcome: 'failed', code: 33_005, detail: 'the entry is disabled' }
  if (await isGuardedIn(client, entry))
    return { outcome: 'failed', code: 33_004, detail: 'the directory guards the entry (AdminSDHolder)' }
  if (operation.kind === 'unlock') return unlockIn(client, entry, begin)
  if (operation.kind === 'change') return changeIn(client, { entry, ...operation }, begin)
  return resetIn(client, { entry, ...operation }, begin)
}

/** Lifts the lock after wrong passwords. Where there is none nothing changes. */
async function unlockIn(client: Client, entry: Entry, begin: () => void): Promise<Answer> {
  begin()
  await client.modify(entry.dn, replace(value('lockoutTime', '0')))
  return { outcome: 'done' }
}

/** Sets a password, lifts the lock and says whether it must be changed, in one write: all of it, or nothing. */
async function resetIn(
  client: Client,
  { entry, newPassword, mustChange }: { entry: Entry; newPassword: string; mustChange: boolean },
  begin: () => void,
): Promise<Answer> {
  if (newPassword === '') return { outcome: 'refused', reasons: ['too_short'] }
  const hints = await policyHints(client)
  const policy = await findDomainPolicy(client, entry)
  const changes = [
    replace(passwordValue(newPassword)),
    replace(value('lockoutTime', '0')),
    ...(mustChange ? [replace(value('pwdLastSet', '0'))] : []),
  ]
  begin()
  try {
    await client.modify(entry.dn, changes, hints)
    return { outcome: 'done' }
  } catch (error) {
    return answerTo(error, { entry, newPassword, policy })
  }
}

/** The person's own change: the old password allows it, so that the directory judges it as theirs. */
async function changeIn(
  client: Client,
  { entry, currentPassword, newPassword }: { entry: Entry; currentPassword: string; newPassword: string },
  begin: () => void,
): Promise<Answer> {
  if (currentPassword === '') return { outcome: 'incorrect' }
  if (newPassword === '') return { outcome: 'refused', reasons: ['too_short'] }
  const policy = await findDomainPolicy(client, entry)
  begin()
  try {
    await client.modify(entry.dn, [
      new Change({ operation: 'delete', modification: passwordValue(currentPassword) }),
      new Change({ operation: 'add', modification: passwordValue(newPassword) }),
    ])
    return { outcome: 'done' }
  } catch (error) {
    return answerTo(error, { entry, newPassword, policy })
  }
}

interface Judged {
  entry: Entry
  newPassword: string
  policy: DomainPolicy | 'unreadable'
}

/** The directory's word on a password, by the number that its text begins with. Others are thrown. */
function answerTo(error: unknown, judged: Judged): Answer {
  if (!(error instanceof ResultCodeError)) throw error
  const [number] = /^[0-9A-F]{8}(?=:)/i.exec(error.message) ?? []
  if (number === '00000056') return { outcome: 'incorrect' }
  if (number === '00000775') return { outcome: 'failed', code: 33_006, detail: 'the entry is locked' }
  if (number?.toUpperCase() === '0000052D') return { outcome: 'refused', reasons: reasonsOf(error.message, judged) }
  throw error
}

/** The words of Samba. Windows says none, so that there the policy tells what it can. */
const WORDS: [RegExp, Reason][] = [
  [/too short/i, 'too_short'],
  [/complexity/i, 'too_simple'],
  [/history/i, 'in_history'],
  [/too young/i, 'too_young'],
]

function reasonsOf(text: string, { entry, newPassword, policy }: Judged): Reason[] {
  const said = WORDS.flatMap(([words, reason]) => (words.test(text) ? [reason] : []))
  if (said.length > 0) return said
  const found: Reason[] = []
  if (policy !== 'unreadable') {
    if ([...newPassword].length < policy.rules.minimumLength) found.push('too_short')
    if (policy.rules.complexity && containsName(entry, newPassword)) found.push('contains_name')
    else if (policy.rules.complexity && kindsIn(newPassword) < 3) found.push('too_simple')
  }
  return found.length > 0 ? found : ['other']
}

const kindsIn = (password: string) =>
  [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\d]/u, /\p{Lo}/u].filter(kind => kind.test(password)).length

/** The account's name, and each part of the display name, from three letters on. */
function containsName({ sAMAccountName, displayName }: Entry, password: string): boolean {
  const parts = [String(sAMAccountName ?? ''), ...String(displayName ?? '').split(/[\s,.\-_#]+/)]
  const folded = password.toLowerCase()
  return parts.some(part => part.length >= 3 && folded.includes(part.toLowerCase()))
}
