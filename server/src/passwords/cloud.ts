import { readName } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import { inTenant } from '../store/index.ts'
import { refusedPassword } from './errors.ts'
import type { PasswordHome, Passwords } from './home.ts'
import { readPasswordRules } from './rules.ts'
import { preparePassword, setPassword } from './set.ts'

/** Passwords that are kept here. Each change is one transaction: it opens, sets and concludes, or nothing is changed. */
export const cloud: PasswordHome = {
  verify: (verifier, { hash, password, alike }) => verifier.verify(hash, password, alike),
  rules: readPasswordRules,
  // biome-ignore lint/complexity/useMaxParams: the port has these five
  async set(db, act, checks, { rules, newPassword, mustChange = false }, { open, claim, conclude }) {
    const judged = await preparePassword(db, act, checks, { rules, newPassword })
    if ('refused' in judged) return refusedPassword(judged.refused)
    return inTenant(db, rules.user.tenantId, async trx => {
      const opened = await open(trx)
      if (!opened) return 'ended'
      const { user } = opened
      const [securityEpoch, claimed] = await Promise.all([
        setPassword(trx, act, user, { ...judged.prepared, mustChange }),
        claim(trx, opened),
      ])
      return { done: await conclude(trx, opened, { ...user, securityEpoch }, claimed) }
    })
  },
  async unlock(db, act, { tenantId }, { open, claim, conclude }) {
    return inTenant(db, tenantId, async trx => {
      const opened = await open(trx)
      if (!opened) return 'ended'
      const { folded } = readName(opened.user.userPrincipalName)
      const [claimed] = await Promise.all([
        claim(trx, opened),
        clear(trx, act, folded, 'password', 'proofs', 'phoneNumber'),
      ])
      return { done: await conclude(trx, opened, opened.user, claimed) }
    })
  },
}

/** Chooses the home of a user's password. */
export const homeOf: Passwords['homeOf'] = () => cloud
