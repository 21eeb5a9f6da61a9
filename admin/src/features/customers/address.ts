/** What a customer's access is narrowed to: by a relationship, by delegated administration, or none. */
export const accesses = ['gdap', 'dap', 'none'] as const
export type Access = (typeof accesses)[number]

/** The states of relationships, in the order of their life. */
export const statuses = ['created', 'approvalPending', 'active', 'expired', 'terminated'] as const
export type Status = (typeof statuses)[number]

/** What the address of the list of customers says. */
export interface CustomersSearch {
  /** The beginning of a name or a domain. */
  q: string
  tag: string
  access: Access
}

const oneOf = <T>(all: readonly T[], given: unknown): T | undefined => all.find(one => one === given)
const textOf = (given: unknown) => (typeof given === 'string' ? given.trim().slice(0, 100) : '')

/** Reads the address. What it cannot mean is left out: a mistyped address shows everybody. */
export function readCustomersSearch(search: Record<string, unknown>): Partial<CustomersSearch> {
  const [q, tag, access] = [textOf(search.q), textOf(search.tag), oneOf(accesses, search.access)]
  return { ...(q && { q }), ...(tag && { tag }), ...(access && { access }) }
}

export function readRelationshipsSearch(search: Record<string, unknown>): { status?: Status; customer?: string } {
  const status = oneOf(statuses, search.status)
  const { customer } = search
  return {
    ...(status && { status }),
    ...(typeof customer === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(customer) && { customer }),
  }
}
