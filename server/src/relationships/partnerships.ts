import { type Db, inTenant, sql } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { namesOf } from './names.ts'
import { isProvided } from './served.ts'

/** A partnership of provider and reseller, as one of them reads the other. */
export interface Partnership {
  id: string
  displayName: string
  domain: string
  /** What the other one is. */
  role: 'provider' | 'reseller'
  since: Date
}

/** The firm's resellers, and its providers. */
export async function listPartnerships(db: Db, homeId: string): Promise<Partnership[]> {
  const found = await inTenant(db, homeId, async trx => {
    const resellers = await sql<Omit<Partnership, 'role'>>`
      select tenant_id as id, display_name as "displayName", domain, provided_since as since from served_companies served
      where other_tenant_id = ${homeId} and ${isProvided('served')} order by display_name_folded, tenant_id`.execute(
      trx,
    )
    const providers = await sql<{ id: string; since: Date }>`
      select other_tenant_id as id, provided_since as since from served_companies served
      where tenant_id = ${homeId} and ${isProvided('served')} order by provided_since`.execute(trx)
    return { resellers: resellers.rows, providers: providers.rows }
  })
  const providers: Partnership[] = []
  for (const one of found.providers)
    providers.push({ ...one, ...(await inTenant(db, one.id, namesOf)), role: 'provider' })
  return [...providers, ...found.resellers.map(one => ({ ...one, role: 'reseller' as const }))]
}

/** Throws `not_found`. */
export async function getPartnership(db: Db, homeId: string, id: string): Promise<Partnership> {
  const found = (await listPartnerships(db, homeId)).find(one => one.id === id)
  if (!found) throw refuseMissing('not_found')
  return found
}
