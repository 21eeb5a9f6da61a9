import type { Act } from '../act.ts'
import {
  findScopes,
  listMyApplications,
  type MyApplication,
  type Scope,
  takeBackConsent,
} from '../applications/index.ts'
import type { User } from '../directory/index.ts'
import { endGrantsOf } from '../oidc/index.ts'
import { type Db, inTenant } from '../store/index.ts'

/** One's application, and the scopes that its consents name. */
export interface OwnApplication extends MyApplication {
  scopes: Scope[]
}

/** One's applications, with what each may do. */
export async function listOwnApplications(db: Db, user: User): Promise<OwnApplication[]> {
  const found = await listMyApplications(db, user)
  const agreed = (one: MyApplication) => [...(one.consent?.scopes ?? []), ...(one.organizationConsent?.scopes ?? [])]
  const scopes = await findScopes(db, user.tenantId, [...new Set(found.flatMap(agreed))])
  return found.map(one => {
    const names = agreed(one)
    return { ...one, scopes: scopes.filter(({ name }) => names.includes(name)) }
  })
}

/**
 * Takes back what the person agreed to, and ends what the application was given for them, in one transaction. Whether the
 * application is one of theirs.
 */
export async function leaveApplication(db: Db, act: Act, user: User, appId: string): Promise<boolean> {
  const mine = await listMyApplications(db, user)
  if (!mine.some(({ id }) => id === appId)) return false
  await inTenant(db, user.tenantId, async trx => {
    await takeBackConsent(trx, act, user, appId)
    await endGrantsOf(trx, appId, user.id)
  })
  return true
}
