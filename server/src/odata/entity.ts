import type { RawBuilder } from 'kysely'
import { type TSchema, Type } from 'typebox'
import type { Action } from '../access/index.ts'
import type { Keyring } from '../crypto/index.ts'
import { sql } from '../store/index.ts'

export type Operator = 'eq' | 'ne' | 'in' | 'startsWith' | 'endsWith' | 'ge' | 'gt' | 'le' | 'lt'

/** What the contract calls T: the operators of text that is compared folded. */
export const T: readonly Operator[] = ['eq', 'ne', 'in', 'startsWith']
/** The operators of times. */
export const TIMES: readonly Operator[] = ['ge', 'gt', 'le', 'lt']

/** `texts`: an array of texts. `value`: JSON of another form. */
export type Kind = 'text' | 'boolean' | 'time' | 'uuid' | 'number' | 'texts' | 'value'

/** Who asks. Page tokens are theirs alone. */
export interface Asking {
  tenantId: string
  /** The id of the user or application. */
  callerId: string
  /** The path of the list, which page tokens are bound to. */
  path: string
  /** Whether the caller may read what this action reads. */
  may(action: Action): boolean
  keys: Keyring
  now: Date
}

/** What a query may filter and sort by. */
export interface Field {
  kind: Kind
  /** Its value in the entity's row. */
  sql: RawBuilder<unknown>
  nullable?: true
  /** That it is null, where it stands in a row that is joined: that there is no such row. */
  absent?: RawBuilder<boolean>
  /** The action that reading it takes. */
  takes?: Action
  filter?: readonly Operator[]
  order?: true
  /** Text as it is compared, null where it is null, in the collation "C": its SQL, the same fold of a literal, and the SQL from behind. */
  folded?: { sql: RawBuilder<unknown>; fold(literal: string): string; reversed?: RawBuilder<unknown> }
  /** The condition that it is one of these, where other columns tell it: as where it is sealed, and known by a keyed hash alone. */
  matches?(values: readonly string[], asking: Asking, operator?: 'startsWith'): RawBuilder<boolean>
  /**
   * For `any`: where its elements stand in SQL, and their fields by name; '' is the element itself. Without `from` the
   * row tells of the only one. `link`: the condition between an element and its row, by which an index leads from the
   * one to the other. `within`: true of every row that has elements, where an index finds these. `some`: that it has one.
   */
  any?: {
    from?: RawBuilder<unknown>
    link?: RawBuilder<boolean>
    within?: RawBuilder<boolean>
    some?: RawBuilder<boolean>
    fields: Record<string, Field>
  }
}

/** What is answered. */
export interface Property extends Field {
  /** Of a value that is no null. */
  schema?: TSchema
  /** It is answered where no `$select` asks. */
  unasked?: true
  /** By the prefix of a word, or of the whole. */
  search?: 'word' | 'whole'
  /** Whether one of its words begins with this folded one, where an index answers it. */
  words?(word: string): RawBuilder<boolean>
  /** Makes of the JSON of its SQL what is answered, as where it is sealed. */
  read?(json: unknown, asking: Asking): unknown
}

/** Another entity's rows that `$expand` answers with a row. */
export interface Expansion {
  of: () => Entity
  /** The condition between the two rows. */
  link: RawBuilder<boolean>
  /** There is at most one. */
  single?: true
  takes?: Action
}

/** What a list of `/v1.0` is made of. All SQL is over one row of `from`. */
export interface Entity {
  name: string
  /** As `@odata.type` tells it: `#microsoft.graph.user`. */
  type: string
  from: RawBuilder<unknown>
  tenant: RawBuilder<unknown>
  /** What every change of the row changes, where it can be changed. */
  version?: RawBuilder<unknown>
  properties: { id: Property } & Record<string, Property>
  /** Paths that are no properties themselves: `initiatedBy/user/id`. */
  paths?: Record<string, Field>
  /** Graph's properties that we lack. */
  lacking?: Record<string, null | readonly never[]>
  expand?: Record<string, Expansion>
  /** Where no `$orderby` asks; otherwise by id. */
  order?: Order
  /** The most rows of a page, where not 999. */
  pageLimit?: number
  delta?: Delta
}

export interface Order {
  by: string
  descending: boolean
}

/** Rows that bear the id (xid8) of the transaction that changed them last. An index begins with tenant and that id. */
export interface Changing {
  from: RawBuilder<unknown>
  tenant: RawBuilder<unknown>
  id: RawBuilder<unknown>
  changedIn: RawBuilder<unknown>
}

/** For SQL: whether a transaction, as in `changed_in`, is later than what a delta has told. */
export type IsChanged = (changedIn: RawBuilder<unknown>) => RawBuilder<boolean>

/** How changes of rows are known. */
export interface Delta {
  /** The rows with the deleted ones, under the name that the properties' SQL uses: `accounts as users`. */
  from: RawBuilder<unknown>
  /** As in `Changing`. */
  changedIn: RawBuilder<unknown>
  /** Why a row is told as removed: `changed` where it can be restored, `deleted`, or null. */
  removed: RawBuilder<unknown>
  /** What is left of rows that are gone. */
  purged?: Changing
  /** What is told beside the properties, such as `members`: what has changed, or all in a first round. */
  changes?: Record<string, (changed?: IsChanged) => RawBuilder<unknown>>
}

/** The field of a name or path; undefined for none. */
export const fieldOf = ({ properties, paths = {} }: Entity, name: string): Field | undefined =>
  Object.hasOwn(properties, name) ? properties[name] : Object.hasOwn(paths, name) ? paths[name] : undefined

/** For SQL: the value as queries compare it. */
export const comparedOf = ({ sql, folded }: Field): RawBuilder<unknown> => folded?.sql ?? sql

/** Of parameters: PostgreSQL would take the column's own type, and fail where a number is too large for it. */
export const sqlTypes: Record<Kind, RawBuilder<unknown>> = {
  text: sql`text`,
  boolean: sql`boolean`,
  time: sql`timestamptz`,
  uuid: sql`uuid`,
  number: sql`bigint`,
  texts: sql`text[]`,
  value: sql`jsonb`,
}

const TIME = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

/** For SQL: the value as JSON tells it. */
export const wireOf = ({ kind, sql: value }: Field): RawBuilder<unknown> =>
  kind === 'time' ? sql`to_char(${value} at time zone 'UTC', ${sql.lit(TIME)})` : value

const schemas: Record<Kind, TSchema> = {
  text: Type.String(),
  boolean: Type.Boolean(),
  time: Type.String({ format: 'date-time' }),
  uuid: Type.String({ format: 'uuid' }),
  number: Type.Integer(),
  texts: Type.Array(Type.String()),
  value: Type.Unknown(),
}

/** The schema of a property, for bodies and for OpenAPI. */
export function schemaOf({ kind, schema = schemas[kind], nullable }: Property): TSchema {
  return nullable ? Type.Union([schema, Type.Null()]) : schema
}

/** The schema of a row. Every property is optional: `$select` chooses. */
export const rowSchema = ({ properties }: Entity) =>
  Type.Object(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, Type.Optional(schemaOf(one))])))
