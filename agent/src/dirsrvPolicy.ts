import type { Reason } from '@latchkey/protocol'
import { type Client, type Entry, NoSuchObjectError } from 'ldapts'
import { DAY_SECONDS, type DirectoryPolicy, lockoutOf, numberIn, replaced } from './policy.ts'
import type { PolicySchema } from './policySchema.ts'
import { generalizedTime, timeOf } from './times.ts'

/** 389 Directory Server's own attributes. */

/** The policy of everybody who has none of their own. */
const GLOBAL = 'cn=config'

/** The time by which an administrator's reset asks for another password, and a lock that nobody but one lifts. */
const EPOCH = '19700101000000Z'

const named = [
  ...['passwordMinLength', 'passwordCheckSyntax', 'passwordMinCategories', 'passwordHistory', 'passwordInHistory'],
  ...['passwordMinAge', 'passwordExp', 'passwordMaxAge', 'passwordLockout', 'passwordMaxFailure'],
  ...['passwordResetFailureCount'],
]

const isOn = (value: unknown) => /^(on|true)$/i.test(String(value))

async function findPolicy(
  _configuration: unknown,
  client: Client,
  entry: Entry | undefined,
): Promise<DirectoryPolicy | 'none'> {
  const [own] = [entry?.pwdpolicysubentry ?? []].flat().map(String)
  const { searchEntries } = await client
    .search(own ?? GLOBAL, { scope: 'base', filter: '(objectClass=*)', attributes: named })
    .catch(error => {
      if (error instanceof NoSuchObjectError) return { searchEntries: [] }
      throw error
    })
  const [policy] = searchEntries
  if (!policy || named.every(name => [policy[name] ?? []].flat().length === 0)) return 'none'
  const minimumAge = numberIn(policy, 'passwordMinAge')
  const judgesSyntax = isOn(policy.passwordCheckSyntax)
  return {
    dn: policy.dn,
    rules: {
      minimumLength: judgesSyntax ? numberIn(policy, 'passwordMinLength') : 0,
      history: isOn(policy.passwordHistory) ? numberIn(policy, 'passwordInHistory') : 0,
      ...(judgesSyntax && numberIn(policy, 'passwordMinCategories') >= 3 && { complexity: true }),
      ...(minimumAge > 0 && { minimumAgeDays: Math.ceil(minimumAge / DAY_SECONDS) }),
    },
    lockout: isOn(policy.passwordLockout)
      ? lockoutOf(numberIn(policy, 'passwordMaxFailure'), numberIn(policy, 'passwordResetFailureCount'))
      : undefined,
    lockSeconds: 0,
    maximumAge: isOn(policy.passwordExp) ? numberIn(policy, 'passwordMaxAge') : 0,
  }
}

/** A reset leaves the time of the lock there, and sets the count of wrong passwords to nothing. */
function isLocked(entry: Entry): boolean {
  const until = timeOf(entry.accountUnlockTime)
  if (until === undefined || numberIn(entry, 'passwordRetryCount') === 0) return false
  return until === 0 || until > Date.now()
}

const mustChange = ({ passwordExpirationTime }: Entry) => String(passwordExpirationTime) === EPOCH

/** The directory says one word for all of its rules of syntax, and none where the password is the present one. */
function reasonFor(said: Reason | undefined, newPassword: string, policy: DirectoryPolicy | undefined): Reason {
  if (said === undefined) return 'in_history'
  const isShort = said === 'too_simple' && policy && [...newPassword].length < policy.rules.minimumLength
  return isShort ? 'too_short' : said
}

export const dirsrvSchema: PolicySchema = {
  attributes: [
    'pwdpolicysubentry',
    'nsAccountLock',
    'accountUnlockTime',
    'passwordRetryCount',
    'passwordExpirationTime',
  ],
  states: ['nsAccountLock', 'accountUnlockTime', 'passwordRetryCount'],
  findPolicy,
  isSwitchedOff: ({ nsAccountLock }) => isOn(nsAccountLock),
  isLocked,
  mustChange,
  unlocking: () => ['accountUnlockTime', 'passwordRetryCount', 'retryCountResetTime'].map(name => replaced(name)),
  // It holds where the policy has passwordMustChange.
  forcing: () => [replaced('passwordExpirationTime', EPOCH)],
  keeping(entry, policy) {
    if (!mustChange(entry)) return []
    const seconds = policy?.maximumAge ?? 0
    const until = seconds > 0 ? [generalizedTime(Date.now() + seconds * 1_000)] : []
    return [replaced('passwordExpirationTime', ...until)]
  },
  reasonFor,
}
