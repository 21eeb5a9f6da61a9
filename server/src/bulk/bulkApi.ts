import { Type } from 'typebox'
import { type Action, byOwn, demand } from '../access/index.ts'
import { announcementKinds } from '../administration/index.ts'
import {
  type Api,
  type ApiAnswer,
  answerList,
  askingOf,
  type Call,
  listAnswer,
  readRow,
  rowAnswer,
} from '../api/index.ts'
import { settlingOf } from '../directory/index.ts'
import { rowSchema } from '../odata/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { announce } from './announcements.ts'
import { lineOf } from './csv.ts'
import { refuse, refuseMissing } from './errors.ts'
import { checkExport, type ExportName, exported, type Query, readExport } from './exports.ts'
import { isJob, jobEntityOf, madeBy } from './jobEntity.ts'
import { type Kind, type KindName, kinds, type MakerAct } from './kinds.ts'
import { makeExport, type NewJob, takeFile } from './making.ts'
import { cancelJob, getOwnJob, readResults, takePasswords } from './results.ts'
import { openQuery } from './seals.ts'

/** The largest file. */
const LIMIT = 64 * 1024 * 1024

/** Every action that some job takes. */
const ACTIONS: Action[] = [
  ...new Set([
    ...Object.values(kinds).flatMap((kind: Kind) => kind.actionsOf(kind.properties)),
    ...Object.values(exported).map(({ action }) => action),
  ]),
]

const JOB = rowSchema(jobEntityOf('', new Date(0)))
const RESULTS = ['row', 'status', 'id', 'code', 'target'] as const
const PASSWORDS = ['row', 'id', 'userPrincipalName', 'password'] as const

const Announcement = Type.Object(
  {
    kind: Type.Enum(announcementKinds),
    groupId: Type.Optional(Type.String({ format: 'uuid' })),
    filter: Type.Optional(Type.String({ maxLength: 4096 })),
    dryRun: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

const Results = Type.Object({
  value: Type.Array(
    Type.Object({
      row: Type.Integer(),
      status: Type.Integer(),
      id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
      code: Type.Union([Type.String(), Type.Null()]),
      target: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
const Passwords = Type.Object({
  value: Type.Array(
    Type.Object({
      row: Type.Integer(),
      id: Type.String({ format: 'uuid' }),
      userPrincipalName: Type.Union([Type.String(), Type.Null()]),
      password: Type.String(),
    }),
  ),
})

/** Jobs of many rows (administration on the wire, §2.9). */
export function bulkApi(api: Api) {
  const line = { action: ACTIONS, status: 200 } as const
  api.add({
    ...line,
    method: 'POST',
    path: '/bulk/jobs',
    summary: 'Run a file of rows, or make an export',
    takes: ['text/csv'],
    takesNone: true,
    options: ['kind', 'dryRun', 'fileName', '$filter', '$select', '$search', '$orderby'],
    answer: rowAnswer(JOB, 'bulkJob'),
    context: 'bulk/jobs/$entity',
    status: 202,
    handle: makeJob,
  })
  api.add({
    method: 'POST',
    path: '/announcements',
    action: 'resetPolicies.write',
    summary: 'Mail people one of the mails of a roll-out, by a job',
    body: Announcement,
    answer: rowAnswer(JOB, 'bulkJob'),
    context: 'bulk/jobs/$entity',
    status: 202,
    async handle(call) {
      const { kind, groupId, filter, dryRun = false } = call.body
      const { appId, securityEpoch } = call.caller
      const asked = { isDryRun: dryRun, fileName: undefined, appId }
      const id = await announce(call.db, byOwn(call.act), askingOf(call), {
        ...{ ...asked, securityEpoch },
        announced: { kind, groupId: groupId?.toLowerCase(), filter },
      })
      return begun(call, id)
    },
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/bulk/jobs',
    summary: 'List your jobs',
    context: 'bulk/jobs',
    options: ['$select', '$top', '$count', '$skiptoken'],
    answer: listAnswer(JOB, 'bulkJob'),
    handle: call => answerList(call, jobEntityOf(call.tenantId, call.act.now), () => [madeBy(call.caller.actor)]),
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/bulk/jobs/{id}',
    summary: 'Read how far a job is',
    context: 'bulk/jobs/$entity',
    options: ['$select'],
    answer: rowAnswer(JOB, 'bulkJob'),
    handle: call => readJob(call, idOf(call)),
  })
  api.add({
    ...line,
    method: 'DELETE',
    path: '/bulk/jobs/{id}',
    summary: 'Cancel the rows of a job that have not run',
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, trx => cancelJob(trx, makerOf(call), idOf(call)))
      return {}
    },
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/bulk/jobs/{id}/results',
    summary: 'Read what became of each row, as JSON or CSV',
    answer: Results,
    async handle(call) {
      const { id } = await ownJob(call)
      const pages = readResults(call.db, call.tenantId, id)
      return wantsCsv(call) ? csv(linesOf(RESULTS, pages)) : { file: { type: JSON_TYPE, content: jsonOf(pages) } }
    },
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/bulk/jobs/{id}/passwords',
    summary: 'Read the passwords that a job made, once, as JSON or CSV',
    answer: Passwords,
    async handle(call) {
      const made = await inTenant(call.db, call.tenantId, trx => takePasswords(trx, makerOf(call), idOf(call)))
      return wantsCsv(call) ? csv(linesOf(PASSWORDS, [made])) : { json: { value: made } }
    },
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/bulk/jobs/{id}/content',
    summary: 'Fetch an export as CSV',
    async handle(call) {
      const { id, kind, query_sealed: sealed } = await ownJob(call)
      if (!sealed) throw refuse('no_content')
      const name = kind as ExportName
      const query = openQuery(call.act.keys, call.tenantId, id, sealed)
      await demandExport(call, name)
      checkExport(name, query, askingOf(call))
      return csv(readExport(call.db, call.act, askingOf(call), { name, query }))
    },
  })
  api.add({
    method: 'GET',
    path: '/partner/customers/export',
    action: 'partner.customers.read',
    summary: 'Fetch your firm’s customers as CSV',
    status: 200,
    options: ['$filter', '$select'],
    async handle(call) {
      const asked = { name: 'partnerCustomersExport', query: call.query } as const
      checkExport(asked.name, asked.query, askingOf(call))
      return csv(readExport(call.db, call.act, askingOf(call), asked))
    },
  })
}

const idOf = ({ params }: Pick<Call, 'params'>) => (params.id ?? '').toLowerCase()

/** Whoever asks makes jobs: a person of a partner too, within what a partner may. */
const makerOf = ({ act, caller }: Call): MakerAct => ({ ...act, actor: caller.actor })

const ownJob = (call: Call) => inTenant(call.db, call.tenantId, trx => getOwnJob(trx, makerOf(call), idOf(call)))

/** An export is of everybody, also of those who were there before a takeover. */
async function demandExport({ db, act, tenantId }: Call, name: ExportName): Promise<void> {
  const settlingUntil = await inTenant(db, tenantId, trx => askOne(trx, settlingOf(tenantId)))
  demand(act, exported[name].action, { kind: 'tenant', tenantId, settlingUntil })
}

const optionOf = ({ query }: Call, name: string) => query.find(([option]) => option === name)?.[1]

async function makeJob(call: Call): Promise<ApiAnswer> {
  const asked = newJobOf(call)
  const { kind } = asked
  const id = kind in exported ? await exportOf(call, asked) : await fileOf(call, asked as NewJob & { kind: KindName })
  return begun(call, id)
}

/** The answer of a job that has begun. */
const begun = async (call: Call, id: string): Promise<ApiAnswer> => ({
  ...(await readJob({ ...call, query: [] }, id)),
  location: `/bulk/jobs/${id}`,
  headers: { 'retry-after': '1' },
})

function newJobOf(call: Call): NewJob & { kind: KindName | ExportName } {
  const named = (optionOf(call, 'kind') ?? '').toLowerCase()
  const kind = ([...Object.keys(kinds), ...Object.keys(exported)] as (KindName | ExportName)[]).find(
    one => one.toLowerCase() === named,
  )
  if (!kind) throw refuse('property_invalid', { field: 'kind' })
  const dryRun = (optionOf(call, 'dryRun') ?? 'false').toLowerCase()
  if (dryRun !== 'true' && dryRun !== 'false') throw refuse('property_invalid', { field: 'dryRun' })
  const fileName = optionOf(call, 'fileName')
  if (fileName !== undefined && (fileName.length > 255 || /\p{Cc}/u.test(fileName)))
    throw refuse('property_invalid', { field: 'fileName' })
  const { appId, securityEpoch } = call.caller
  return { kind, isDryRun: dryRun === 'true', fileName, appId, securityEpoch }
}

function fileOf(call: Call, asked: NewJob & { kind: KindName }): Promise<string> {
  if (call.headers['content-type'] === undefined) throw refuse('media_type')
  return takeFile(call.db, makerOf(call), asked, call.stream(LIMIT))
}

async function exportOf(call: Call, asked: NewJob): Promise<string> {
  const name = asked.kind as ExportName
  await demandExport(call, name)
  const query: Query = call.query.filter(([option]) => /^\$|^(select|filter|search|orderby)$/i.test(option))
  checkExport(name, query, askingOf(call))
  return inTenant(call.db, call.tenantId, trx => makeExport(trx, byOwn(call.act), asked, query))
}

async function readJob(call: Call, id: string): Promise<ApiAnswer> {
  const found = await inTenant(call.db, call.tenantId, async trx => {
    const job = await getOwnJob(trx, makerOf(call), id)
    return readRow(trx, call, jobEntityOf(call.tenantId, call.act.now), { where: isJob(job.id) })
  })
  if (!found) throw refuseMissing('not_found')
  return found
}

const JSON_TYPE = 'application/json; charset=utf-8'

const csv = (content: AsyncIterable<string>): ApiAnswer => ({ file: { type: 'text/csv; charset=utf-8', content } })

const wantsCsv = (call: Call) => optionOf(call, '$format') === 'csv' || /\btext\/csv\b/i.test(call.headers.accept ?? '')

async function* linesOf<Name extends string>(
  names: readonly Name[],
  pages: AsyncIterable<Record<Name, unknown>[]> | Iterable<Record<Name, unknown>[]>,
): AsyncGenerator<string> {
  yield lineOf(names)
  for await (const page of pages) yield page.map(row => lineOf(names.map(name => row[name]))).join('')
}

/** `{"value": […]}`, written as it is read. */
async function* jsonOf(pages: AsyncIterable<unknown[]>): AsyncGenerator<string> {
  yield '{"value":['
  let isFirst = true
  for await (const page of pages) {
    yield (isFirst ? '' : ',') + page.map(row => JSON.stringify(row)).join()
    isFirst = false
  }
  yield ']}'
}
