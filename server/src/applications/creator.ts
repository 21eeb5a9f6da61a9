import type { Actor, Role, SignedIn } from '../access/index.ts'
import { rolesHeldBy, userOf } from '../directory/index.ts'
import { ask, sql, type Trx } from '../store/index.ts'
import { applicationOf } from './applications.ts'
import { isAssigned, userGrantsOf } from './assignments.ts'
import { BUILT_IN, builtIn } from './builtIn.ts'
import { findMissing, permissionsOf } from './consents.ts'
import { applicationOwnersOf } from './owners.ts'
import type { Scope } from './scopes.ts'

/** Who made something that acts later, and by what. */
export interface Creator {
  kind: 'user' | 'application'
  id: string
  /** Through which application. */
  appId: string
  scopes: readonly string[]
  /** How a person had signed in. */
  proof: SignedIn['proof']
  /** Where it ends with what ends the person's sessions: their epoch of then. */
  securityEpoch?: number | undefined
}

/**
 * The creator with the rights of now: the scopes of then that still are consented to, and today's roles. Undefined
 * where the account or the application is gone or disabled, or the sessions of then have ended.
 */
export async function findCreator(
  trx: Trx,
  { kind, id, appId, scopes, proof, securityEpoch }: Creator,
  origin: string,
): Promise<Extract<Actor, { kind: 'user' | 'application' }> | undefined> {
  const { tenantId } = trx
  const person = sql<string>`${kind === 'user' ? id : null}::uuid`
  const program = sql<string>`${kind === 'application' ? id : null}::uuid`
  const isBuiltIn = appId === BUILT_IN
  const found = await ask(trx, {
    application: applicationOf(tenantId, sql`${isBuiltIn ? null : appId}::uuid`),
    user: userOf(trx.tenantId, person),
    grants: userGrantsOf(tenantId, appId, person),
    roles: { sql: rolesHeldBy(tenantId, 'service_principal_id', program), read: json => json as Role[] },
    owners: applicationOwnersOf(tenantId, sql`${kind === 'application' && !isBuiltIn ? appId : null}::uuid`),
  })
  const application = isBuiltIn ? builtIn(origin, tenantId) : found.application
  if (!application) return undefined
  if (kind === 'application') {
    const permissions = permissionsOf(application, undefined)
    const held = scopes.filter(scope => permissions.includes(scope))
    return { kind, id, tenantId, name: application.displayName, roles: found.roles, scopes: held, owners: found.owners }
  }
  const { user, grants } = found
  if (!user?.accountEnabled || !isAssigned(application, grants)) return undefined
  if (securityEpoch !== undefined && user.securityEpoch !== securityEpoch) return undefined
  const asked = scopes.map(name => ({ name }) as Scope)
  const missing = findMissing(application, grants, asked).map(({ name }) => name)
  const held = scopes.filter(scope => !missing.includes(scope))
  return { kind, id, tenantId, name: user.userPrincipalName, roles: user.roles, scopes: held, proof }
}
