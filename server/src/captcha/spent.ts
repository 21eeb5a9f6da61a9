import { HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { APART, askSystem, BATCH, type Db, inBatches } from '../store/index.ts'

/** Spends a solved challenge or a form's token by its keyed hash: true for one caller on all replicas. */
export async function claimCaptcha(db: Db, id: Buffer, expiresAt: Date): Promise<boolean> {
  const claimed = await askSystem(
    db,
    'insert into spent_captchas (id, expires_at) values ($1, $2) on conflict do nothing returning id',
    [id, expiresAt],
  )
  return claimed.length > 0
}

/** Removes spent captchas that every replica refuses by now: expired also by a late clock, or written by a clock that had jumped ahead. */
export async function removeSpentCaptchas(db: Db, { now }: Pick<Means, 'now'>): Promise<void> {
  await inBatches(() =>
    askSystem(
      db,
      'delete from spent_captchas where id in (select id from spent_captchas where expires_at < $1 or expires_at > $2 limit $3) returning 1',
      [plus(now, -HOUR), plus(now, 2 * APART), BATCH],
    ),
  )
}
