import { findDetails } from '../audit/index.ts'
import type { User } from '../directory/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { passwordOf } from './stored.ts'

/** Whether the owner reported the present password as known to somebody else: it opens nothing again, even after its lock is lifted. */
export async function isReported(trx: Trx, user: User): Promise<boolean> {
  const password = await askOne(trx, passwordOf(user))
  if (!password) return false
  const reports = await findDetails(trx, 'account.reported', user.id)
  return reports.some(
    ({ at, details: { password: reported, passwordSetAt } }) =>
      reported === 'locked' &&
      // By name and not by order: a clock that was ahead when the password was set would put its report before it.
      (passwordSetAt === undefined ? at >= password.setAt : passwordSetAt === password.setAt.toISOString()),
  )
}
