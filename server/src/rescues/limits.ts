import { countInWindow } from '../captcha/index.ts'
import { DAY, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { refusePerson } from './errors.ts'

/** Counts one more within a day, before it is judged. Throws `throttled`. */
export async function countInDay(db: Db, means: Means, key: string, most: number): Promise<void> {
  const { points, ends } = await countInWindow(db, means, key, DAY)
  if (points > most)
    throw refusePerson('throttled', { retryAfter: Math.max(Math.ceil((ends - means.now.getTime()) / SECOND), 1) })
}
