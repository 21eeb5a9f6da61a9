import type { Act } from '../act.ts'
import type { Case } from '../cases/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { lookAt } from './look.ts'
import { caseOf, findRescue } from './queries.ts'
import type { Rescue } from './rescue.ts'

/** A rescue of one's own company. */
export interface RunningRescue {
  rescue: Rescue
  one: Omit<Case, 'challenge'>
}

/** What runs in a company, once somebody of a firm has taken it: before there is nothing to hear of. The newest first. */
export async function listRunningRescues(db: Db, act: Act, tenantId: string): Promise<RunningRescue[]> {
  const rows = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('rescues')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('taken_at', 'is not', null)
      .where('ended_at', 'is', null)
      .orderBy('id', 'desc')
      .execute(),
  )
  const running: RunningRescue[] = []
  for (const { id } of rows) {
    await lookAt(db, act, { tenantId, id })
    const found = await inTenant(db, tenantId, async trx => {
      const read = await findRescue(trx, act, id)
      const goesOn = read?.row.taken_at && !read.row.ended_at
      return goesOn ? { rescue: read.rescue, one: await caseOf(trx, act, read.rescue) } : undefined
    })
    if (found) running.push(found)
  }
  return running
}
