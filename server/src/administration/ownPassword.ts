import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findUser, readName, targetOf, type User } from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import {
  doneOr,
  isReported,
  type Passwords,
  refusedPassword,
  unansweredHome,
  verifyPassword,
} from '../passwords/index.ts'
import { Refusal, refusals } from '../refusals.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'

const refuse = refusals({
  not_signed_in: 401,
  password_reported: 409,
  current_password_incorrect: 422,
  throttled: 429,
})

/**
 * Changes one's own password by the present one, which is judged and counted as at a sign-in. Every session and token
 * ends, the one of this request too. Throws `current_password_incorrect`, `password_…`, `throttled`.
 */
export async function changeOwnPassword(
  db: Db,
  act: Act,
  passwords: Passwords,
  { user, currentPassword, newPassword }: { user: User; currentPassword: string; newPassword: string },
): Promise<void> {
  const { tenantId } = user
  demand(act, 'self.write', targetOf(user))
  const fail = async (refusal: Refusal): Promise<never> => {
    await inTenant(db, tenantId, trx => recordOf(trx, act, user, refusal.code))
    throw refusal
  }
  // The directory that keeps the password would not learn of the new one.
  if (user.passwordMasteredIn === 'directory' && !user.directory)
    return fail(refusedPassword(['password_refused_by_directory']))
  // Before the password is judged: right and wrong ones are answered alike, and nothing is counted.
  if (await inTenant(db, tenantId, trx => isReported(trx, user))) return fail(refuse('password_reported'))
  const verdict = await verifyPassword(
    db,
    act,
    passwords,
    {
      tenantId,
      name: readName(user.userPrincipalName).folded,
      password: currentPassword,
      // A program is no browser in which the person signed in with all that it takes.
      browserOf: () => stranger,
    },
    (trx, found) => passwords.homeOf(found).rules(trx, act, found, 'change'),
  )
  if (!verdict.right && verdict.unknown) throw unansweredHome()
  if (!verdict.right) {
    const { retryAfter } = verdict
    return fail(
      retryAfter === undefined
        ? refuse('current_password_incorrect', { field: 'currentPassword' })
        : refuse('throttled', { retryAfter }),
    )
  }
  const answer = await passwords.homeOf(user).set(
    db,
    act,
    passwords,
    { rules: verdict.result, newPassword, currentPassword },
    {
      async open(trx) {
        const found = await findUser(trx, tenantId, user.id, true)
        return found?.accountEnabled && found.securityEpoch === user.securityEpoch ? { user: found } : undefined
      },
      claim: async () => undefined,
      async conclude(trx, { user: changed }) {
        await recordOf(trx, act, changed)
        await tellOwner(trx, act, changed, { template: 'password_changed' })
      },
    },
  )
  if (answer === 'ended') throw refuse('not_signed_in')
  const done = doneOr(answer)
  if (done instanceof Refusal) return fail(done)
}

const stranger = { sql: sql`null`, read: () => 'other' as const }

const recordOf = (trx: Trx, act: Act, { id, userPrincipalName: name }: User, reason?: string) =>
  record(trx, act, {
    activity: reason === undefined ? 'password.changed' : 'password.change_failed',
    result: reason === undefined ? 'success' : 'failure',
    ...(reason !== undefined && { reason }),
    target: { id, name },
  })
