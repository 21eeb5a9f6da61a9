import type { Means } from '../crypto/index.ts'
import { readReference } from '../notifications/index.ts'
import type { Db } from '../store/index.ts'
import { readBounce } from './bounce.ts'
import { noteReceipt } from './note.ts'

/** What a mail to the address of bounces was: none, a forged one or one of a message that is gone, or noted. */
export type TakenBounce = 'no report' | 'not ours' | 'noted'

/** Takes a mail that came to the address of bounces. A server that still tries changes nothing. */
export async function takeBounce(db: Db, means: Means, mail: Buffer): Promise<TakenBounce> {
  const bounce = readBounce(mail)
  if (!bounce) return 'no report'
  const reference = readReference(means.keys, bounce.reference)
  if (!reference) return 'not ours'
  if (!bounce.receipt) return 'noted'
  return (await noteReceipt(db, means, reference, { ...bounce.receipt, channels: ['email'] })) ? 'noted' : 'not ours'
}
