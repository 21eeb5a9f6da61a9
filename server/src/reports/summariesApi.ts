import { Type } from 'typebox'
import { demand } from '../access/index.ts'
import { type Api, listAnswer } from '../api/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { type Period, readPeriod } from './periods.ts'
import { summarizeDepartments, summarizePolicies, summarizeRegistrations } from './registrationSummaries.ts'
import { refreshRegistrations } from './registrations.ts'
import { summarizeMessages, summarizeResets, summarizeSecurity, type Told } from './summaries.ts'

const Counts = Type.Record(Type.String(), Type.Integer())
const numbers = (...names: string[]) => Object.fromEntries(names.map(name => [name, Type.Integer()]))

const Resets = Type.Object({
  date: Type.String(),
  ...numbers('started', 'succeeded', 'unlocked', 'failed', 'abandoned', 'blocked', 'contactedAdministrator'),
  refused: Counts,
  abandonedAfter: Counts,
  outcomes: Counts,
  administratorResets: Type.Union([Type.Integer(), Type.Null()]),
  changes: Type.Union([Type.Integer(), Type.Null()]),
  medianSeconds: Type.Union([Type.Integer(), Type.Null()]),
  byMethod: Type.Array(Type.Object({ method: Type.String(), ...numbers('sent', 'passed', 'failed') })),
})
const Security = Type.Object({
  date: Type.String(),
  ...numbers('signInsSucceeded', 'signInsFailed', 'signInsBlocked', 'resetsBlocked', 'phoneValidationsBlocked'),
  failedByCode: Counts,
  ...numbers('distinctAccounts', 'distinctAddresses', 'messages'),
  byCountry: Type.Union([
    Type.Array(
      Type.Object({
        country: Type.Union([Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166' }), Type.Null()]),
        ...numbers('signInsSucceeded', 'signInsFailed', 'signInsBlocked'),
      }),
    ),
    Type.Null(),
  ]),
})
const Messages = Type.Object({
  date: Type.String(),
  channel: Type.String(),
  gateway: Type.Union([Type.String(), Type.Null()]),
  country: Type.Union([Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166' }), Type.Null()]),
  ...numbers('sent', 'delivered'),
  failed: Counts,
  lastFailedDateTime: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  costs: Type.Record(Type.String({ description: 'ISO 4217' }), Type.Number()),
})

const Registrations = Type.Object({
  date: Type.String(),
  ...numbers('users', 'enabled', 'registered', 'capable'),
  byMethod: Counts,
  byRefusal: Counts,
  goal: Type.Integer({ description: 'percent of the people who may reset, as the default policy has it' }),
})

const Departments = Type.Object({
  department: Type.Union([Type.String(), Type.Null()]),
  ...numbers('users', 'enabled', 'registered', 'capable'),
  byRefusal: Counts,
})

const Policies = Type.Object({
  policyId: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
  displayName: Type.Union([Type.String(), Type.Null()]),
  goal: Type.Union([
    Type.Integer({ description: 'percent of the people who may reset, as this policy has it' }),
    Type.Null(),
  ]),
  ...numbers('users', 'enabled', 'registered', 'capable'),
})

/** What happened, day by day (administration on the wire, §2.6). */
export function summariesApi(api: Api) {
  const add = (
    name: string,
    [row, title]: [Parameters<typeof listAnswer>[0], string],
    summarize: (trx: Trx, period: Period, told: Told) => Promise<object[]>,
    byPolicy = false,
  ) =>
    api.add({
      method: 'GET',
      path: `/reports/${name}/dailySummaries`,
      action: 'reports.read',
      summary: 'Count what happened, day by day',
      context: `reports/${name}/dailySummaries`,
      options: ['$filter', 'interval', 'timeZone'],
      answer: listAnswer(row, title),
      status: 200,
      async handle({ db, act, tenantId, query, services }) {
        demand(act, 'reports.read', { kind: 'tenant', tenantId })
        const period = readPeriod(query, act.now, byPolicy)
        if (name === 'registration') await refreshRegistrations(db, act, tenantId)
        return {
          json: {
            value: await inTenant(db, tenantId, trx =>
              summarize(trx, period, { now: act.now, places: services.places }),
            ),
          },
        }
      },
    })
  add('passwordReset', [Resets, 'passwordResetSummary'], summarizeResets, true)
  add('security', [Security, 'securitySummary'], summarizeSecurity)
  add('messages', [Messages, 'messagesSummary'], summarizeMessages)
  add('registration', [Registrations, 'registrationSummary'], summarizeRegistrations)
  api.add({
    method: 'GET',
    path: '/reports/registration/departments',
    action: 'reports.read',
    summary: 'Count who is registered, and who cannot reset, by department',
    context: 'reports/registration/departments',
    answer: listAnswer(Departments, 'departmentSummary'),
    status: 200,
    async handle({ db, act, tenantId }) {
      demand(act, 'reports.read', { kind: 'tenant', tenantId })
      await refreshRegistrations(db, act, tenantId)
      return { json: { value: await inTenant(db, tenantId, summarizeDepartments) } }
    },
  })
  api.add({
    method: 'GET',
    path: '/reports/registration/policies',
    action: 'reports.read',
    summary: 'Count who is registered against the goal of each reset policy',
    context: 'reports/registration/policies',
    answer: listAnswer(Policies, 'policySummary'),
    status: 200,
    async handle({ db, act, tenantId }) {
      demand(act, 'reports.read', { kind: 'tenant', tenantId })
      await refreshRegistrations(db, act, tenantId)
      return { json: { value: await inTenant(db, tenantId, summarizePolicies) } }
    },
  })
}
