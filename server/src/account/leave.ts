import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import {
  deleteUser,
  eraseUser,
  findProfile,
  findTechnicalContacts,
  findUser,
  isTheirOwn,
  lockDeletedUser,
  lockTenant,
  type StoredProfile,
  type User,
} from '../directory/index.ts'
import { findNoticeAddresses, methodsOf, ownValue } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { actIn, isFresh, type Session } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { listOwnActivity, type OwnActivity } from './activity.ts'
import { listOwnApplications, type OwnApplication } from './applications.ts'
import { refuse } from './errors.ts'

/** Events of an export. */
const EVENTS = 100

/** What the service holds of somebody. */
export interface AccountExport {
  profile: StoredProfile['values']
  methods: { kind: string; value?: string; confirmedAt: Date | null }[]
  activity: OwnActivity[]
  applications: OwnApplication[]
}

/**
 * Throws `not_found` where a company administers the account, or the person holds a role there, and `proof_needed` where
 * the password was not typed, nor anything proved, within fifteen minutes.
 */
export async function demandOwn(trx: Trx, act: Act, session: Session, fresh = true): Promise<void> {
  const user = await findUser(trx, trx.tenantId, session.user.id)
  if (!user || user.roles.length > 0 || !(await askOne(trx, isTheirOwn(trx.tenantId, user.id))))
    throw refuse('not_found')
  if (fresh && !isFresh(session.passwordAt, act.now) && !isFresh(session.provedAt, act.now))
    throw refuse('proof_needed')
}

/** Reads all that the service holds of a person whom no company administers (work accounts on the wire, §1.5). */
export async function exportAccount(db: Db, act: Act, session: Session): Promise<AccountExport> {
  const { user, tenantId } = session
  const applications = await listOwnApplications(db, user)
  return inTenant(db, tenantId, async trx => {
    await demandOwn(trx, act, session)
    const recorded = await askOne(trx, methodsOf(act, user))
    const activity = await listOwnActivity(trx, session, EVENTS)
    await recordOf(trx, actIn(act, session), session, 'account.exported')
    return {
      profile: (await findProfile(trx, user.id))!.values,
      methods: recorded.map(method => {
        const value = ownValue(act, method)
        return { kind: method.kind, ...(value !== undefined && { value }), confirmedAt: method.confirmedAt }
      }),
      activity,
      applications,
    }
  })
}

/** Closes the account for ever, with everything that belongs to it. What was audited stays for its time. */
export const closeAccount = (db: Db, act: Act, session: Session): Promise<void> =>
  inTenant(db, session.tenantId, async trx => {
    await demandOwn(trx, act, session)
    const user = await findUser(trx, trx.tenantId, session.user.id, true)
    if (!user) throw refuse('not_found')
    await tellOfClosure(trx, act, user)
    await deleteUser(trx, act, user)
    const deleted = await lockDeletedUser(trx, user.id)
    if (deleted) await eraseUser(trx, deleted)
    await recordOf(trx, actIn(act, session), session, 'account.closed')
  })

/** Tells the person while their addresses are on record, and who is named for technical news where it was the last account. */
async function tellOfClosure(trx: Trx, act: Act, user: User): Promise<void> {
  const { preferredLanguage } = user
  const own = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  // Of the last two who leave at once the second waits, and is the last.
  await lockTenant(trx, trx.tenantId)
  const contacts = await findTechnicalContacts(trx, { without: user.id })
  const readers = [
    ...own.map(to => ({ to, preferredLanguage, template: 'account_closed' as const })),
    ...contacts.map(to => ({ to, preferredLanguage: null, template: 'company_closed' as const })),
  ]
  await tellOfAccount(trx, act, user, { readers })
}

const recordOf = (trx: Trx, act: Act, { user }: Session, activity: 'account.exported' | 'account.closed') =>
  record(trx, act, { activity, result: 'success', target: { id: user.id, name: user.userPrincipalName } })
