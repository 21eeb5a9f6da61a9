import { Type } from 'typebox'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { type Entity, type Operator, type Property, T } from '../odata/index.ts'
import { type Db, inTenant, type Removal, sql, type Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { type Authority, findAuthority } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { isSold } from './served.ts'

const EQUAL: readonly Operator[] = ['eq', 'ne', 'in']

/** Tags of a customer, and the letters of one. */
const TAGS_AT_MOST = 20
const TAG = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,50}$/u

const Access = Type.Object({
  gdap: Type.Boolean(),
  dap: Type.Boolean(),
  until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})

/**
 * The companies that a firm sells to, or may act for, by the rows that they let it read: no company's tenant is entered
 * (partners on the wire, §2.3). Sorted by name, which an index answers.
 */
export function customerEntity(tenantId: string, now: Date): Entity {
  const gdap = sql<boolean>`coalesce(served.gdap_goes_on_until > ${now}::timestamptz, false)`
  const dap = sql<boolean>`coalesce(served.dap_awake_until > ${now}::timestamptz, false)`
  const shown = (kind: Property['kind'], value: Property['sql'], more: Partial<Property> = {}): Property => ({
    ...{ kind, sql: value, unasked: true },
    ...more,
  })
  const until = sql`greatest(
    case when ${gdap} then case when served.gdap_ends_at > ${now}::timestamptz then served.gdap_ends_at else served.gdap_goes_on_until end end,
    case when ${dap} then served.dap_ends_at end)`
  return {
    name: 'partnerCustomers',
    type: '#latchkey.partnerCustomer',
    from: sql`(select * from served_companies as served where served.other_tenant_id = ${tenantId}
        and (${isSold('served')} or served.gdap_goes_on_until > ${now}::timestamptz or served.dap_awake_until > ${now}::timestamptz)) as served
      left join customer_tags as own on own.tenant_id = ${tenantId} and own.customer_id = served.tenant_id`,
    tenant: sql.ref('served.other_tenant_id'),
    pageLimit: 300,
    order: { by: 'displayName', descending: false },
    properties: {
      id: shown('uuid', sql.ref('served.tenant_id'), { filter: ['eq', 'in'] }),
      displayName: shown('text', sql.ref('served.display_name'), {
        folded: { sql: sql.ref('served.display_name_folded'), fold: foldText },
        filter: T,
        order: true,
      }),
      domain: shown('text', sql.ref('served.domain'), { filter: T }),
      resale: shown('boolean', isSold('served'), { filter: EQUAL }),
      resellerTenantId: shown('uuid', sql.ref('served.reseller_tenant_id'), { nullable: true, filter: ['eq', 'in'] }),
      access: shown('value', sql`json_build_object('gdap', ${gdap}, 'dap', ${dap}, 'until', ${until})`, {
        schema: Access,
        read(json) {
          const { until: ends, ...access } = json as { until: string | null }
          return { ...access, until: ends === null ? null : new Date(ends).toISOString() }
        },
      }),
      tags: shown('texts', sql`coalesce(own.tags, '{}')`, {
        any: {
          // By a link, so that the few customers with a word are found by the firm's words.
          from: sql`customer_tags as tagged cross join unnest(tagged.tags) as tag(name)`,
          link: sql<boolean>`tagged.tenant_id = ${tenantId} and tagged.customer_id = served.tenant_id`,
          fields: { '': { kind: 'text', sql: sql.ref('tag.name'), filter: EQUAL } },
        },
      }),
    },
    paths: {
      'access/gdap': { kind: 'boolean', sql: gdap, filter: ['eq'] },
      'access/dap': { kind: 'boolean', sql: dap, filter: ['eq'] },
    },
  }
}

/** For SQL: the row of a customer. */
export const customerIs = (id: string) => sql<boolean>`served.tenant_id = ${id}::uuid`

/** Whether the firm sells to a company, or may act for it. Throws `not_found`. */
async function checkCustomer(trx: Trx, now: Date, id: string): Promise<{ displayName: string }> {
  const { from } = customerEntity(trx.tenantId, now)
  const { rows } = await sql<{ displayName: string }>`
    select served.display_name as "displayName" from ${from} where ${customerIs(id)}`.execute(trx)
  if (!rows[0]) throw refuseMissing('not_found')
  return rows[0]
}

/** Changes the firm's own words for a customer. Throws `not_found`, `property_invalid`. */
export async function tagCustomer(
  trx: Trx,
  act: Act,
  { id, tags }: { id: string; tags: readonly string[] },
): Promise<void> {
  const { tenantId } = trx
  demand(act, 'partner.customers.write', { kind: 'tenant', tenantId })
  const { displayName } = await checkCustomer(trx, act.now, id)
  const chosen = [...new Set(tags.map(tag => tag.trim()))]
  if (chosen.length > TAGS_AT_MOST || chosen.some(tag => !TAG.test(tag)))
    throw refuse('property_invalid', { field: 'tags' })
  if (chosen.length === 0)
    await trx.deleteFrom('customer_tags').where('tenant_id', '=', tenantId).where('customer_id', '=', id).execute()
  else
    await trx
      .insertInto('customer_tags')
      .values({ tenant_id: tenantId, customer_id: id, tags: chosen })
      .onConflict(conflict => conflict.columns(['tenant_id', 'customer_id']).doUpdateSet({ tags: chosen }))
      .execute()
  const target = { id, name: displayName }
  await record(trx, act, {
    activity: 'customer.tagged',
    result: 'success',
    target,
    ...{ details: { tags: chosen.join(', ') }, customer: target },
  })
}

/** How long a firm's words for a company are kept that has nothing with it any more. */
const TAGS_KEPT = 365 * DAY

/** Whether the firm of these words has touched the company lately. The system role reads no more. */
const touchedLately = (now: Date) => sql`exists (select from served_companies served
  where served.tenant_id = customer_tags.customer_id and served.other_tenant_id = customer_tags.tenant_id
    and served.touched_at > ${plus(now, -TAGS_KEPT)}::timestamptz)`

/** A firm's words for companies that have had nothing with it for a year. */
export const formerTags: Removal = {
  table: 'customer_tags',
  couldBeDue: now => sql`not ${touchedLately(now)}`,
  due: now => sql`not ${touchedLately(now)} and not exists (select from served_companies served
    where served.tenant_id = customer_tags.customer_id and served.other_tenant_id = customer_tags.tenant_id
      and (${isSold('served')} or served.gdap_ends_at is not null or served.dap_ends_at is not null))`,
}

/** What the caller may do for a customer now. Throws `not_found` for a company that gives their firm nothing. */
export async function readOwnAuthority(
  db: Db,
  act: Act,
  { homeId, customerId }: { homeId: string; customerId: string },
): Promise<Authority | undefined> {
  await inTenant(db, homeId, trx => checkCustomer(trx, act.now, customerId))
  const userId = 'id' in act.actor ? act.actor.id : undefined
  return userId === undefined ? undefined : findAuthority(db, act.now, { homeId, userId, customerId })
}
