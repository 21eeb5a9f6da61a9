import { findDetails } from '../audit/index.ts'
import type { User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { findPassword } from './verify.ts'

/** Whether its owner has reported that somebody else knows the password of now: it is not to open anything again, however its lock is lifted. */
export async function isReported(trx: Trx, user: User): Promise<boolean> {
  const password = await findPassword(trx, user)
  if (!password) return false
  const reports = await findDetails(trx, user.tenantId, 'account.reported', user.id, password.setAt)
  return reports.some(details => details.password === 'locked')
}
