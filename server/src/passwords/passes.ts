import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { MINUTE, plus } from '../clock.ts'
import { base32, type Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { hasEnded, type Removal, stillLasts, type Trx } from '../store/index.ts'
import { readUserCode } from '../typing/index.ts'

/** Minutes that a pass may last, and without a choice does (administration, `temporaryAccessPassMethods`). */
export const PASS_MINUTES = { least: 10, most: 480, usual: 60 }

/** The longest life of a pass. */
const LONGEST = PASS_MINUTES.most * MINUTE

/** Gives a user a pass in place of any before. Returns its twelve letters, of which only a keyed hash is kept. */
export async function issuePass(
  trx: Trx,
  { now, random, keys }: Act,
  user: User,
  { minutes, once }: { minutes: number; once: boolean },
): Promise<{ pass: string; endsAt: Date }> {
  const pass = base32(Buffer.from(random.token(), 'base64url'), 12)
  const endsAt = plus(now, minutes * MINUTE)
  const row = {
    pass_hash: keys.mac('pass', user.tenantId, user.id, pass),
    security_epoch: user.securityEpoch,
    once,
    used_at: null,
    starts_at: now,
    ends_at: endsAt,
  }
  await trx
    .insertInto('access_passes')
    .values({ tenant_id: user.tenantId, user_id: user.id, ...row })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(row))
    .execute()
  return { pass: pass.match(/.{4}/g)!.join('-'), endsAt }
}

/** Spends a typed pass in one statement: one that holds once is spent for good, another until its end. */
export async function claimPass(trx: Trx, { now, keys }: Means, { tenantId, id }: User, typed: string) {
  const claimed = await trx
    .updateTable('access_passes')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .where('pass_hash', 'in', keys.macs('pass', tenantId, id, readUserCode(typed)))
    .where(stillLasts(sql`ends_at`, now, LONGEST))
    .where(eb => eb.or([eb('once', '=', false), eb('used_at', 'is', null)]))
    .where('security_epoch', '=', eb =>
      eb.selectFrom('users').select('security_epoch').where('tenant_id', '=', tenantId).where('id', '=', id),
    )
    .returning('user_id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Passes that have ended. */
export const expiredPasses: Removal = {
  table: 'access_passes',
  due: now => hasEnded(sql`ends_at`, now, LONGEST),
}
