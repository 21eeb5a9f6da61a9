import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findAct, record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid, momentOf } from '../crypto/index.ts'
import { findUser, targetOf, type User } from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import { doneOr, newTemporaryPassword, type Passwords, temporaryUntil } from '../passwords/index.ts'
import { protectionOf } from '../policies/index.ts'
import { Refusal } from '../refusals.ts'
import { askOne, type Db, inTenant, isOver, type Trx } from '../store/index.ts'
import { demandChecked, giveByCheck } from './callerChecks.ts'
import { refuse, refuseMissing } from './errors.ts'

/** Somebody whose password is reset. `newPassword`: undefined where one is to be made. */
export interface ResetRequest {
  tenantId: string
  id: string
  newPassword?: string | undefined
  /** The check that the caller is this user. */
  callerCheckId?: string | undefined
}

/** A temporary password that was set. `until`: when it stops working; null: a directory keeps it, and says by its own rules. */
export interface TemporaryPassword {
  user: User
  password: string
  /** Whether the user's own page shows it: then nobody else is told. */
  isOnTheirPage: boolean
  until: Date | null
}

/**
 * Gives somebody a temporary password, which they must change at the next sign-in. Every session and token of theirs
 * ends, blocks of their password end, and they are told by mail.
 * Throws `not_found`, `property_required`, `mastered_elsewhere`, `password_…`, `caller_check_…`, and what `demand` throws.
 */
export async function resetPassword(
  db: Db,
  act: Act,
  passwords: Passwords,
  { tenantId, id, newPassword, callerCheckId }: ResetRequest,
): Promise<TemporaryPassword> {
  const open = async (trx: Trx) => {
    const user = await openToReset(trx, act, id, newPassword)
    return { user, check: await demandChecked(trx, act, user, callerCheckId) }
  }
  const { rules, home, protection } = await inTenant(db, tenantId, async trx => {
    const { user, check } = await open(trx)
    // An agent who chose it would know it.
    if (check?.means === 'approvalLink' && newPassword !== undefined)
      throw refuse('property_invalid', { field: 'newPassword' })
    const home = passwords.homeOf(user)
    const protection = await askOne(trx, protectionOf(tenantId))
    return { home, protection, rules: await home.rules(trx, act, user, 'reset') }
  })
  const password = newPassword ?? newTemporaryPassword(act, passwords, rules)
  const answer = await home.set(
    db,
    act,
    passwords,
    { rules, newPassword: password, mustChange: true },
    {
      open,
      claim: async () => undefined,
      async conclude(trx, { user, check }) {
        const target = { id: user.id, name: user.userPrincipalName }
        await record(trx, act, { activity: 'password.given', result: 'success', target })
        await tellOwner(trx, act, user, { template: 'password_reset' })
        const until = temporaryUntil(act.now, protection)
        const isOnTheirPage = await giveByCheck(trx, act, check, { kind: 'password', value: password, until })
        return { user, password, isOnTheirPage, until: user.directory ? null : until }
      },
    },
  )
  if (answer === 'ended') throw refuseMissing('not_found')
  const done = doneOr(answer)
  if (done instanceof Refusal) throw done
  return done
}

/** Finds and locks the user, and judges whether this actor may reset them. */
async function openToReset(trx: Trx, act: Act, id: string, newPassword: string | undefined): Promise<User> {
  const user = await findUser(trx, trx.tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'passwords.reset', targetOf(user))
  if (user.passwordMasteredIn === 'directory') {
    // None is made up: nobody here knows every rule of the directory.
    if (newPassword === undefined) throw refuse('property_required', { field: 'newPassword' })
    // Only a directory that an agent reaches takes another.
    if (!user.directory) throw refuse('mastered_elsewhere', { field: 'newPassword' })
  }
  return user
}

/** How long the caller can read what became of a reset. */
const READABLE = DAY

/** When the actor reset this user's password in the request of this id; undefined where they did not, or too long ago. */
export async function findReset(
  trx: Trx,
  { actor, now }: { actor: { id: string }; now: Date },
  { requestId, userId }: { requestId: string; userId: string },
): Promise<Date | undefined> {
  if (!isUuid(requestId) || isOver(plus(momentOf(requestId), READABLE), now, READABLE)) return undefined
  return findAct(trx, requestId, { activity: 'password.given', actorId: actor.id, targetId: userId })
}
