import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import { type Asking, type Entity, type Expansion, fieldOf, type Order, type Property } from './entity.ts'
import { refuse } from './errors.ts'
import { compileFilter } from './filter.ts'
import { type Key, openPageToken } from './paging.ts'
import { compileSearch } from './search.ts'

/** The parameters of a URL's query, each time that they stand there. */
export type Query = Iterable<[name: string, value: string]>

/** What of a row is answered. */
export interface Selection {
  asking: Asking
  properties: [name: string, property: Property][]
  /** Of Graph's properties that we lack: what is answered. */
  lacking: Record<string, null | readonly never[]>
  expand?: { name: string; expansion: Expansion; inner: Selection } | undefined
}

/** What of a list is answered. */
export interface Options extends Selection {
  where: RawBuilder<boolean>[]
  order: Order
  top: number
  count: boolean
  /** The hash of the query, which page tokens are bound to. */
  query: string
  after?: Key | undefined
}

const OPTIONS = ['select', 'expand', 'filter', 'search', 'orderby', 'top', 'count', 'skiptoken', 'deltatoken'] as const
export type Option = (typeof OPTIONS)[number]
/** OData's, which would change the answer: to ignore them would answer something else. */
const REFUSED = ['skip', 'apply']

/**
 * The options of a query by their names in lower case, without `$`. Other parameters are ignored.
 * Throws `option_unsupported` for one that is not `allowed`, and `option_repeated`.
 */
export function readQuery(query: Query, allowed: readonly Option[]): Partial<Record<Option, string>> {
  const found: Partial<Record<Option, string>> = {}
  for (const [written, value] of query) {
    const name = written.toLowerCase().replace(/^\$/, '')
    const option = OPTIONS.find(one => one === name)
    if (!option && !written.startsWith('$') && !REFUSED.includes(name)) continue
    if (!option || !allowed.includes(option)) throw refuse('option_unsupported', written)
    if (found[option] !== undefined) throw refuse('option_repeated', written)
    found[option] = value
  }
  return found
}

/** The options of one row: `$select` and `$expand`. */
export function readSelection(entity: Entity, query: Query, asking: Asking): Selection {
  const { select, expand } = readQuery(query, ['select', 'expand'])
  return selectionOf(entity, select, expand, asking)
}

/** The options of a list. */
export function readOptions(entity: Entity, query: Query, asking: Asking): Options {
  const found = readQuery(query, ['select', 'expand', 'filter', 'search', 'orderby', 'top', 'count', 'skiptoken'])
  const { skiptoken, ...asked } = found
  const hash = hashOf(asking.path, asked)
  return {
    ...selectionOf(entity, asked.select, asked.expand, asking),
    where: [
      ...(asked.filter === undefined ? [] : [compileFilter(asked.filter, entity, asking)]),
      ...(asked.search === undefined ? [] : [compileSearch(asked.search, entity, asking)]),
    ],
    order: asked.orderby === undefined ? (entity.order ?? BY_ID) : readOrder(entity, asked.orderby, asking),
    top: asked.top === undefined ? 100 : readTop(asked.top, entity.pageLimit ?? 999),
    count: readCount(asked.count),
    query: hash,
    after: skiptoken === undefined ? undefined : openPageToken(skiptoken, hash, asking),
  }
}

const BY_ID: Order = { by: 'id', descending: false }

const hashOf = (path: string, asked: object) =>
  createHash('sha256')
    .update(JSON.stringify([path, Object.entries(asked).sort()]))
    .digest('base64url')

function readTop(text: string, limit: number): number {
  const top = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (top < 1 || top > limit) throw refuse('page_size', '$top')
  return top
}

function readCount(text = 'false'): boolean {
  const count = text.toLowerCase()
  if (count !== 'true' && count !== 'false') throw refuse('option_invalid', '$count')
  return count === 'true'
}

function readOrder(entity: Entity, text: string, asking: Asking): Order {
  const [, by, direction] = /^([A-Za-z][\w/]*)(?: (asc|desc))?$/.exec(text.trim()) ?? []
  if (by === undefined) throw refuse('orderby_property', text)
  const field = fieldOf(entity, by)
  if (!field?.order) throw refuse('orderby_property', by)
  if (field.takes && !asking.may(field.takes)) throw refuse('forbidden', by)
  return { by, descending: direction === 'desc' }
}

function selectionOf(
  entity: Entity,
  select: string | undefined,
  expand: string | undefined,
  asking: Asking,
): Selection {
  return {
    asking,
    ...(select === undefined ? unaskedOf(entity, asking) : readSelect(entity, select, asking)),
    expand: expand === undefined ? undefined : readExpand(entity, expand, asking),
  }
}

export const unaskedOf = ({ properties }: Entity, { may }: Asking) => ({
  properties: Object.entries(properties).filter(([, { unasked, takes }]) => unasked && (!takes || may(takes))),
  lacking: {},
})

export function readSelect({ properties, lacking = {} }: Entity, text: string, { may }: Asking) {
  const selection: Pick<Selection, 'properties' | 'lacking'> = { properties: [], lacking: {} }
  for (const name of new Set(text.split(',').map(one => one.trim()))) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (property) {
      if (property.takes && !may(property.takes)) throw refuse('forbidden', name)
      selection.properties.push([name, property])
    } else if (Object.hasOwn(lacking, name)) selection.lacking[name] = lacking[name]!
    else throw refuse('property_unknown', name)
  }
  return selection
}

/** `memberOf` or `memberOf($select=id,displayName)`. */
function readExpand({ expand = {} }: Entity, text: string, asking: Asking): NonNullable<Selection['expand']> {
  const [, name, select] = /^([A-Za-z]+)(?:\(\$?select=([\w, ]+)\))?$/i.exec(text.trim()) ?? []
  const expansion = name !== undefined && Object.hasOwn(expand, name) ? expand[name] : undefined
  if (name === undefined || !expansion) throw refuse('expand_property', text)
  if (expansion.takes && !asking.may(expansion.takes)) throw refuse('forbidden', name)
  return { name, expansion, inner: selectionOf(expansion.of(), select, undefined, asking) }
}
