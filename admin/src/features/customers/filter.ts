import { quoted } from '../../parts/quoted.ts'
import type { Access, CustomersSearch } from './address.ts'

const ofAccess: Record<Access, string> = {
  gdap: 'access/gdap eq true',
  dap: 'access/dap eq true',
  none: 'access/gdap eq false and access/dap eq false',
}

/** The `$filter` of `/partner/customers` for an address. */
export function filterOf({ q = '', tag = '', access }: Partial<CustomersSearch>) {
  const filters = [
    q && `(startsWith(displayName,${quoted(q)}) or startsWith(domain,${quoted(q.toLowerCase())}))`,
    tag && `tags/any(t:t eq ${quoted(tag)})`,
    access && ofAccess[access],
  ].filter(Boolean)
  return filters.length > 0 ? { $filter: filters.join(' and ') } : {}
}
