import type { RawBuilder } from 'kysely'
import { Type } from 'typebox'
import { type Role, templateIds } from '../access/index.ts'
import { plus } from '../clock.ts'
import { type Entity, type Operator, type Property, T, TIMES } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { bothRows, endsAt, PENDING_LASTS, statusOf } from './rows.ts'

const EQUAL: readonly Operator[] = ['eq', 'ne', 'in']

const Roles = Type.Object({ unifiedRoles: Type.Array(Type.Object({ roleDefinitionId: Type.String() })) })
const Customer = Type.Object({
  tenantId: Type.String(),
  displayName: Type.Union([Type.String(), Type.Null()]),
})

const shown = (kind: Property['kind'], value: RawBuilder<unknown>, more: Partial<Property> = {}): Property => ({
  kind,
  sql: value,
  unasked: true,
  ...more,
})

const autoExtend = (value: RawBuilder<unknown>) => sql`case when ${value} then 'P180D' else 'PT0S' end`

const asRoles = (json: unknown) => ({
  unifiedRoles: (json as Role[]).map(role => ({ roleDefinitionId: templateIds[role] })),
})

/** Relationships as a partner lists and reads them, in Microsoft Graph's shape (partners on the wire, §2.1). */
export function relationshipEntity(tenantId: string, now: Date): Entity {
  const id = sql`offer.id || '-' || offer.tenant_id`
  const customerId = sql.ref('offer.other_tenant_id')
  return {
    name: 'delegatedAdminRelationships',
    type: '#microsoft.graph.delegatedAdminRelationship',
    from: bothRows('partner', tenantId),
    tenant: sql.ref('offer.tenant_id'),
    version: sql`(offer.version || '.' || coalesce(given.version, 0))`,
    pageLimit: 300,
    properties: {
      id: shown('text', id),
      displayName: shown('text', sql.ref('offer.display_name'), {
        folded: { sql: sql.ref('offer.display_name_folded'), fold: foldText },
        filter: T,
        order: true,
      }),
      status: shown('text', statusOf(now), { filter: EQUAL, order: true }),
      customer: shown(
        'value',
        sql`case when ${customerId} is not null then json_build_object('tenantId', ${customerId}, 'displayName', offer.customer_name) end`,
        { nullable: true, schema: Customer },
      ),
      accessDetails: shown('value', sql`to_json(coalesce(given.roles, offer.roles))`, { schema: Roles, read: asRoles }),
      duration: shown('text', sql`coalesce(given.duration, offer.duration)`, { order: true }),
      autoExtendDuration: shown('text', autoExtend(sql`coalesce(given.auto_extend, offer.auto_extend)`), {
        order: true,
      }),
      createdDateTime: shown('time', sql.ref('offer.created_at'), { filter: TIMES, order: true }),
      lastModifiedDateTime: shown('time', sql`greatest(offer.modified_at, given.modified_at)`, {
        filter: TIMES,
        order: true,
      }),
      activatedDateTime: shown('time', sql`case when given.ends_at is not null then given.decided_at end`, {
        nullable: true,
        filter: TIMES,
        order: true,
      }),
      endDateTime: shown('time', endsAt('given', now), { nullable: true, filter: TIMES, order: true }),
      requested: shown('value', sql`json_build_object('roles', offer.roles, 'duration', offer.duration)`, {
        schema: Type.Object({ unifiedRoles: Roles.properties.unifiedRoles, duration: Type.String() }),
        read(json) {
          const { roles, duration } = json as { roles: Role[]; duration: string }
          return { ...asRoles(roles), duration }
        },
      }),
      endReason: shown(
        'text',
        sql`coalesce(given.end_reason, case when offer.locked_at <= ${plus(now, -PENDING_LASTS)}::timestamptz and given.id is null then 'lapsed' end)`,
        { nullable: true },
      ),
    },
    paths: {
      'customer/tenantId': { kind: 'uuid', sql: customerId, nullable: true, filter: ['eq', 'in'] },
    },
  }
}

/** For SQL: the row of an id. */
export const rowOf = (id: string): RawBuilder<boolean> => sql`offer.id = ${id}::uuid`
