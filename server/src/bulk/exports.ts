import type { RawBuilder } from 'kysely'
import type { Action } from '../access/index.ts'
import type { Means } from '../crypto/index.ts'
import { userEntity } from '../directory/index.ts'
import { type Asking, type Entity, readOptions, readPage } from '../odata/index.ts'
import { customerEntity } from '../relationships/index.ts'
import {
  directoryAuditsOf,
  earliestOf,
  eventsOf,
  happenedSince,
  partnerActivitiesOf,
  refreshRegistrations,
  registrationDetails,
} from '../reports/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { lineOf } from './csv.ts'

/** A list that can be fetched as a file. */
interface Export {
  action: Action
  entityOf(tenantId: string, now: Date): Entity
  /** Throws where a query asks for more than there is. */
  within?(query: Query, now: Date): RawBuilder<boolean>
  /** What is brought up to date before it is read. */
  refresh?(db: Db, act: Means, tenantId: string): Promise<void>
}

export const exported = {
  usersExport: { action: 'profile.read', entityOf: userEntity },
  registrationExport: {
    action: 'reports.read',
    entityOf: () => registrationDetails,
    refresh: refreshRegistrations,
  },
  auditExport: { action: 'audit.read', entityOf: directoryAuditsOf, within: () => eventsOf('directoryAudits') },
  partnerCustomersExport: { action: 'partner.customers.read', entityOf: customerEntity },
  partnerActivityExport: {
    action: 'partner.activity.read',
    entityOf: partnerActivitiesOf,
    within: (query, now) => happenedSince(earliestOf(filterOf(query), now)),
  },
} as const satisfies Record<string, Export>

export type ExportName = keyof typeof exported

export type Query = [name: string, value: string][]

const filterOf = (query: Query) => query.find(([name]) => /^\$?filter$/i.test(name))?.[1]

/** Everything that the asker may read, where the query selects nothing. */
function withSelection(name: ExportName, query: Query, asking: Asking): Query {
  const { properties } = exported[name].entityOf(asking.tenantId, asking.now)
  if (query.some(([option]) => /^\$?select$/i.test(option))) return query
  const readable = Object.entries(properties).filter(([, { takes }]) => !takes || asking.may(takes))
  return [...query, ['$select', readable.map(([property]) => property).join()]]
}

const optionsOf = (name: ExportName, query: Query, asking: Asking, place: Query = []) => {
  const entity = exported[name].entityOf(asking.tenantId, asking.now)
  const page: Query = [['$top', String(entity.pageLimit ?? 999)], ...place]
  return readOptions(entity, [...withSelection(name, query, asking), ...page], asking)
}

/** Throws where the asker may not read what the query asks, or where there is no such query. */
export function checkExport(name: ExportName, query: Query, asking: Asking): void {
  optionsOf(name, query, asking)
  const { within }: Export = exported[name]
  within?.(query, asking.now)
}

/** The rows of a list as CSV, page by page. Each goes on after the key of the one before. */
export async function* readExport(
  db: Db,
  means: Means,
  asking: Asking,
  { name, query }: { name: ExportName; query: Query },
): AsyncGenerator<string> {
  const { entityOf, within, refresh }: Export = exported[name]
  await refresh?.(db, means, asking.tenantId)
  const entity = entityOf(asking.tenantId, asking.now)
  const columns = optionsOf(name, query, asking).properties.map(([property]) => property)
  const where = within ? [within(query, asking.now)] : []
  yield lineOf(columns)
  for (let place: Query = []; ; ) {
    const options = optionsOf(name, query, asking, place)
    const { value, next } = await inTenant(db, asking.tenantId, trx => readPage(trx, entity, options, where))
    if (value.length > 0) yield value.map(row => lineOf(columns.map(column => row[column]))).join('')
    if (next === undefined) return
    place = [['$skiptoken', next]]
  }
}
