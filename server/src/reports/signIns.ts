import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Places } from '../audit/index.ts'
import type { Entity } from '../odata/index.ts'
import { foldText, readSupportCode } from '../typing/index.ts'
import {
  always,
  browserOf,
  correlation,
  count,
  displayNameOf,
  eventId,
  fromEvents,
  idsOf,
  made,
  moment,
  nameField,
} from './events.ts'

/** The id that stands for an unknown name. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** What a sign-in was refused for. Entra's numbers, which scripts know. */
const FAILURES = {
  50126: 'Invalid user name or password.',
  50034: 'The user name is unknown.',
  50053: 'The account rests after too many failed attempts.',
  50057: 'The account is disabled.',
} as const

/** The reasons of failures that have a number of their own. */
const NUMBERED = { 'unknown name': 50034, disabled: 50057 } as const

/** The number of a failed sign-in by its reason. */
export const codeOfFailure = (reason: string | null) => NUMBERED[reason as keyof typeof NUMBERED] ?? 50126

const isFailure = (reason: string) =>
  sql<boolean>`audit_events.activity = 'signin.failed' and audit_events.reason = ${sql.lit(reason)}`

/** For SQL: an outcome by its number. */
const outcomes: Record<number, ReturnType<typeof isFailure>> = {
  0: sql`audit_events.activity = 'signin.succeeded'`,
  50126: sql`(audit_events.activity = 'signin.failed' and audit_events.reason not in (${sql.join(Object.keys(NUMBERED).map(reason => sql.lit(reason)))}))`,
  50034: isFailure('unknown name'),
  50053: sql`audit_events.activity = 'signin.blocked'`,
  50057: isFailure('disabled'),
}

const errorCode = sql`(case ${sql.join(
  Object.entries(outcomes).map(([code, condition]) => sql`when ${condition} then ${sql.lit(Number(code))}`),
  sql` `,
)} end)`

/** How somebody signed in, where it was not by a password. */
interface Outcome {
  code: number
  reason: string | null
}

/** The sign-ins of a tenant: Microsoft Graph's signIn. `places`: the city of an address is a guess, where there is a file to guess by. */
export const signInsOf = (tenantId: string, places: Places | undefined): Entity => ({
  name: 'signIns',
  type: '#microsoft.graph.signIn',
  ...fromEvents,
  properties: {
    id: eventId,
    createdDateTime: moment,
    userDisplayName: {
      kind: 'text',
      sql: displayNameOf(tenantId, sql`audit_events.target_id`),
      nullable: true,
      unasked: true,
    },
    userPrincipalName: {
      ...nameField(
        names => sql`(audit_events.target_id = any(${idsOf(tenantId, names)})
          ${names.includes('unknown') ? sql`or audit_events.target_id is null` : sql``})`,
      ),
      sql: sql`coalesce(audit_events.target_name, 'unknown')`,
      unasked: true,
    },
    userId: {
      kind: 'uuid',
      sql: sql`coalesce(audit_events.target_id, ${sql.lit(NOBODY)}::uuid)`,
      unasked: true,
      filter: ['eq'],
      matches: ids =>
        ids.includes(NOBODY) ? sql`audit_events.target_id is null` : sql`audit_events.target_id = any(${ids}::uuid[])`,
    },
    appId: {
      kind: 'text',
      sql: sql`audit_events.app_id`,
      nullable: true,
      unasked: true,
      filter: ['eq'],
      folded: { sql: sql`audit_events.app_id`, fold: foldText },
    },
    appDisplayName: {
      kind: 'text',
      sql: sql`(select a.display_name from applications a
        where a.tenant_id = ${tenantId} and a.app_id::text = audit_events.app_id)`,
      nullable: true,
      unasked: true,
    },
    ipAddress: {
      kind: 'text',
      sql: sql`audit_events.address`,
      nullable: true,
      unasked: true,
      filter: ['eq'],
      folded: { sql: sql`audit_events.address`, fold: foldText },
    },
    correlationId: correlation,
    status: made<Outcome>(
      sql`json_build_object('code', ${errorCode}, 'reason', audit_events.reason)`,
      ({ code, reason }) => ({
        errorCode: code,
        failureReason: FAILURES[code as keyof typeof FAILURES] ?? null,
        additionalDetails: reason,
      }),
      {
        schema: Type.Object({
          errorCode: Type.Integer(),
          failureReason: Type.Union([Type.String(), Type.Null()]),
          additionalDetails: Type.Union([Type.String(), Type.Null()]),
        }),
      },
    ),
    deviceDetail: made<string | null>(sql`audit_events.user_agent`, browserOf, {
      schema: Type.Object({ browser: Type.String(), operatingSystem: Type.String() }),
    }),
    location: made<string | null>(
      sql`audit_events.address`,
      address => {
        const place = places?.find(address, 'en')
        return { city: place?.city ?? null, countryOrRegion: place?.country ?? null }
      },
      {
        schema: Type.Object({
          city: Type.Union([Type.String(), Type.Null()]),
          countryOrRegion: Type.Union([Type.String(), Type.Null()]),
        }),
      },
    ),
    clientAppUsed: always('Browser'),
    isInteractive: always(true),
    conditionalAccessStatus: always('notApplied'),
    riskDetail: always('none'),
    riskLevelAggregated: always('none'),
    riskLevelDuringSignIn: always('none'),
    riskState: always('none'),
    supportCode: {
      kind: 'text',
      sql: sql`audit_events.support_code`,
      nullable: true,
      unasked: true,
      filter: ['eq'],
      folded: { sql: sql`audit_events.support_code`, fold: readSupportCode },
    },
    count,
  },
  paths: {
    'status/errorCode': {
      kind: 'number',
      sql: errorCode,
      filter: ['eq', 'ne'],
      matches: codes =>
        sql`(${sql.join(
          codes.map(code => outcomes[Number(code)] ?? sql`false`),
          sql` or `,
        )})`,
    },
  },
  lacking: {
    appliedConditionalAccessPolicies: [],
    resourceDisplayName: null,
    resourceId: null,
    riskEventTypes: [],
    riskEventTypes_v2: [],
  },
  order: { by: 'createdDateTime', descending: true },
})
