import { sql } from 'kysely'
import { Type } from 'typebox'
import { DAY, plus } from '../clock.ts'
import { type Entity, type Operator, type Property, T, TIMES } from '../odata/index.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { refuseActivities } from './errors.ts'
import { made, oldAndNewOf, readDetails } from './events.ts'

/** How long activities are kept, and how far back a list goes that asks for no time (partners on the wire, §7). */
const ACTIVITIES_KEPT = 365 * DAY
const USUAL = 30 * DAY

const column = (name: string) => sql.ref(`partner_activities.${name}`)
const EQUAL: readonly Operator[] = ['eq', 'ne', 'in']
const text = (name: string, more: Partial<Property> = {}): Property => ({
  ...{ kind: 'text', sql: column(name), nullable: true, unasked: true },
  ...more,
})
const folded = (name: string) => ({
  folded: { sql: sql`lower(normalize(${column(name)}, NFKC)) collate "C"`, fold: foldText },
})

/** What a firm's people have done as a partner, at home and in its customers' tenants (Partner Center and work accounts, §7.2). */
export const partnerActivitiesOf = (tenantId: string): Entity => ({
  name: 'partnerActivities',
  type: '#latchkey.partnerActivity',
  from: sql`(select * from partner_activities where other_tenant_id = ${tenantId}) as partner_activities`,
  tenant: column('other_tenant_id'),
  pageLimit: 500,
  order: { by: 'activityDateTime', descending: true },
  properties: {
    id: { kind: 'uuid', sql: column('id'), unasked: true },
    activityDateTime: { kind: 'time', sql: column('at'), unasked: true, filter: TIMES, order: true },
    operationType: text('operation', { filter: EQUAL, folded: { sql: column('operation'), fold: foldText } }),
    operationStatus: made<string>(column('result'), result => (result === 'success' ? 'succeeded' : 'failed'), {
      schema: Type.Enum(['succeeded', 'failed']),
    }),
    customerId: { kind: 'uuid', sql: column('customer_id'), nullable: true, unasked: true, filter: ['eq', 'in'] },
    customerName: text('customer_name', { ...folded('customer_name'), filter: T }),
    userPrincipalName: text('user_name', { ...folded('user_name'), filter: EQUAL }),
    userDisplayName: text('display_name'),
    applicationId: text('application_id'),
    resourceType: text('resource', { filter: EQUAL, folded: { sql: column('resource'), fold: foldText } }),
    relationshipId: text('relationship_id', {
      sql: sql`${column('relationship_id')} || '-' || ${column('other_tenant_id')}`,
    }),
    oldValue: sideOf('old'),
    newValue: sideOf('new'),
    correlationId: { kind: 'uuid', sql: column('correlation_id'), unasked: true, filter: ['eq'] },
  },
})

/** One side of what an act changed, as JSON; of what changes no property the new side tells the circumstances. */
function sideOf(side: 'old' | 'new'): Property {
  return made<Record<string, string>>(
    column('details'),
    details => {
      const { changes, rest } = readDetails(details)
      const told = Object.entries(changes).map(([name, change]) => [name, oldAndNewOf(name, change)[side]])
      const all = Object.fromEntries([...told, ...(side === 'new' ? Object.entries(rest) : [])])
      return Object.keys(all).length === 0 ? null : JSON.stringify(all)
    },
    { nullable: true, schema: Type.String() },
  )
}

/**
 * From when on a list is told: thirty days, where its filter names no time. Throws `range_invalid` for a time before
 * what is kept.
 */
export function earliestOf(filter: string | undefined, now: Date): Date {
  const [kept, usual] = [plus(now, -ACTIVITIES_KEPT), plus(now, -USUAL)]
  const bounds = [...(filter ?? '').matchAll(/activityDateTime\s+(?:ge|gt)\s+([\d.:TZ+-]+)/gi)]
  if (bounds.some(([, moment]) => new Date(moment!) < kept))
    throw refuseActivities('range_invalid', { field: '$filter' })
  return /activityDateTime/i.test(filter ?? '') ? kept : usual
}

/** For SQL: since when. */
export const happenedSince = (moment: Date) => sql<boolean>`${column('at')} >= ${moment}::timestamptz`

/** For SQL: one of them. */
export const isActivityOf = (id: string) => sql<boolean>`${column('id')} = ${id}::uuid`

/** Activities that are a year old. */
export const oldPartnerActivities: Removal = {
  table: 'partner_activities',
  due: now => hasEnded(sql`at`, plus(now, -ACTIVITIES_KEPT), ACTIVITIES_KEPT),
}
