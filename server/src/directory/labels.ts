import { type Db, inSystem, type Trx } from '../store/index.ts'

/** A label of an initial domain as its look-alikes are compared: two with the same one cannot both be given. */
export const labelSkeleton = (label: string) =>
  label
    .replaceAll('-', '')
    .replace(/0/g, 'o')
    .replace(/[1i]/g, 'l')
    .replace(/5/g, 's')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

/** Gives a label to the tenant, for as long as anybody is or was there. False where it, or one that looks alike, was given before. */
export async function claimLabel(trx: Trx, label: string): Promise<boolean> {
  const claimed = await trx
    .insertInto('taken_labels')
    .values({ tenant_id: trx.tenantId, label, skeleton: labelSkeleton(label) })
    .onConflict(conflict => conflict.doNothing())
    .returning('label')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Gives the label of a tenant back in which nobody ever was: no name below it belonged to anybody. */
export async function releaseLabel(trx: Trx): Promise<void> {
  await trx.deleteFrom('taken_labels').where('tenant_id', '=', trx.tenantId).execute()
}

/** Those of these labels that can still be given. */
export async function freeLabels(db: Db, labels: readonly string[]): Promise<string[]> {
  const skeletons = labels.map(labelSkeleton)
  if (skeletons.length === 0) return []
  const taken = await inSystem(db, trx =>
    trx.selectFrom('taken_labels').select('skeleton').where('skeleton', 'in', skeletons).execute(),
  )
  return labels.filter((_, place) => !taken.some(({ skeleton }) => skeleton === skeletons[place]))
}
