import { sql } from 'kysely'
import type { Actor } from '../access/index.ts'
import {
  applicationOf,
  BUILT_IN,
  builtIn,
  findMissing,
  isAssigned,
  permissionsOf,
  type Scope,
  userGrantsOf,
} from '../applications/index.ts'
import { userOf } from '../directory/index.ts'
import { ask, type Row, type Trx } from '../store/index.ts'

type Creator = Pick<Row<'subscriptions'>, 'creator_kind' | 'creator_id' | 'app_id' | 'scopes' | 'created_at'>

/**
 * The creator of a subscription with the rights of now: the scopes of then that still are consented to, and today's
 * roles. Undefined where the account or the application is gone or disabled.
 */
export async function findCreator(trx: Trx, creator: Creator, origin: string): Promise<Actor | undefined> {
  const { tenantId } = trx
  const { creator_kind: kind, creator_id: id, app_id: appId } = creator
  const person = sql<string>`${kind === 'user' ? id : null}::uuid`
  const isBuiltIn = appId === BUILT_IN
  const found = await ask(trx, {
    application: applicationOf(tenantId, sql`${isBuiltIn ? null : appId}::uuid`),
    user: userOf(trx, person),
    grants: userGrantsOf(tenantId, appId, person),
  })
  const application = isBuiltIn ? builtIn(origin, tenantId) : found.application
  if (!application) return undefined
  if (kind === 'application') {
    const permissions = permissionsOf(application, undefined)
    const scopes = creator.scopes.filter(scope => permissions.includes(scope))
    return { kind, id, tenantId, name: application.displayName, roles: [], scopes, owners: [] }
  }
  const { user, grants } = found
  if (!user?.accountEnabled || !isAssigned(application, grants)) return undefined
  const asked = creator.scopes.map(name => ({ name }) as Scope)
  const missing = findMissing(application, grants, asked).map(({ name }) => name)
  return {
    kind,
    id,
    tenantId,
    name: user.userPrincipalName,
    roles: user.roles,
    scopes: creator.scopes.filter(scope => !missing.includes(scope)),
    proof: { acr: 'pwd', authTime: creator.created_at },
  }
}
