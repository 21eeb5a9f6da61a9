import { setTimeout as sleep } from 'node:timers/promises'
import { raiseSecurityEpoch, type User } from '../directory/index.ts'
import type { PasswordHome } from '../passwords/index.ts'
import { readPasswordRules } from '../passwords/index.ts'
import type { Refusal } from '../refusals.ts'
import { type Db, inTenant } from '../store/index.ts'

/** A home of passwords that takes its time, as a directory does, and answers yes, with this refusal, or nothing. */
export class SlowHome implements PasswordHome {
  answer: 'yes' | 'nothing' | Refusal = 'yes'
  /** The passwords that it keeps, by the user's id. */
  readonly kept = new Map<string, string>()
  /** Every request that reached it. */
  readonly asked: string[] = []
  rules = readPasswordRules

  look = async () => undefined

  async verify({ user, password }: Parameters<PasswordHome['verify']>[0]) {
    const answer = await this.#ask('verify')
    if (answer !== 'yes') return 'unknown' as const
    return { right: user !== undefined && this.kept.get(user.id) === password, news: {} }
  }

  // biome-ignore lint/complexity/useMaxParams: the port has these five
  set: PasswordHome['set'] = (db, _act, _checks, { rules: { user }, newPassword, currentPassword }, within) =>
    this.#change(db, user, within, {
      what: currentPassword === undefined ? 'reset' : 'change',
      write: () => this.kept.set(user.id, newPassword),
    })

  unlock: PasswordHome['unlock'] = (db, _act, user, within) =>
    this.#change(db, user, within, { what: 'unlock', write: () => {} })

  async #change<Opened extends { user: User }, Claimed, T>(
    db: Db,
    { tenantId }: User,
    { open, claim, conclude }: Parameters<typeof this.unlock<Opened, Claimed, T>>[3],
    { what, write }: { what: string; write: () => unknown },
  ) {
    if (!(await inTenant(db, tenantId, open))) return 'ended' as const
    const answer = await this.#ask(what)
    if (answer === 'nothing') return { unknown: 'it says nothing' }
    if (answer !== 'yes') return answer
    write()
    return inTenant(db, tenantId, async trx => {
      const opened = await open(trx)
      if (!opened) return 'ended' as const
      const { user } = opened
      const securityEpoch = what === 'unlock' ? user.securityEpoch : await raiseSecurityEpoch(trx, tenantId, user.id)
      const claimed = await claim(trx, opened)
      return { done: await conclude(trx, opened, { ...user, securityEpoch }, claimed) }
    })
  }

  async #ask(what: string) {
    this.asked.push(what)
    await sleep(20)
    return this.answer
  }
}
