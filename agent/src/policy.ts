import type { DirectoryLockout, DirectoryRules } from '@latchkey/protocol'
import type { Client, Entry } from 'ldapts'
import type { Configuration } from './configuration.ts'

const DAY_SECONDS = 86_400

/** The password policy of an entry, as the directory keeps it. */
export interface DirectoryPolicy {
  dn: string
  rules: DirectoryRules
  lockout: DirectoryLockout | undefined
  /** For how many seconds a lock holds; 0: until somebody lifts it. */
  lockSeconds: number
}

/**
 * Finds the policy (ppolicy) that judges this entry's passwords: its own, or the only one. `several`: nothing that the
 * agent may read tells which.
 */
export async function findPolicy(
  { base }: Pick<Configuration, 'base'>,
  client: Client,
  entry: Entry | undefined,
): Promise<DirectoryPolicy | 'none' | 'several'> {
  const { searchEntries: roots } = await client.search('', {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['namingContexts'] },
  })
  const suffix = [roots[0]?.namingContexts ?? []]
    .flat()
    .map(String)
    .find(context => base.toLowerCase().endsWith(context.toLowerCase()))
  const { searchEntries } = await client.search(suffix ?? base, { scope: 'sub', filter: '(objectClass=pwdPolicy)' })
  const own = entry?.pwdPolicySubentry
  const policy =
    searchEntries.find(({ dn }) => dn === own) ?? (searchEntries.length === 1 ? searchEntries[0] : undefined)
  if (!policy) return searchEntries.length === 0 ? 'none' : 'several'
  const minimumAge = numberIn(policy, 'pwdMinAge')
  const threshold = numberIn(policy, 'pwdMaxFailure')
  const seconds = numberIn(policy, 'pwdFailureCountInterval')
  return {
    dn: policy.dn,
    rules: {
      minimumLength: numberIn(policy, 'pwdMinLength'),
      history: numberIn(policy, 'pwdInHistory'),
      ...(minimumAge > 0 && { minimumAgeDays: Math.ceil(minimumAge / DAY_SECONDS) }),
    },
    lockout:
      String(policy.pwdLockout).toUpperCase() === 'TRUE' && threshold > 0
        ? { threshold, seconds: seconds > 0 ? seconds : null }
        : undefined,
    lockSeconds: numberIn(policy, 'pwdLockoutDuration'),
  }
}

const numberIn = (entry: Entry, attribute: string): number => Number(entry[attribute]) || 0

/** The time of an administrator's lock, without end (ppolicy): the entry is switched off, and no reset opens it. */
export const FOR_GOOD = '000001010000Z'

/** Whether an administrator has switched the entry off. */
export const isSwitchedOff = ({ pwdAccountLockedTime }: Entry) => String(pwdAccountLockedTime) === FOR_GOOD

/** Whether the entry is locked after wrong passwords: a lock whose time is over stays written there. */
export function isLocked(entry: Entry, { lockSeconds }: Pick<DirectoryPolicy, 'lockSeconds'>): boolean {
  const at = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(String(entry.pwdAccountLockedTime))
  if (!at || isSwitchedOff(entry)) return false
  const [year, month, day, hour, minute, second] = at.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const since = Date.UTC(year, month - 1, day, hour, minute, second)
  return lockSeconds === 0 || Date.now() < since + lockSeconds * 1_000
}
