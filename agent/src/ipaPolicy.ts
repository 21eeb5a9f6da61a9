import { type Client, type Entry, NoSuchObjectError } from 'ldapts'
import type { Configuration } from './configuration.ts'
import { equals } from './filters.ts'
import { DAY_SECONDS, type DirectoryPolicy, findSuffix, lockoutOf, numberIn, replaced } from './policy.ts'
import type { PolicySchema } from './policySchema.ts'
import { generalizedTime, timeOf } from './times.ts'

/** FreeIPA's attributes, which are those of its Kerberos. From its documentation: no test has asked a server. */

/** The policy of everybody who is in no group with one of its own. */
const GLOBAL = 'global_policy'

async function findPolicy(
  { base }: Pick<Configuration, 'base'>,
  client: Client,
  entry: Entry | undefined,
): Promise<DirectoryPolicy | 'none'> {
  const [own] = [entry?.krbPwdPolicyReference ?? []].flat().map(String)
  const { searchEntries } = await (own
    ? client.search(own, { scope: 'base', filter: '(objectClass=krbPwdPolicy)' })
    : client.search(`cn=kerberos,${await findSuffix(base, client)}`, {
        scope: 'sub',
        filter: `(&(objectClass=krbPwdPolicy)${equals('cn', GLOBAL)})`,
      })
  ).catch(error => {
    if (error instanceof NoSuchObjectError) return { searchEntries: [] }
    throw error
  })
  const [policy] = searchEntries
  if (!policy) return 'none'
  const minimumAge = numberIn(policy, 'krbMinPwdLife')
  return {
    dn: policy.dn,
    rules: {
      minimumLength: numberIn(policy, 'krbPwdMinLength'),
      history: numberIn(policy, 'krbPwdHistoryLength'),
      ...(numberIn(policy, 'krbPwdMinDiffChars') >= 3 && { complexity: true }),
      ...(minimumAge > 0 && { minimumAgeDays: Math.ceil(minimumAge / DAY_SECONDS) }),
    },
    lockout: lockoutOf(numberIn(policy, 'krbPwdMaxFailure'), numberIn(policy, 'krbPwdFailureCountInterval')),
    lockSeconds: numberIn(policy, 'krbPwdLockoutDuration'),
    maximumAge: numberIn(policy, 'krbMaxPwdLife'),
  }
}

/** As many wrong passwords as the policy allows, since an administrator last lifted the lock, and its time is not over. */
function isLocked(entry: Entry, policy: DirectoryPolicy | undefined): boolean {
  const last = timeOf(entry.krbLastFailedAuth)
  if (!policy?.lockout || last === undefined) return false
  if (numberIn(entry, 'krbLoginFailedCount') < policy.lockout.threshold) return false
  if ((timeOf(entry.krbLastAdminUnlock) ?? 0) >= last) return false
  return policy.lockSeconds === 0 || Date.now() < last + policy.lockSeconds * 1_000
}

export const ipaSchema: PolicySchema = {
  attributes: [
    ...['nsAccountLock', 'krbLoginFailedCount', 'krbLastFailedAuth', 'krbLastAdminUnlock'],
    ...['krbPasswordExpiration', 'krbPwdPolicyReference'],
  ],
  states: ['nsAccountLock'],
  findPolicy,
  isSwitchedOff: ({ nsAccountLock }) => /^true$/i.test(String(nsAccountLock)),
  isLocked,
  mustChange: ({ krbPasswordExpiration }) => (timeOf(krbPasswordExpiration) ?? Number.POSITIVE_INFINITY) <= Date.now(),
  unlocking: () => [replaced('krbLoginFailedCount', '0'), replaced('krbLastAdminUnlock', generalizedTime(Date.now()))],
  forcing: () => [replaced('krbPasswordExpiration', generalizedTime(Date.now()))],
}
