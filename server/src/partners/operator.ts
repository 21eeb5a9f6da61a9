import type { Act } from '../act.ts'
import { type Db, inSystem, inTenant, sql, type Trx } from '../store/index.ts'
import { getAccount, type PartnerAccount } from './accounts.ts'
import { type Enrollment, listEnrollments } from './enrollments.ts'

/** A firm that has handed something in, as the operator reads it. */
export interface ListedPartner extends PartnerAccount {
  tenantId: string
  enrollments: Enrollment[]
}

/** The firms that are partners, or wish to be, by their names. */
export async function listPartners(db: Db, act: Act): Promise<ListedPartner[]> {
  const { rows } = await inSystem(db, trx =>
    sql<{ tenantId: string }>`select distinct tenant_id as "tenantId" from partner_enrollments`.execute(trx),
  )
  const partners: ListedPartner[] = []
  for (const { tenantId } of rows) partners.push(await inTenant(db, tenantId, trx => readPartner(trx, act)))
  return partners.sort((one, other) => (one.legalProfile.companyName < other.legalProfile.companyName ? -1 : 1))
}

/** Throws `not_found` where the tenant is no partner. */
export const readPartner = async (trx: Trx, act: Act): Promise<ListedPartner> => ({
  ...(await getAccount(trx, act)),
  tenantId: trx.tenantId,
  enrollments: await listEnrollments(trx),
})
