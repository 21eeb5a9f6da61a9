import { AndFilter, EqualityFilter, type Filter, FilterParser, OrFilter } from 'ldapts'

/** The only place where a value becomes part of a filter (RFC 4515): what a person typed must not change its meaning. */
export const equals = (attribute: string, value: string) => `(${attribute}=${escaped(value)})`

/** The same for bytes that are no text, which no text of a filter can hold. */
export const equalsBytes = (attribute: string, value: Buffer) => new EqualityFilter({ attribute, value })

/** The entries whose value is at least this one. */
export const atLeast = (attribute: string, value: string) => `(${attribute}>=${escaped(value)})`

/** The entries that all of these filters fit, and those that one of them fits. */
export const allOf = (...filters: (string | Filter)[]) => new AndFilter({ filters: filters.map(read) })
export const anyOf = (filters: readonly (string | Filter)[]) => new OrFilter({ filters: filters.map(read) })

const read = (filter: string | Filter) => (typeof filter === 'string' ? FilterParser.parseString(filter) : filter)

/** Letters outside ASCII stay: ldapts would read an escaped byte of them as a letter. */
const escaped = (value: string) =>
  value.replace(/[^A-Za-z0-9@._ \u0080-\u{10ffff}-]/gu, sign => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
