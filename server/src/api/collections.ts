import type { RawBuilder } from 'kysely'
import { type TObject, type TSchema, Type } from 'typebox'
import { type Action, authorize, type Target } from '../access/index.ts'
import {
  type Asking,
  countRows,
  type Entity,
  type Followed,
  type Page,
  readDelta,
  readDeltaOptions,
  readOne,
  readOptions,
  readPage,
  readSelection,
} from '../odata/index.ts'
import { Refusal } from '../refusals.ts'
import { inTenant, type Trx } from '../store/index.ts'
import type { ApiAnswer, Call } from './resource.ts'

/** Somebody else who holds no rights: what a list tells of everybody, the caller may read of them. */
const ANYBODY = '00000000-0000-0000-0000-000000000000'

/** How a caller asks for rows of an entity. `target`: whom it is about, where it is about one. */
export function askingOf({ act, tenantId, path }: Call, target?: Target): Asking {
  const about = target ?? { kind: 'user', tenantId, id: ANYBODY, roles: [], roleAssignable: false, settlingUntil: null }
  return {
    tenantId,
    callerId: act.actor.id,
    path: path.toLowerCase(),
    keys: act.keys,
    now: act.now,
    may: (action: Action) => authorize(act, action, about).allowed,
  }
}

/** What a list is narrowed by besides its query. */
type Within = (trx: Trx) => Promise<readonly RawBuilder<boolean>[]> | readonly RawBuilder<boolean>[]

/** Answers a page of an entity, with the address of the next one. `within`: which rows; it throws where there is no such list. */
export async function answerList(call: Call, entity: Entity, within: Within = () => []): Promise<ApiAnswer> {
  const options = readOptions(entity, call.query, askingOf(call))
  const page = await call.read(async trx => {
    const where = await within(trx)
    return trx.last(() => readPage(trx, entity, options, where))
  })
  return pageOf(call, page)
}

/** The answer of a page. */
export function pageOf(call: Call, { value, next, count }: Page): ApiAnswer {
  return {
    json: {
      ...(count !== undefined && { '@odata.count': count }),
      ...(next !== undefined && { '@odata.nextLink': linkWith(call, '$skiptoken', next) }),
      value,
    },
  }
}

/** The schema of a page of rows. */
export const listAnswer = (row: TSchema, name: string): TSchema =>
  Type.Object(
    {
      '@odata.context': Type.Optional(Type.String()),
      '@odata.count': Type.Optional(Type.Integer()),
      '@odata.nextLink': Type.Optional(Type.String()),
      '@odata.deltaLink': Type.Optional(Type.String()),
      value: Type.Array(row),
    },
    { title: `${name}Page` },
  )

/** The schema of one row, as an answer. */
export const rowAnswer = (row: TObject, name: string): TSchema =>
  Type.Object(
    { '@odata.context': Type.Optional(Type.String()), '@odata.etag': Type.Optional(Type.String()), ...row.properties },
    { title: name },
  )

/** Answers how many rows a list has, as plain text. */
export async function answerCount(call: Call, entity: Entity, within: Within = () => []): Promise<ApiAnswer> {
  const options = readOptions(entity, call.query, askingOf(call))
  const count = await call.read(async trx => {
    const where = await within(trx)
    return trx.last(() => countRows(trx, entity, options, where))
  })
  return { file: { type: 'text/plain; charset=utf-8', content: Buffer.from(String(count)) } }
}

/** Answers what has changed of an entity, with the address of the next page or of the next round. */
export async function answerDelta(call: Call, entity: Followed): Promise<ApiAnswer> {
  const { value, next, delta } = await inTenant(call.db, call.tenantId, async trx =>
    readDelta(trx, entity, readDeltaOptions(entity, call.query, askingOf(call))),
  ).catch(error => {
    // Where a round begins anew.
    if (error instanceof Refusal && error.status === 410) error.more.location = call.base + call.path
    throw error
  })
  const link = (option: string, token: string) => `${call.base}${call.path}?${new URLSearchParams({ [option]: token })}`
  return {
    json: {
      ...(next !== undefined && { '@odata.nextLink': link('$skiptoken', next) }),
      ...(delta !== undefined && { '@odata.deltaLink': link('$deltatoken', delta) }),
      value,
    },
  }
}

/** Reads one row as the query selects it, with its ETag; undefined where there is none. `may`: where more may be read than of others. */
export async function readRow(
  trx: Trx,
  call: Call,
  entity: Entity,
  { where, target, may }: { where: RawBuilder<boolean>; target?: Target; may?: Asking['may'] },
): Promise<ApiAnswer | undefined> {
  const asking = { ...askingOf(call, target), ...(may && { may }) }
  const row = await readOne(trx, entity, readSelection(entity, call.query, asking), where)
  if (!row) return undefined
  const etag = row['@odata.etag']
  return { json: row, ...(typeof etag === 'string' && { etag }) }
}

/** The address of this list with one option more or changed. */
export function linkWith({ base, path, query }: Call, option: string, value: string): string {
  const named = option.replace(/^\$/, '').toLowerCase()
  const kept = query.filter(([name]) => name.replace(/^\$/, '').toLowerCase() !== named)
  return `${base}${path}?${new URLSearchParams([...kept, [option, value]])}`
}
