import { inTenant } from '../store/index.ts'
import { refusedPassword } from './errors.ts'
import type { PasswordHome, Passwords } from './home.ts'
import { readPasswordRules } from './rules.ts'
import { clearFailures, preparePassword, setPassword } from './set.ts'

/** Passwords that are kept here. Each change is one transaction: it opens, sets and concludes, or nothing is changed. */
export const cloud: PasswordHome = {
  verify: async ({ matches }) => ({ right: matches }),
  look: async () => undefined,
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
      const [claimed] = await Promise.all([claim(trx, opened), clearFailures(trx, act, opened.user)])
      return { done: await conclude(trx, opened, opened.user, claimed) }
    })
  },
}

/** The home of every password where no agent is asked: of commands and of seeds. */
export const homeOf: Passwords['homeOf'] = () => cloud
