import { Type } from 'typebox'
import type { Action } from '../access/index.ts'
import {
  type Api,
  type ApiAnswer,
  answerList,
  type Call,
  createWriteReader,
  listAnswer,
  type Resource,
} from '../api/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { previewedWrites } from './previewedWrites.ts'
import { affectedBySql, effectNames, findPreview, makePreview, type Preview, previewedUserEntity } from './previews.ts'

const ROOT = '/policies/previews'

/** Every action of a write that can be previewed: the preview asks for the write's own. */
const ACTIONS: readonly Action[] = [
  'resetPolicies.write',
  'methodsPolicy.write',
  'protection.write',
  'groups.write',
  'roleGroups.write',
]

const Body = Type.Object(
  {
    method: Type.Enum(['POST', 'PATCH', 'DELETE']),
    url: Type.String({ minLength: 1, maxLength: 2_048 }),
    body: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
)

const count = Type.Integer()
const Counts = Type.Object({ users: count, ...Object.fromEntries(effectNames.map(name => [name, count])) })
const Answer = Type.Object(
  {
    '@odata.context': Type.Optional(Type.String()),
    id: Type.String({ format: 'uuid' }),
    status: Type.Enum(['running', 'succeeded', 'failed']),
    etag: Type.Union([Type.String(), Type.Null()]),
    expiresDateTime: Type.String({ format: 'date-time' }),
    counts: Type.Union([Counts, Type.Null()]),
  },
  { title: 'policyPreview' },
)

const isPreviewed = ({ method, path }: Resource) =>
  previewedWrites.some(write => write.method === method && write.path === path)

/** What a change would do to people, before it is made (administration on the wire, §2.5). */
export function previewsApi(api: Api) {
  const readWrite = createWriteReader(api, isPreviewed)
  api.add({
    method: 'POST',
    path: ROOT,
    action: ACTIONS,
    summary: 'Find whom a change of a policy or of a group’s members would affect, changing nothing',
    body: Body,
    context: 'policies/previews/$entity',
    answer: Answer,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, services } = call
      const { resource, params, body } = readWrite(call.caller, call.body)
      const { method, path } = resource
      const id = await makePreview(db, act, tenantId, { method, path, params, body, origin: services.origin })
      return { ...viewOf(await read(call, id)), location: `${ROOT}/${id}` }
    },
  })
  api.add({
    method: 'GET',
    path: `${ROOT}/{id}`,
    action: [...ACTIONS, 'reports.read'],
    summary: 'Read a preview, as its maker',
    context: 'policies/previews/$entity',
    answer: Answer,
    status: 200,
    handle: async call => viewOf(await read(call, call.params.id ?? '')),
  })
  api.add({
    method: 'GET',
    path: `${ROOT}/{id}/affectedUsers`,
    action: [...ACTIONS, 'reports.read'],
    summary: 'List whom a change would affect, as the maker of its preview',
    context: 'policies/previews/affectedUsers',
    options: ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken'],
    answer: listAnswer(rowSchema(previewedUserEntity), 'previewedUsers'),
    status: 200,
    async handle(call) {
      const { id } = await read(call, call.params.id ?? '')
      return answerList(call, previewedUserEntity, () => [affectedBySql(id)])
    },
  })
}

async function read({ db, act, tenantId }: Call<unknown>, id: string): Promise<Preview> {
  const preview = await inTenant(db, tenantId, trx => findPreview(trx, act, id))
  if (!preview) throw refuseMissing('not_found')
  return preview
}

/** `etag` is the write's, for its If-Match; a preview itself never changes but for its end. */
const viewOf = ({ id, status, version, counts, expiresAt }: Preview): ApiAnswer => ({
  json: { id, status, etag: version && `W/"${version}"`, expiresDateTime: expiresAt.toISOString(), counts },
  ...(status === 'running' && { headers: { 'retry-after': '5' } }),
})
