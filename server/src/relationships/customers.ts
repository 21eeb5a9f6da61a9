import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { type Db, inTenant } from '../store/index.ts'
import { type Authority, DAP_SLEEPS_AFTER, findAuthority } from './authority.ts'
import { refuseMissing } from './errors.ts'
import { namesOf } from './names.ts'
import { listRelationships } from './rows.ts'

/** A company that a partner may act for. */
export interface Customer {
  id: string
  displayName: string
  domain: string
  access: { gdap: boolean; dap: boolean; until: Date }
}

/** The companies that this partner may act for now, by their names. */
export async function listCustomers(db: Db, { now }: Pick<Act, 'now'>, homeId: string): Promise<Customer[]> {
  const given = await inTenant(db, homeId, async trx => {
    const active = (await listRelationships(trx, 'partner', now)).filter(({ status }) => status === 'active')
    const { rows } = await sql<{ customerId: string; endsAt: Date }>`
      select tenant_id as "customerId", ends_at as "endsAt" from daps
      where other_tenant_id = ${homeId} and ended_at is null and ends_at > ${now}::timestamptz
        and greatest(awake_at, last_used_at) > ${plus(now, -DAP_SLEEPS_AFTER)}::timestamptz`.execute(trx)
    return {
      gdap: active.map(one => ({ customerId: one.customerId!, endsAt: one.endsAt! })),
      dap: rows,
    }
  })
  const ids = [...new Set([...given.gdap, ...given.dap].map(({ customerId }) => customerId))]
  const customers: Customer[] = []
  // One after another: a partner with thousands must not take every connection at once.
  for (const id of ids) {
    const of = ({ customerId }: { customerId: string }) => customerId === id
    const ends = [...given.gdap, ...given.dap].filter(of).map(({ endsAt }) => endsAt.getTime())
    const access = { gdap: given.gdap.some(of), dap: given.dap.some(of), until: new Date(Math.max(...ends)) }
    customers.push({ id, ...(await inTenant(db, id, namesOf)), access })
  }
  return customers.sort((one, other) => (one.displayName < other.displayName ? -1 : 1))
}

/** What the caller may do for a customer now. Throws `not_found` for a company that gives their firm nothing. */
export async function readOwnAuthority(
  db: Db,
  act: Act,
  { homeId, customerId }: { homeId: string; customerId: string },
): Promise<Authority | undefined> {
  const customers = await listCustomers(db, act, homeId)
  if (!customers.some(({ id }) => id === customerId)) throw refuseMissing('not_found')
  const userId = 'id' in act.actor ? act.actor.id : undefined
  return userId === undefined ? undefined : findAuthority(db, act.now, { homeId, userId, customerId })
}
