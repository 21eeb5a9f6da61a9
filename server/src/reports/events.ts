import { type RawBuilder, sql } from 'kysely'
import { readBrowser } from '../audit/index.ts'
import { type Field, type Property, TIMES } from '../odata/index.ts'
import { foldName } from '../typing/index.ts'

/** What every list over the audit log is made of. */
export const fromEvents = {
  from: sql`audit_events`,
  tenant: sql`audit_events.tenant_id`,
  pageLimit: 1000,
}

/** An event's id was made at its moment, which orders the log and leads to one month of it. */
export const eventId: Property = { kind: 'uuid', sql: sql`audit_events.id`, unasked: true }

export const moment: Property = { kind: 'time', sql: sql`audit_events.at`, unasked: true, filter: TIMES, order: true }

export const correlation: Property = {
  kind: 'uuid',
  sql: sql`audit_events.correlation_id`,
  unasked: true,
  filter: ['eq'],
}

/** How often it happened: more than once only for unknown names, which are counted and never written down. */
export const count: Property = { kind: 'number', sql: sql`audit_events.count`, unasked: true }

/** A property that is made of other columns. */
export const made = <T>(value: RawBuilder<unknown>, read: (json: T) => unknown, more: Partial<Property> = {}) =>
  ({ kind: 'value', sql: value, unasked: true, read: (json: unknown) => read(json as T), ...more }) satisfies Property

/** One text for every event of its list. */
export const always = (value: string | boolean | readonly string[]): Property => ({
  kind: 'value',
  sql: sql`to_json(true)`,
  unasked: true,
  read: () => value,
})

/** For SQL: the ids of the people with these names, as they are called now, be they deleted. */
export const idsOf = (tenantId: string, names: readonly string[]) => sql`array(
  select named.id from accounts named where named.tenant_id = ${tenantId}
    and named.user_principal_name_folded = any(${names}::text[]))`

/** For SQL: these names as the log writes them. */
export const writtenNames = (tenantId: string, names: readonly string[]) => sql`(array(
  select named.user_principal_name from accounts named where named.tenant_id = ${tenantId}
    and named.user_principal_name_folded = any(${names}::text[])) || ${names}::text[])`

/** For SQL: what somebody is called now. */
export const displayNameOf = (tenantId: string, id: RawBuilder<unknown>) => sql`(
  select named.display_name from accounts named where named.tenant_id = ${tenantId} and named.id = ${id})`

/** A name of a person, as filters compare it. */
export const nameField = (matches: NonNullable<Field['matches']>): Field => ({
  kind: 'text',
  sql: sql`audit_events.actor_name`,
  filter: ['eq'],
  folded: { sql: sql`audit_events.actor_name`, fold: foldName },
  matches,
})

/** The browser of an event, for people to recognize. */
export function browserOf(userAgent: string | null) {
  const browser = readBrowser(userAgent)
  return { browser: browser?.name ?? '', operatingSystem: browser?.system ?? '' }
}

/** The details of an event: the changes of properties, as `changesOf` writes them, and the rest. */
export function readDetails({ changes, ...rest }: Record<string, string>) {
  const read = changes === undefined ? {} : readChanges(changes)
  return read ? { changes: read, rest } : { changes: {}, rest: { ...rest, changes: changes! } }
}

/** Undefined for what earlier versions wrote by the same name: one event must not close the whole log. */
function readChanges(text: string): Record<string, [unknown, unknown]> | undefined {
  try {
    const changes: unknown = JSON.parse(text)
    return typeof changes === 'object' && changes !== null ? (changes as Record<string, [unknown, unknown]>) : undefined
  } catch {
    return undefined
  }
}

/** Properties whose values no log tells, whoever wrote the event: secrets, and what is sealed where it is kept. */
const UNTOLD = new Set([
  'passwordProfile',
  'password',
  'newPassword',
  'mobilePhone',
  'businessPhones',
  'otherMails',
  'phoneNumber',
  'emailAddress',
])

/** What a property was and is, as logs tell it. */
export const oldAndNewOf = (property: string, [before, after]: [unknown, unknown]) =>
  UNTOLD.has(property) ? { old: '***', new: '***' } : { old: before, new: after }
