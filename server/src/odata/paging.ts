import type { RawBuilder } from 'kysely'
import { DAY, plus, secondsOf } from '../clock.ts'
import { sql } from '../store/index.ts'
import { type Asking, comparedOf, type Entity, fieldOf, type Order, sqlTypes } from './entity.ts'
import { refuse } from './errors.ts'
import { openToken, sealToken } from './tokens.ts'

/** The place of a row in its list. `by`: what it is sorted by, as text. */
export interface Key {
  by: string | null
  id: string
}

type Token = [query: string, ends: number, by: string | null, id: string]

/** Where the next page begins, for this caller and query alone. */
export function sealPageToken({ by, id }: Key, query: string, asking: Asking): string {
  const token: Token = [query, secondsOf(plus(asking.now, DAY)), by, id]
  return sealToken('page', token, asking)
}

/** Throws `page_token_expired`, alike for every text that is no such token. */
export function openPageToken(text: string, query: string, asking: Asking): Key {
  const token = openToken('page', text, asking) as Token | undefined
  if (token?.[0] !== query || token[1] <= secondsOf(asking.now)) throw refuse('page_token_expired')
  return { by: token[2], id: token[3] }
}

export const directionOf = (descending: boolean) => (descending ? sql`desc` : sql`asc`)

/** A part of a list that one index answers in order. */
export interface Part {
  where: RawBuilder<boolean>[]
  by: RawBuilder<unknown>
  id: RawBuilder<unknown>
  direction: RawBuilder<unknown>
}

/**
 * The parts of a list after a key, in their order. Rows without a value are a part of their own, before the others and
 * in descending order after them: one condition for both would read all rows before the page.
 */
export function partsAfter(entity: Entity, { by, descending }: Order, after: Key | undefined): Part[] {
  const { id } = entity.properties
  const field = fieldOf(entity, by)!
  const shape = { by: comparedOf(field), id: id.sql, direction: directionOf(descending) }
  const beyond = descending ? sql`<` : sql`>`
  const afterId = after && sql<boolean>`${id.sql} ${beyond} ${after.id}::${sqlTypes[id.kind]}`
  if (field === id) return [{ ...shape, where: afterId ? [afterId] : [] }]
  const key = after && sql`(${after.by}::${sqlTypes[field.kind]}, ${after.id}::${sqlTypes[id.kind]})`
  const begins = sql<boolean>`(${shape.by}, ${id.sql}) ${beyond} ${key}`
  if (!field.nullable) return [{ ...shape, where: after ? [begins] : [] }]
  const inNulls = after?.by === null
  const valued = { ...shape, where: [sql<boolean>`${shape.by} is not null`, ...(after && !inNulls ? [begins] : [])] }
  const nulls = {
    ...shape,
    ...(field.absent && { by: sql`null::${sqlTypes[field.kind]}` }),
    where: [field.absent ?? sql<boolean>`${shape.by} is null`, ...(inNulls ? [afterId!] : [])],
  }
  const parts = descending ? [valued, nulls] : [nulls, valued]
  return after && inNulls === descending ? [parts[1]!] : parts
}
