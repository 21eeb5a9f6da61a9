import { type RawBuilder, sql } from 'kysely'
import { plus } from '../clock.ts'
import { hasEnded, type Removal, type Tables } from '../store/index.ts'
import { EMPTIED_KEPT, KEPT, PROVE_LASTS } from './takeover.ts'

/** Claims whose mailbox nobody proved within a day, with the address. */
export const unprovedTakeovers: Removal = {
  table: 'takeovers',
  due: now => sql`proved_at is null and ${hasEnded(sql`due_at`, now, PROVE_LASTS)}`,
}

/** Claims that ended 180 days ago. */
export const endedTakeovers: Removal = {
  table: 'takeovers',
  due: now => sql`ended_at <= ${plus(now, -KEPT)}`,
}

/** What only administrators make: it keeps the row of its company. */
const MADE = [
  'agents',
  'agent_tokens',
  'banned_words',
  'branding',
  'groups',
  'registered_applications',
  'support_contacts',
  'synchronizations',
] as const satisfies (keyof Tables)[]

/** The tenant that a removal is about: that of the row while tenants with due rows are looked for. */
const tenantOf = (tenantId: string | undefined, table: 'tenants' | 'reset_policies') =>
  tenantId === undefined ? sql.ref(`${table}.tenant_id`) : sql.val(tenantId)

const nothingIn = (tables: readonly (keyof Tables)[], tenantId: string | undefined) =>
  tables.map(
    table =>
      sql`not exists(select from ${sql.table(table)} as one where one.tenant_id = ${tenantOf(tenantId, 'tenants')})`,
  )

const allOf = (conditions: readonly RawBuilder<unknown>[]) => sql`(${sql.join(conditions, sql` and `)})`

/** What the system role can tell of it. `moved_passkeys`: the handle of a passkey leads through the company. */
const seemsEmptied = (now: Date, tenantId?: string) =>
  allOf([
    sql`tenants.unmanaged_since <= ${plus(now, -EMPTIED_KEPT)}`,
    ...nothingIn(['accounts', 'audit_events', 'moved_passkeys'], tenantId),
  ])

/**
 * Companies that nobody administers, once nobody is left in them and their log is gone. Such a log is kept for 30 days at
 * least, and a takeover that has emptied one is undone before that (work accounts on the wire, §2).
 */
const isEmptied = (now: Date, tenantId?: string) => allOf([seemsEmptied(now, tenantId), ...nothingIn(MADE, tenantId)])

const emptiedTenants: Removal = { table: 'tenants', couldBeDue: seemsEmptied, due: isEmptied }

/** Their default policies, which have to go first: whoever is registered is judged anew by their end. */
const policiesOfEmptied: Removal = {
  table: 'reset_policies',
  couldBeDue: now => inTenantThat(seemsEmptied(now)),
  due: (now, tenantId) => inTenantThat(isEmptied(now, tenantId), tenantId),
}

const inTenantThat = (condition: RawBuilder<unknown>, tenantId?: string) =>
  sql`exists(select from tenants where tenants.tenant_id = ${tenantOf(tenantId, 'reset_policies')} and ${condition})`

/** In this order. */
export const emptied: readonly Removal[] = [policiesOfEmptied, emptiedTenants]
