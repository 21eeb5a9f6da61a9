import { refusals } from '../refusals.ts'
import { inTenant, type Trx } from '../store/index.ts'
import type { Call } from './resource.ts'

const refuseMissing = refusals({ not_found: 404 })

/** Another organization's id in the path is one that never was. Throws `not_found`. */
export function checkIsOwn({ params, tenantId }: Pick<Call, 'params' | 'tenantId'>): void {
  if (params.id?.toLowerCase() !== tenantId) throw refuseMissing('not_found')
}

/** Works in the caller's tenant, where the path names that. Throws `not_found`. */
export async function inOwn<T>(
  call: Pick<Call, 'db' | 'tenantId' | 'params'>,
  work: (trx: Trx) => Promise<T>,
): Promise<T> {
  checkIsOwn(call)
  return inTenant(call.db, call.tenantId, work)
}
