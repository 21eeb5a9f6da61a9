import type { Means } from '../crypto/index.ts'
import { hasHelpers, NOBODYS_TENANT } from '../directory/index.ts'
import { askOne, type Db, inSystem, inTenant } from '../store/index.ts'
import { type Case, readNumber } from './case.ts'
import { refuse } from './errors.ts'
import { findProvider } from './provider.ts'
import { findCase, findTenantOfCase } from './queries.ts'

/** A case as the operator sees it. `isOurs`: it waits for the operator, or nobody else can be asked. */
export type OperatorsCase = Omit<Case, 'challenge'> & { isOurs: boolean }

/** Every open case, of every company and of nobody's domain, the oldest first. */
export async function listOpenCases(db: Db, means: Means): Promise<OperatorsCase[]> {
  const tenants = await inSystem(db, trx =>
    trx
      .selectFrom('cases')
      .select('tenant_id')
      .distinct()
      .where('closed_at', 'is', null)
      .where('opened_at', 'is not', null)
      .execute(),
  )
  const all: OperatorsCase[] = []
  for (const { tenant_id: tenantId } of tenants)
    await inTenant(db, tenantId, async trx => {
      const nobody = tenantId === NOBODYS_TENANT || !(await askOne(trx, hasHelpers(tenantId)))
      const provider = await findProvider(trx)
      const rows = await trx
        .selectFrom('cases')
        .select('number')
        .where('tenant_id', '=', tenantId)
        .where('closed_at', 'is', null)
        .where('opened_at', 'is not', null)
        .execute()
      for (const { number } of rows) {
        const found = await findCase(trx, means, number)
        if (!found) continue
        const { asked } = found.case
        const isOurs = nobody || asked === 'operator' || (asked === 'provider' && provider === undefined)
        all.push({ ...found.case, isOurs })
      }
    })
  return all.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
}

/** The case of a number, for the operator, once it is open. Throws `not_found`. */
export async function getOpenedCase(db: Db, means: Means, typed: string): Promise<Case> {
  const number = readNumber(typed) ?? ''
  const tenantId = await findTenantOfCase(db, number)
  const found = await inTenant(db, tenantId, trx => findCase(trx, means, number))
  if (!found?.row.opened_at) throw refuse('not_found')
  return { ...found.case, challenge: undefined }
}
