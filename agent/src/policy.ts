import type { DirectoryLockout, DirectoryRules } from '@latchkey/protocol'
import { Attribute, Change, type Client, type Entry } from 'ldapts'
import type { Configuration } from './configuration.ts'
import type { PolicySchema } from './policySchema.ts'
import { timeOf } from './times.ts'

export const DAY_SECONDS = 86_400

/** The password policy of an entry, as the directory keeps it. */
export interface DirectoryPolicy {
  dn: string
  rules: DirectoryRules
  lockout: DirectoryLockout | undefined
  /** For how many seconds a lock holds; 0: until somebody lifts it. */
  lockSeconds: number
  /** After how many seconds a password has to be changed; 0: never. */
  maximumAge: number
}

/** Finds the policy (ppolicy) that judges this entry's passwords: its own, or the only one. */
async function findPolicy(
  { base }: Pick<Configuration, 'base'>,
  client: Client,
  entry: Entry | undefined,
): Promise<DirectoryPolicy | 'none' | 'several'> {
  const suffix = await findSuffix(base, client)
  const { searchEntries } = await client.search(suffix, { scope: 'sub', filter: '(objectClass=pwdPolicy)' })
  const own = entry?.pwdPolicySubentry
  const policy =
    searchEntries.find(({ dn }) => dn === own) ?? (searchEntries.length === 1 ? searchEntries[0] : undefined)
  if (!policy) return searchEntries.length === 0 ? 'none' : 'several'
  const minimumAge = numberIn(policy, 'pwdMinAge')
  return {
    dn: policy.dn,
    rules: {
      minimumLength: numberIn(policy, 'pwdMinLength'),
      history: numberIn(policy, 'pwdInHistory'),
      ...(minimumAge > 0 && { minimumAgeDays: Math.ceil(minimumAge / DAY_SECONDS) }),
    },
    lockout:
      String(policy.pwdLockout).toUpperCase() === 'TRUE'
        ? lockoutOf(numberIn(policy, 'pwdMaxFailure'), numberIn(policy, 'pwdFailureCountInterval'))
        : undefined,
    lockSeconds: numberIn(policy, 'pwdLockoutDuration'),
    maximumAge: numberIn(policy, 'pwdMaxAge'),
  }
}

/** The top of the tree in which a base is. */
export async function findSuffix(base: string, client: Client): Promise<string> {
  const { searchEntries: roots } = await client.search('', {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['namingContexts'] },
  })
  const contexts = [roots[0]?.namingContexts ?? []].flat().map(String)
  return contexts.find(context => base.toLowerCase().endsWith(context.toLowerCase())) ?? base
}

export const numberIn = (entry: Entry, attribute: string): number => Number(entry[attribute]) || 0

export const lockoutOf = (threshold: number, seconds: number): DirectoryLockout | undefined =>
  threshold > 0 ? { threshold, seconds: seconds > 0 ? seconds : null } : undefined

/** The time of an administrator's lock, without end: the entry is switched off, and no reset opens it. */
const FOR_GOOD = '000001010000Z'

const isSwitchedOff = ({ pwdAccountLockedTime }: Entry) => String(pwdAccountLockedTime) === FOR_GOOD

/** A lock whose time is over stays written there. */
function isLocked(entry: Entry, policy: DirectoryPolicy | undefined): boolean {
  const since = timeOf(entry.pwdAccountLockedTime)
  if (since === undefined || isSwitchedOff(entry)) return false
  const lockSeconds = policy?.lockSeconds ?? 0
  return lockSeconds === 0 || Date.now() < since + lockSeconds * 1_000
}

export const replaced = (type: string, ...values: string[]) =>
  new Change({ operation: 'replace', modification: new Attribute({ type, values }) })

/** OpenLDAP's (draft-behera-ldap-password-policy). */
export const ppolicySchema: PolicySchema = {
  attributes: ['pwdPolicySubentry', 'pwdAccountLockedTime', 'pwdReset'],
  states: ['pwdAccountLockedTime'],
  findPolicy,
  isSwitchedOff,
  isLocked,
  mustChange: ({ pwdReset }) => String(pwdReset).toUpperCase() === 'TRUE',
  unlocking: () => [new Change({ operation: 'delete', modification: new Attribute({ type: 'pwdAccountLockedTime' }) })],
  forcing: () => [replaced('pwdReset', 'TRUE')],
}
