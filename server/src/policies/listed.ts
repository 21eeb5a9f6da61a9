import { type Entity, T } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { policyVersion, resetPolicy } from './resetPolicy.ts'

/** Reset policies as `/v1.0` lists them, in the order in which they are tried. */
export const resetPolicyEntity: Entity = {
  name: 'passwordResetPolicy',
  type: '#latchkey.passwordResetPolicy',
  from: sql`reset_policies`,
  tenant: sql`reset_policies.tenant_id`,
  version: policyVersion,
  order: { by: 'priority', descending: false },
  properties: {
    id: { kind: 'uuid', sql: sql`reset_policies.id`, unasked: true, filter: ['eq'] },
    displayName: { kind: 'text', sql: sql`reset_policies.display_name`, unasked: true, filter: T },
    // The default one is tried last, whatever its number.
    priority: { kind: 'number', sql: sql`reset_policies.priority`, unasked: true, order: true },
    includedGroups: { kind: 'texts', sql: sql`reset_policies.included_groups`, unasked: true },
    excludedGroups: { kind: 'texts', sql: sql`reset_policies.excluded_groups`, unasked: true },
    isDefault: { kind: 'boolean', sql: sql`reset_policies.is_default`, unasked: true, filter: ['eq'] },
    updatedDateTime: { kind: 'time', sql: sql`reset_policies.updated_at`, unasked: true },
    settings: { kind: 'value', sql: sql`reset_policies.settings`, unasked: true, schema: resetPolicy.schema },
  },
}

/** For SQL: the policy of this id; without one, the default. */
export const whichPolicy = (id: string | undefined) =>
  id === undefined
    ? sql<boolean>`reset_policies.is_default`
    : sql<boolean>`reset_policies.id::text = ${id.toLowerCase()}`
