import { type Case, getOpenedCase } from '../cases/index.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, inSystem, inTenant } from '../store/index.ts'
import { refusePerson } from './errors.ts'
import { caseOf, findRescue, findRescueOfCase } from './queries.ts'
import type { Rescue } from './rescue.ts'

/** A rescue as the operator reads it. */
export interface OperatorsRescue extends Rescue {
  one: Omit<Case, 'challenge'>
}

/** Every open rescue of every company, the oldest first. */
export async function listOpenRescues(db: Db, means: Means): Promise<OperatorsRescue[]> {
  const rows = await inSystem(db, trx =>
    trx
      .selectFrom('rescues')
      .select(['tenant_id as tenantId', 'id'])
      .where('ended_at', 'is', null)
      .orderBy('id')
      .execute(),
  )
  const all: OperatorsRescue[] = []
  for (const { tenantId, id } of rows)
    await inTenant(db, tenantId, async trx => {
      const found = await findRescue(trx, means, id)
      if (found) all.push({ ...found.rescue, one: await caseOf(trx, means, found.rescue) })
    })
  return all
}

/** The newest rescue of a case, by its number as somebody says it. Throws `not_found`. */
export async function getRescueOf(db: Db, means: Means, number: string): Promise<OperatorsRescue> {
  const one = await getOpenedCase(db, means, number)
  const found = await inTenant(db, one.tenantId, trx => findRescueOfCase(trx, means, one.id))
  if (!found) throw refusePerson('not_found')
  return { ...found.rescue, one }
}
