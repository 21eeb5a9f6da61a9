import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { actIn, endSession, type Session } from '../sessions/index.ts'
import { type Db, inTenant } from '../store/index.ts'

/** Signs the person of a session out. `application`: the name of the one that asked for it. */
export const signOut = (db: Db, act: Act, session: Session, application?: string): Promise<void> =>
  inTenant(db, session.tenantId, async trx => {
    const { user } = session
    await endSession(trx, session)
    await record(trx, actIn(act, session), {
      activity: 'signout.succeeded',
      result: 'success',
      target: { id: user.id, name: user.userPrincipalName },
      ...(application !== undefined && { details: { application } }),
    })
  })
