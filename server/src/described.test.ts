// Asks every resource of the description, with what its schemas allow and with what they do not. Nothing may fail by our
// fault, and no answer may be outside its schema.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { createGroup, findTenantId, findUserByName } from './directory/index.ts'
import { describeResources } from './resources.ts'
import { inTenant } from './store/index.ts'
import { testApi } from './testing/api.ts'
import { testServer } from './testing/server.ts'

interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  format?: string
  minimum?: number
  maximum?: number
  maxLength?: number
}

interface Operation {
  operationId: string
  parameters: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  'x-errors': string[]
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

const described = describeResources('http://localhost') as unknown as {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
)
type Described = (typeof operations)[number]

const server = await testServer({ roles: ['web'] })
const { store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const person = await inTenant(store, acme, trx => findUserByName(trx, acme, 'prefilled@acme.example'))
const { random, keys, clock } = server.services
const group = await inTenant(store, acme, trx =>
  createGroup(trx, { now: clock(), random, keys }, acme, { displayName: 'Field staff' }),
)
const admin = await api.as('admin@acme.example')
const { value: applications } = (await admin('GET', '/applications')).json ?? {}
const application = applications?.[0] ?? { id: group, appId: group, principalId: group }
const plain = await api.as('registered@acme.example')

const ajv = new Ajv({ strict: false, validateFormats: false, inlineRefs: false, code: { optimize: false } })
const resolved = (schema: Schema): Schema =>
  schema.$ref ? resolved(described.components.schemas[schema.$ref.split('/').at(-1)!]!) : schema

ajv.addSchema(described, 'described')
const pointed = (...parts: string[]) =>
  parts.map(part => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

const junk = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.boolean(),
  fc.string({ maxLength: 20 }),
  fc.constant([]),
  fc.constant({}),
)

/** What a schema allows; `wrong`: the part of its members, of a hundred, that have some other value. */
function allowedBy(asked: Schema, wrong: number, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(asked)
  const { type, enum: words, anyOf, items, properties = {}, required = [] } = schema
  if ('const' in schema) return fc.constant(schema.const)
  if (words) return fc.constantFrom(...words)
  if (anyOf) return fc.oneof(...anyOf.map(one => allowedBy(one, wrong, depth)))
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer' || type === 'number')
    return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1_000, 1_000_000) })
  if (type === 'array')
    return fc.array(items && depth < 4 ? allowedBy(items, wrong, depth + 1) : junk, { maxLength: 3 })
  if (type === 'object') {
    const members = Object.entries(properties).map(
      ([name, one]) =>
        [
          name,
          fc.oneof(
            { weight: 100 - wrong, arbitrary: allowedBy(one, wrong, depth + 1) },
            { weight: wrong, arbitrary: junk },
          ),
        ] as const,
    )
    return fc.record(Object.fromEntries(members), { requiredKeys: required.filter(name => name in properties) })
  }
  if (schema.format === 'uuid') return fc.constantFrom(person!.id, '00000000-0000-4000-8000-000000000000')
  if (schema.format === 'date-time') return fc.constantFrom('2026-11-26T11:30:00Z', '2099-01-01T00:00:00.5+02:00')
  return fc.constantFrom(
    'Kestrel',
    'kestrel@acme.example',
    'O’Brien',
    'x',
    '+46701740605',
    'https://acme.example/x',
    '日本',
    "a'b",
  )
}

/** Ids of things that are there, by the first word of a path. */
const known: Record<string, string[]> = {
  users: [person!.id, 'locked@acme.example'],
  groups: [group],
  policies: [group],
  domains: ['acme.example'],
  organization: [acme],
  applications: [application.id, application.appId],
  servicePrincipals: [application.principalId],
  directoryRoles: ['729827e3-9c14-49f7-bb1b-9608f156bbb8'],
}

const strange = fc.constantFrom(
  person!.id,
  'prefilled@acme.example',
  '00000000-0000-4000-8000-000000000000',
  'x',
  "a'b",
  '%00',
  'acme.example',
  '😀',
)
const option = fc.constantFrom(
  'id',
  'displayName',
  "displayName eq 'x'",
  'x',
  '1',
  '0',
  'true',
  "startsWith(id,'",
  '"displayName:a"',
  'ä',
)

const oneOf = (word: string) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(known[word] ?? [person!.id])) },
    { weight: 1, arbitrary: strange },
  )

/** A request of an operation. */
const requestOf = ({ path, method, parameters, requestBody }: Described) => {
  const schema = requestBody?.content['application/json']?.schema
  return fc.record({
    method: fc.constant(method),
    values: fc.array(oneOf(path.split(/[/(]/)[1]!), { minLength: 6, maxLength: 6 }),
    options: fc
      .subarray(parameters.filter(one => one.in === 'query').map(({ name }) => name))
      .map(all => all.slice(0, 3)),
    given: fc.array(option, { minLength: 3, maxLength: 3 }),
    body: schema
      ? fc.oneof(
          { weight: 6, arbitrary: allowedBy(schema, 0) },
          { weight: 3, arbitrary: allowedBy(schema, 20) },
          { weight: 1, arbitrary: junk },
        )
      : fc.constant(undefined),
    path: fc.constant(path),
  })
}

/** What nobody may do to the caller of this test while it runs. */
const leaves = ({ path }: Described) => !/revokeSignInSessions|changePassword/.test(path)

async function check(operation: Described, ask: typeof admin, request: Requested) {
  let place = 0
  const filled = request.path.replace(/\{\w+\}/g, () => encodeURIComponent(request.values[place++] ?? 'x'))
  const query = new URLSearchParams(request.options.map((name, place) => [name, request.given[place] ?? '']))
  const isWrite = request.method !== 'GET' && request.method !== 'DELETE'
  const { status, json, text } = await ask(
    request.method,
    `${filled}${query.size > 0 ? `?${query}` : ''}`,
    isWrite && request.body !== undefined ? request.body : undefined,
  )
  const about = `${request.method} ${filled}?${query} ${JSON.stringify(request.body)} → ${status} ${text.slice(0, 300)}`
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  assert.ok(status < 500, about)
  const told = status in operation.responses ? String(status) : `${String(status)[0]}XX`
  const answer = operation.responses[told]
  assert.ok(answer || status === 304, `${about} is not described`)
  for (const { code } of json?.error?.details ?? [])
    assert.ok(operation['x-errors'].includes(code), `${about} ${code} is not described`)
  if (!answer?.content?.['application/json'] || json === undefined) return
  const { path, method } = operation
  const at = pointed('paths', path, method.toLowerCase(), 'responses', told, 'content', 'application/json', 'schema')
  const judge = ajv.getSchema(`described#${at}`)!
  assert.ok(judge(json), `${about}: ${ajv.errorsText(judge.errors)}`)
}

interface Requested {
  method: string
  path: string
  values: string[]
  options: string[]
  given: string[]
  body: unknown
}

/** How many answers had each status. */
const statuses = new Map<number, number>()

const LONG = process.env.PROOF === 'long'

test('no request of the description fails by our fault, and every answer fits its schema', {
  timeout: 900_000,
}, async () => {
  assert.ok(operations.length > 60, `${operations.length} operations`)
  for (const operation of operations.filter(leaves))
    for (const ask of [plain, admin])
      await fc.assert(
        fc.asyncProperty(requestOf(operation), request => check(operation, ask, request)),
        // The short run makes the same requests each time, and one for whom most are refused.
        { ...(LONG ? { numRuns: 200 } : { numRuns: ask === admin ? 2 : 1, seed: 1 }), endOnFailure: true },
      )
  console.log(Object.fromEntries([...statuses].sort()))
  // Otherwise it would have asked for what is not there alone.
  for (const status of [200, 204, 400, 403, 404]) assert.ok((statuses.get(status) ?? 0) > 4, `${status}`)
})
