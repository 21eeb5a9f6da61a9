import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Entity, Property } from '../odata/index.ts'
import { foldText } from '../typing/index.ts'
import { activityNamed, activityTold, tell } from './activities.ts'
import {
  correlation,
  count,
  displayNameOf,
  eventId,
  fromEvents,
  idsOf,
  made,
  moment,
  nameField,
  oldAndNewOf,
  readDetails,
  writtenNames,
} from './events.ts'

/** What an event tells of who caused it. */
interface Initiator {
  kind: 'user' | 'application' | 'partner' | 'system' | 'operator'
  id: string | null
  name: string | null
  displayName: string | null
  appId: string | null
  address: string | null
  homeTenantId: string | null
  homeTenantName: string | null
}

/** What an event tells beside its names. */
interface Circumstances {
  activity: string
  details: Record<string, string>
  userAgent: string | null
}

/** A name that an activity is told by. */
const toldAs = (name: 'activityDisplayName' | 'category' | 'loggedByService' | 'operationType'): Property => ({
  kind: 'text',
  sql: sql`audit_events.activity`,
  unasked: true,
  read: activity => tell(activity as string)[name],
  folded: { sql: sql`audit_events.activity`, fold: foldText },
  ...(name !== 'operationType' && {
    filter: ['eq', 'startsWith'],
    matches: (values, _asking, operator) => activityTold(name, values, operator),
  }),
})

const asText = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))

const Text = Type.Union([Type.String(), Type.Null()])

/** What happened in a tenant, but for sign-ins: Microsoft Graph's directoryAudit. */
export const directoryAuditsOf = (tenantId: string): Entity => ({
  name: 'directoryAudits',
  type: '#microsoft.graph.directoryAudit',
  ...fromEvents,
  properties: {
    id: eventId,
    activityDateTime: moment,
    // Our own name tells apart what Microsoft Graph calls the same, such as the steps of a reset.
    activity: {
      kind: 'text',
      sql: sql`audit_events.activity`,
      unasked: true,
      filter: ['eq', 'in'],
      folded: { sql: sql`audit_events.activity`, fold: name => name },
      matches: names => activityNamed(names),
    },
    activityDisplayName: toldAs('activityDisplayName'),
    category: toldAs('category'),
    loggedByService: toldAs('loggedByService'),
    operationType: toldAs('operationType'),
    result: {
      kind: 'text',
      sql: sql`audit_events.result`,
      unasked: true,
      filter: ['eq'],
      folded: { sql: sql`audit_events.result`, fold: foldText },
    },
    resultReason: { kind: 'text', sql: sql`audit_events.reason`, nullable: true, unasked: true },
    correlationId: correlation,
    initiatedBy: made<Initiator>(
      sql`json_build_object('kind', audit_events.actor_kind, 'id', audit_events.actor_id, 'name', audit_events.actor_name,
        'displayName', coalesce(case when audit_events.actor_kind = 'partner' then audit_events.details->>'displayName' end,
          ${displayNameOf(tenantId, sql`audit_events.actor_id`)}), 'homeTenantId', audit_events.details->>'homeTenantId',
        'homeTenantName', audit_events.details->>'homeTenantName', 'address', audit_events.address,
        'appId', case when audit_events.actor_kind = 'application' then (select a.app_id from applications a
          where a.tenant_id = ${tenantId} and a.principal_id = audit_events.actor_id) end)`,
      initiatedBy,
      {
        schema: Type.Object({
          user: Type.Union([Type.Record(Type.String(), Text), Type.Null()]),
          app: Type.Union([Type.Record(Type.String(), Text), Type.Null()]),
        }),
      },
    ),
    targetResources: made<{
      activity: string
      id: string | null
      name: string | null
      details: Record<string, string>
    }>(
      sql`json_build_object('activity', audit_events.activity, 'id', audit_events.target_id,
        'name', audit_events.target_name, 'details', audit_events.details)`,
      targetsOf,
      {
        schema: Type.Array(
          Type.Object({
            id: Text,
            displayName: Text,
            type: Type.String(),
            userPrincipalName: Text,
            groupType: Text,
            modifiedProperties: Type.Array(Type.Object({ displayName: Type.String(), oldValue: Text, newValue: Text })),
          }),
        ),
        any: { fields: { id: { kind: 'uuid', sql: sql`audit_events.target_id`, filter: ['eq'] } } },
      },
    ),
    additionalDetails: made<Circumstances>(
      sql`json_build_object('activity', audit_events.activity, 'details', audit_events.details, 'userAgent', audit_events.user_agent)`,
      ({ activity, details, userAgent }) => {
        const { rest } = readDetails(details)
        const all = { activity, ...(userAgent !== null && { userAgent }), ...rest }
        return Object.entries(all).map(([key, value]) => ({ key, value }))
      },
      { schema: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })) },
    ),
    count,
  },
  paths: {
    'initiatedBy/user/id': {
      kind: 'uuid',
      sql: sql`audit_events.actor_id`,
      filter: ['eq'],
      matches: ids =>
        sql`(audit_events.actor_id = any(${ids}::uuid[]) and audit_events.actor_kind in ('user', 'partner'))`,
    },
    'initiatedBy/user/userPrincipalName': nameField(
      names => sql`(audit_events.actor_id = any(${idsOf(tenantId, names)})
        or (audit_events.actor_id is null and audit_events.actor_name = any(${writtenNames(tenantId, names)})))`,
    ),
    'initiatedBy/app/appId': {
      kind: 'text',
      sql: sql`audit_events.actor_id`,
      filter: ['eq'],
      folded: { sql: sql`audit_events.actor_id`, fold: foldText },
      matches: values => sql`audit_events.actor_id = any(array(
        select a.principal_id from applications a where a.tenant_id = ${tenantId} and a.app_id::text = any(${values}::text[])))`,
    },
  },
  order: { by: 'activityDateTime', descending: true },
})

/** Operators and the program itself have no account: Latchkey. */
function initiatedBy({ kind, id, name, displayName, appId, address, homeTenantId, homeTenantName }: Initiator) {
  if (kind === 'application')
    return { user: null, app: { appId, displayName: name, servicePrincipalId: id, servicePrincipalName: null } }
  if (kind === 'system' || kind === 'operator')
    return {
      user: null,
      app: { appId: null, displayName: 'Latchkey', servicePrincipalId: null, servicePrincipalName: null },
    }
  const home = kind === 'partner' ? { homeTenantId, homeTenantName } : {}
  return { user: { id, displayName, userPrincipalName: name, ipAddress: address, ...home }, app: null }
}

/** The kind of an event's target, by its activity. */
const TARGETS: Record<string, string> = {
  group: 'Group',
  application: 'Application',
  consent: 'Application',
  policy: 'Policy',
  protection: 'Policy',
  signInPolicy: 'Policy',
  methodsPolicy: 'Policy',
  writeback: 'Policy',
  domain: 'Domain',
  tenant: 'Directory',
  organization: 'Directory',
  branding: 'Directory',
  notice: 'Directory',
  bulk: 'Other',
  subscription: 'Other',
  verification: 'Other',
  enrollment: 'Other',
  invitation: 'Other',
}

/** Whom a role was given to. */
const KINDS: Record<string, string> = { group: 'Group', servicePrincipal: 'ServicePrincipal' }

function targetsOf({
  activity,
  id,
  name,
  details,
}: {
  activity: string
  id: string | null
  name: string | null
  details: Record<string, string>
}) {
  if (id === null && name === null) return []
  const type = KINDS[details.kind ?? ''] ?? TARGETS[activity.split('.')[0]!] ?? 'User'
  const { changes } = readDetails(details)
  return [
    {
      id,
      displayName: name,
      type,
      userPrincipalName: type === 'User' ? name : null,
      groupType: null,
      modifiedProperties: Object.entries(changes).map(([displayName, change]) => {
        const { old, new: now } = oldAndNewOf(displayName, change)
        return { displayName, oldValue: asText(old), newValue: asText(now) }
      }),
    },
  ]
}
