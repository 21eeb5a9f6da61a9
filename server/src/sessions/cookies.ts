import { isUuid } from '../crypto/index.ts'
/** A cookie's value taken apart: where its row is, and the secret that opens it. */
export interface Ticket {
  tenantId: string
  id: string
  token: string
}

/** Reads `tenant.id.secret`; undefined for anything else. */
export function readTicket(value: string | undefined): Ticket | undefined {
  const [tenantId = '', id = '', token = '', more] = (value ?? '').split('.')
  return isUuid(tenantId) && isUuid(id) && token.length === 43 && more === undefined
    ? { tenantId, id, token }
    : undefined
}
