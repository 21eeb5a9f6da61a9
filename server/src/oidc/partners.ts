import type { Act } from '../act.ts'
import { BUILT_IN, findApplicationTenant } from '../applications/index.ts'
import { findTenantId } from '../directory/index.ts'
import type { Db } from '../store/index.ts'
import { type Facts, type Named, readFacts } from './facts.ts'

/** The firm whose application asks at the issuer of another tenant, and what is read there. */
export interface Home {
  tenantId: string
  facts: Facts
}

/**
 * The home of an application that asks at the issuer of a tenant that has no such application: of a partner, by which
 * its people act in customers' tenants (partners on the wire, §3). Undefined for every other.
 */
export async function findHome(db: Db, act: Act, { appId, tenantId, hint }: Named): Promise<Home | undefined> {
  if (appId === undefined) return undefined
  // The built-in application is every tenant's: whose people sign in is said by the name.
  const isBuiltIn = appId === BUILT_IN
  const homeId = isBuiltIn ? hint && (await findTenantId(db, hint)) : await findApplicationTenant(db, appId)
  if (!homeId || homeId === tenantId) return undefined
  const facts = await readFacts(db, act, { tenantId: homeId, appId, traded: undefined, hint })
  return facts && (isBuiltIn || facts.application?.partnerAccess) ? { tenantId: homeId, facts } : undefined
}

/** The address of a request that asks for a second step, whatever it said itself. */
export function withSecondStep(path: string): string {
  const at = path.indexOf('?')
  const asked = new URLSearchParams(at < 0 ? '' : path.slice(at))
  asked.set('acr_values', 'mfa')
  asked.delete('claims')
  return `${at < 0 ? path : path.slice(0, at)}?${asked}`
}
