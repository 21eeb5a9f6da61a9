import { type TSchema, Type } from 'typebox'
import type { Action } from '../access/index.ts'
import { exampleOf } from './examples.ts'
import { type Permissions, permissionsOf, sentencesOf } from './permissions.ts'
import { refusalsOf } from './refused.ts'
import type { Resource } from './resource.ts'

/** A schema, as far as it is read here. */
export interface Shape {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Shape[]
  allOf?: Shape[]
  items?: Shape
  properties?: Record<string, Shape>
  required?: string[]
  format?: string
  minimum?: number
  maximum?: number
  maxLength?: number
}

type Content = Record<string, { schema: Shape; example?: object }>

/** One operation of the description. */
export interface Described {
  operationId: string
  summary: string
  description: string
  'x-actions': readonly Action[]
  'x-delegated'?: true
  /** The codes of its refusals. */
  'x-errors': string[]
  security: { bearer: string[] }[]
  tags: string[]
  parameters: { name: string; in: string; required?: boolean; description?: string; schema: Shape }[]
  requestBody?: { required: boolean; content: Content }
  responses: Record<string, { description: string; content?: Content }>
}

/** The description of `/v1.0`. */
export interface Description {
  openapi: string
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  security: { bearer: string[] }[]
  paths: Record<string, Record<string, Described>>
  components: {
    'x-actions': Record<string, Permissions>
    securitySchemes: Record<string, object>
    schemas: Record<string, Shape>
  }
}

/** What an error looks like (administration on the wire, §1). */
const ErrorAnswer = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      innerError: Type.Object({
        date: Type.String({ format: 'date-time' }),
        'request-id': Type.String({ format: 'uuid' }),
        'client-request-id': Type.String({ format: 'uuid' }),
      }),
      details: Type.Optional(
        Type.Array(Type.Object({ code: Type.String(), target: Type.Optional(Type.String()), message: Type.String() })),
      ),
    }),
  },
  { title: 'error' },
)

/** Query options by name, as the description tells them. */
const OPTIONS: Record<string, { description: string; schema: TSchema }> = {
  $select: { description: 'Properties to answer, separated by commas.', schema: Type.String() },
  $filter: { description: "A condition, as in startsWith(displayName,'An').", schema: Type.String() },
  $search: { description: 'Words to find, as in "displayName:anna".', schema: Type.String() },
  $orderby: { description: 'One property, with asc or desc.', schema: Type.String() },
  $expand: { description: 'One relation, with an inner $select.', schema: Type.String() },
  $top: { description: 'How many a page holds.', schema: Type.Integer({ minimum: 1, maximum: 999 }) },
  $count: { description: 'Whether the first page tells how many there are.', schema: Type.Boolean() },
  $skiptoken: { description: 'From @odata.nextLink.', schema: Type.String() },
  $deltatoken: { description: 'From @odata.deltaLink, or latest.', schema: Type.String() },
}

/** The options of a list; the resource says which properties they know. */
export const LIST_OPTIONS = ['$select', '$filter', '$search', '$orderby', '$expand', '$top', '$count', '$skiptoken']

/** The scope by which a person’s own rights are all that counts. */
const EVERYTHING = 'Directory.AccessAsUser.All'

/** The description of `/v1.0` (OpenAPI 3.1), from the very schemas that judge its requests. */
export function describeApi(resources: readonly Resource[], origin: string): Description {
  const schemas = new Map<string, Shape>()
  const place = (schema: TSchema) => hoist(plain(schema), schemas) as Shape
  const paths: Description['paths'] = {}
  const sorted = resources.toSorted((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
  for (const resource of sorted) {
    paths[resource.path] ??= {}
    paths[resource.path]![resource.method.toLowerCase()] = operationOf(resource, place)
  }
  place(ErrorAnswer)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version: 'v1.0',
      description: 'Accounts, rights, policies and reports of a company, in the shapes of Microsoft Graph.',
    },
    servers: [{ url: `${origin}/v1.0` }],
    security: [{ bearer: [] }],
    paths,
    components: {
      'x-actions': Object.fromEntries(
        [...new Set(resources.flatMap(({ action }) => action))].sort().map(action => [action, permissionsOf(action)]),
      ),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries([...schemas].sort()),
    },
  }
}

function operationOf(resource: Resource, place: (schema: TSchema) => Shape): Described {
  const { method, path, summary, action, body, takes, answer, status, options = [], delegated } = resource
  const some = [action].flat()
  const error = { description: 'Why not', content: { 'application/json': { schema: place(ErrorAnswer) } } }
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const writes = method === 'POST' || method === 'PATCH' || method === 'PUT'
  return {
    operationId: nameOf(resource),
    summary,
    description: describe(some, delegated),
    'x-actions': some,
    'x-errors': refusalsOf(resource),
    ...(delegated && { 'x-delegated': delegated }),
    security: scopesOf(some).map(scope => ({ bearer: [scope] })),
    tags: path.split(/[/(]/).slice(1, 2),
    parameters: [
      ...names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...options.map(name => ({
        name,
        in: 'query',
        ...(OPTIONS[name] ?? { schema: { type: 'string' } }),
      })),
      ...(method === 'POST'
        ? [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 64 } }]
        : []),
    ],
    ...(writes && (body || takes) && { requestBody: bodyOf(resource, place) }),
    responses: {
      [status]: {
        description: 'Done',
        ...(answer && { content: { 'application/json': { schema: place(answer) } } }),
      },
      '4XX': error,
      '5XX': error,
    },
  }
}

/** What an operation takes, in Markdown. */
function describe(some: readonly Action[], isDelegated = false): string {
  const [only, ...others] = some
  if (only && others.length === 0) return [`Takes \`${only}\`.`, ...sentencesOf(only, isDelegated)].join(' ')
  const each = some.map(action => `- \`${action}\`. ${sentencesOf(action, isDelegated).join(' ')}`)
  return ['Takes any of these, and what the target asks for:', ...each].join('\n')
}

/** Any of these scopes opens an operation, for some targets at least. */
const scopesOf = (some: readonly Action[]) => [
  ...new Set([
    ...some.flatMap(action => {
      const { delegated, own } = permissionsOf(action)
      return [...delegated, ...own]
    }),
    EVERYTHING,
  ]),
]

function bodyOf(resource: Resource, place: (schema: TSchema) => Shape): { required: boolean; content: Content } {
  const { body, takes = [] } = resource
  const file = { schema: { type: 'string', format: 'binary' } }
  const example = exampleOf(resource)
  return {
    required: true,
    content: body
      ? { 'application/json': { schema: place(body), ...(example && { example }) } }
      : Object.fromEntries(takes.map(type => [type, file])),
  }
}

const nameOf = ({ method, path }: Resource) =>
  method.toLowerCase() +
  path
    .split(/[^A-Za-z0-9]+/)
    .filter(word => word !== '')
    .map(word => word[0]!.toUpperCase() + word.slice(1))
    .join('')

/** A schema as JSON has it, without what only the validator's library knows. */
const plain = (schema: TSchema): Record<string, unknown> => JSON.parse(JSON.stringify(schema))

/** Puts schemas that have a title among the components, once, and leaves a reference. */
function hoist(schema: unknown, schemas: Map<string, Shape>): unknown {
  if (Array.isArray(schema)) return schema.map(one => hoist(one, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, hoist(one, schemas)]))
  const { title } = schema as { title?: unknown }
  if (typeof title !== 'string') return inner
  schemas.set(title, inner)
  return { $ref: `#/components/schemas/${title}` }
}
