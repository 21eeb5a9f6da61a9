import type { Activity } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'
import {
  CommandError,
  type CommandGroup,
  columns,
  flag,
  inTenantOf,
  type Modules,
  modules,
  show,
  text,
  UsageError,
  type Values,
} from './command.ts'
import { cellOf, readRows } from './lists.ts'

const load = () => modules('administration', 'audit', 'directory', 'odata', 'reports', 'store')
type On = Awaited<ReturnType<typeof load>>

/** A row of either log, as `/v1.0` answers it. */
// biome-ignore lint/suspicious/noExplicitAny: its members are of many shapes
type Entry = Record<string, any>

async function listAudits({ json, activity, ...values }: Values, domain: string) {
  const on = await load()
  const asked = readAsked(values)
  const activityFilter = typeof activity === 'string' ? await activityOf(on, activity) : undefined
  const entries: Entry[] = await inTenantOf(on, domain, async (trx, act) => {
    const id = await personOf(on, trx, values.user)
    const filter = [
      ...asked.during('activityDateTime'),
      ...(asked.result ? [`result eq '${asked.result}'`] : []),
      ...(id ? [`(initiatedBy/user/id eq '${id}' or targetResources/any(t:t/id eq '${id}'))`] : []),
      ...(activityFilter?.filter ?? []),
    ]
    const within = [on.reports.eventsOf('directoryAudits'), ...(activityFilter?.within ?? [])]
    const entity = on.reports.directoryAuditsOf(trx.tenantId)
    return readRows(on, trx, act, { entity, within, most: asked.last, ...joined(filter) })
  })
  show(json, entries, () =>
    columns(
      entries.map(({ activityDateTime, additionalDetails, result, resultReason, initiatedBy, targetResources }) => [
        minuteOf(activityDateTime),
        cellOf(additionalDetails[0]?.value),
        [result, resultReason].filter(Boolean).join(': '),
        cellOf(initiatedBy.user?.userPrincipalName ?? initiatedBy.app?.displayName),
        cellOf(targetResources[0]?.displayName),
      ]),
    ),
  )
}

async function listSignIns({ json, ...values }: Values, domain: string) {
  const on = await load()
  const asked = readAsked(values)
  const entries: Entry[] = await inTenantOf(on, domain, async (trx, act) => {
    const id = await personOf(on, trx, values.user)
    const filter = [
      ...asked.during('createdDateTime'),
      ...(asked.result ? [`status/errorCode ${asked.result === 'success' ? 'eq' : 'ne'} 0`] : []),
      ...(id ? [`userId eq '${id}'`] : []),
    ]
    const entity = on.reports.signInsOf(trx.tenantId, undefined)
    return readRows(on, trx, act, {
      entity,
      within: [on.reports.eventsOf('signIns')],
      most: asked.last,
      ...joined(filter),
    })
  })
  show(json, entries, () =>
    columns(
      entries.map(({ createdDateTime, userPrincipalName, status, ipAddress, deviceDetail, appDisplayName }) => [
        minuteOf(createdDateTime),
        cellOf(userPrincipalName),
        status.errorCode === 0 ? 'success' : `failure: ${status.failureReason}`,
        cellOf(ipAddress),
        cellOf(deviceDetail.browser),
        cellOf(appDisplayName),
      ]),
    ),
  )
}

const joined = (filter: readonly string[]) => (filter.length > 0 ? { filter: filter.join(' and ') } : {})

const minuteOf = (time: string) => time.slice(0, 16).replace('T', ' ')

const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** What both logs are narrowed by. Throws `UsageError`. */
function readAsked({ since, until, result, last = '100' }: Values) {
  const momentOf = (typed: Values[string], option: string): string | undefined => {
    if (typed === undefined) return undefined
    const moment = new Date(MOMENT.test(String(typed)) ? String(typed) : Number.NaN)
    if (Number.isNaN(moment.getTime()))
      throw new UsageError(`${option} is a day in UTC or a time, as 2026-03-02 or 2026-03-02T09:00Z.`)
    return moment.toISOString()
  }
  const [from, to] = [momentOf(since, '--since'), momentOf(until, '--until')]
  if (result !== undefined && result !== 'success' && result !== 'failure')
    throw new UsageError('--result is success or failure.')
  if (!/^[1-9]\d{0,4}$/.test(String(last))) throw new UsageError('--last is a whole number from 1 to 99999.')
  const during = (property: string) => [
    ...(from ? [`${property} ge ${from}`] : []),
    ...(to ? [`${property} lt ${to}`] : []),
  ]
  return { during, result, last: Number(last) }
}

/** The id of somebody by their name, also of a deleted user. */
async function personOf(
  { administration, directory }: On,
  trx: Trx,
  named: Values[string],
): Promise<string | undefined> {
  if (typeof named !== 'string') return undefined
  const user = await directory.findPerson(trx, trx, named)
  const id = user?.id ?? (await administration.listDeletedUsers(trx, named))[0]
  if (id === undefined) throw new CommandError(`There is no user ${named}.`)
  return id
}

/** The condition of an activity: by our own name of it, or by the name in reports, which several may share. */
async function activityOf({ audit, reports }: Modules<'audit' | 'reports'>, named: string) {
  if (Object.hasOwn(audit.activities, named)) return { within: [reports.isActivity([named as Activity])] }
  if (!Object.values(audit.activities).some(told => told.toLowerCase() === named.toLowerCase()))
    throw new UsageError(`There is no activity ${named}. docs/reports.md lists them.`)
  return { filter: [`activityDisplayName eq '${named.replaceAll("'", "''")}'`] }
}

const narrowing = { user: text, since: text, until: text, result: text, last: text, json: flag }
const takes = ['DOMAIN']

export const auditCommands: CommandGroup = {
  about: 'what happened in a tenant, newest first. TIME is a day in UTC or a time, as 2026-03-02 or 2026-03-02T09:00Z.',
  commands: {
    list: {
      usage:
        'DOMAIN [--user UPN] [--activity NAME] [--since TIME] [--until TIME] [--result success|failure] [--last N] [--json]',
      about: 'what was done by or to people and everything else, but for sign-ins; the newest hundred, or so many',
      options: { ...narrowing, activity: text },
      takes,
      run: listAudits,
    },
    'sign-ins': {
      usage: 'DOMAIN [--user UPN] [--since TIME] [--until TIME] [--result success|failure] [--last N] [--json]',
      about: 'who signed in or failed to, from where and in which browser',
      options: narrowing,
      takes,
      run: listSignIns,
    },
  },
  examples: [
    ['What was refused or failed since a day', 'audit list acme.example --since 2026-03-02 --result failure'],
    ['Who was made a user', 'audit list acme.example --activity user.created --last 20'],
    ['Failed sign-ins, for a script', 'audit sign-ins acme.example --result failure --json'],
  ],
}
