import { findDetails } from '../audit/index.ts'
import type { User } from '../directory/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { passwordOf } from './stored.ts'

/** Whether the owner reported the present password as known to somebody else: it opens nothing again, even after its lock is lifted. */
export async function isReported(trx: Trx, user: User): Promise<boolean> {
  const password = await askOne(trx, passwordOf(user))
  if (!password) return false
  const reports = await findDetails(trx, 'account.reported', user.id, { since: password.setAt })
  return reports.some(details => details.password === 'locked')
}
