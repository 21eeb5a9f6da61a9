import type { Act } from '../act.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { base32, type Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { methodsOnOf, methodsPolicyOf, PASS_MINUTES } from '../policies/index.ts'
import { ask, hasEnded, type Removal, sql, stillLasts, type Trx } from '../store/index.ts'
import { readUserCode } from '../typing/index.ts'

/** How long before its beginning a pass may be made. */
export const PASS_AHEAD = 30 * DAY

/** The latest end of a pass. */
const LONGEST = PASS_AHEAD + PASS_MINUTES.most * MINUTE

/** A pass to be made. `startsAt`: at once, where it is left out. */
export interface NewPass {
  minutes: number
  once: boolean
  startsAt?: Date | undefined
}

/** Gives a user a pass in place of any before. Returns its twelve letters, of which only a keyed hash is kept. */
export async function issuePass(
  trx: Trx,
  { now, random, keys }: Act,
  user: User,
  { minutes, once, startsAt = now }: NewPass,
): Promise<{ pass: string; endsAt: Date }> {
  const pass = base32(Buffer.from(random.token(), 'base64url'), 12)
  const endsAt = plus(startsAt, minutes * MINUTE)
  const row = {
    id: random.uuid(now),
    created_at: now,
    pass_hash: keys.mac('pass', user.tenantId, user.id, pass),
    security_epoch: user.securityEpoch,
    once,
    used_at: null,
    starts_at: startsAt,
    ends_at: endsAt,
  }
  await trx
    .insertInto('access_passes')
    .values({ tenant_id: user.tenantId, user_id: user.id, ...row })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(row))
    .execute()
  return { pass: pass.match(/.{4}/g)!.join('-'), endsAt }
}

/**
 * Spends a typed pass in one statement: one that holds once is spent for good, another until its end. The methods policy
 * is read anew: it may have been turned off, or narrowed, since the pass was given.
 */
export async function claimPass(trx: Trx, { now, keys }: Means, { tenantId, id }: User, typed: string) {
  const { policy, on } = await ask(trx, { policy: methodsPolicyOf(tenantId), on: methodsOnOf(tenantId, id) })
  const { maximumLifetimeInMinutes: most, isUsableOnce } = policy.TemporaryAccessPass
  const claimed = await trx
    .updateTable('access_passes')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .where('pass_hash', 'in', keys.macs('pass', tenantId, id, readUserCode(typed)))
    .where(stillLasts(sql`ends_at`, now, LONGEST))
    // One that was made to begin at once need not wait for a clock that is behind.
    .where(eb => eb.or([eb('starts_at', '<=', now), eb('starts_at', '<=', eb.ref('created_at'))]))
    .where('starts_at', '>', plus(now, -most * MINUTE))
    .where(eb => eb.or([eb.and([eb('once', '=', false), eb.lit(!isUsableOnce)]), eb('used_at', 'is', null)]))
    .where(eb => eb.lit(on.own.TemporaryAccessPass))
    .where('security_epoch', '=', eb =>
      eb.selectFrom('users').select('security_epoch').where('tenant_id', '=', tenantId).where('id', '=', id),
    )
    .returning('user_id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** A pass on record, without its letters. `use`: why it opens nothing now, or that it does. */
export interface Pass {
  id: string
  createdAt: Date
  startsAt: Date
  minutes: number
  once: boolean
  use: 'usable' | 'notYetValid' | 'oneTimeUsed' | 'disabledByPolicy'
}

/** The pass of a user that can be used, could have been, or will; undefined where it has ended, or its sessions have. */
export async function findPass(trx: Trx, { now }: Pick<Means, 'now'>, user: User): Promise<Pass | undefined> {
  const row = await trx
    .selectFrom('access_passes')
    .select(['id', 'created_at', 'starts_at', 'ends_at', 'once', 'used_at'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('security_epoch', '=', user.securityEpoch)
    .where(stillLasts(sql`ends_at`, now, LONGEST))
    .executeTakeFirst()
  if (!row) return undefined
  const { policy, on } = await ask(trx, {
    policy: methodsPolicyOf(user.tenantId),
    on: methodsOnOf(user.tenantId, user.id),
  })
  const { maximumLifetimeInMinutes: most, isUsableOnce } = policy.TemporaryAccessPass
  const { starts_at: startsAt, ends_at, once } = row
  const use = (): Pass['use'] => {
    if ((once || isUsableOnce) && row.used_at) return 'oneTimeUsed'
    if (!on.own.TemporaryAccessPass || startsAt <= plus(now, -most * MINUTE)) return 'disabledByPolicy'
    return startsAt > now && startsAt > row.created_at ? 'notYetValid' : 'usable'
  }
  return {
    id: row.id,
    createdAt: row.created_at,
    startsAt,
    minutes: Math.round((ends_at.getTime() - startsAt.getTime()) / MINUTE),
    once,
    use: use(),
  }
}

/** Takes a user's pass of this id back; false where there is none. */
export async function removePass(trx: Trx, user: User, id: string): Promise<boolean> {
  const removed = await trx
    .deleteFrom('access_passes')
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return removed !== undefined
}

/** Passes that have ended. */
export const expiredPasses: Removal = {
  table: 'access_passes',
  due: now => hasEnded(sql`ends_at`, now, LONGEST),
}
