import type { ReactNode } from 'react'
import { DefinitionList, Lead, type PageProps, Panel, renderPage } from '../pages/index.ts'
import type { Locale } from '../words/index.ts'
import type { Described, Description, Shape } from './openapi.ts'
import { sentencesOf } from './permissions.ts'

/** The frame that is around every page of the reference: in English, as the description is. */
interface Frame {
  english: Locale
  demo: boolean
}

/** An operation with its method and path. */
interface Operation extends Described {
  method: string
  path: string
}

/** The operations of each tag, by its name. */
export function operationsOf({ paths }: Description): Map<string, Operation[]> {
  const found = new Map<string, Operation[]>()
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = ''] = operation.tags
      found.set(tag, [...(found.get(tag) ?? []), { ...operation, method: method.toUpperCase(), path }])
    }
  return found
}

const draw = ({ english, demo }: Frame, page: Pick<PageProps, 'title' | 'children'>) =>
  renderPage({ ...page, width: 'wide', brand: { name: 'Latchkey' }, locale: english, languages: [], demo })

/** The first page of the reference: what holds for every operation, and the subjects. */
export function indexPage(frame: Frame, description: Description): string {
  const [server] = description.servers
  return draw(frame, {
    title: 'Reference of the interface for programs',
    children: (
      <>
        <Lead>{description.info.description}</Lead>
        <Panel title="Subjects">
          <ul>
            {[...operationsOf(description)].map(([tag, operations]) => (
              <li key={tag}>
                <a href={`/reference/${tag}`}>/{tag}</a>, {plural(operations.length, 'operation')}
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title="For every operation">
          <DefinitionList
            items={[
              { term: 'Address', description: <code>{server?.url}</code> },
              {
                term: 'Token',
                description: (
                  <>
                    <code>Authorization: Bearer …</code>, an access token whose audience is that address
                  </>
                ),
              },
              {
                term: 'Errors',
                description: (
                  <>
                    <code>{'{ "error": { "code", "message", "innerError", "details": [{ "code", "target" }] } }'}</code>
                  </>
                ),
              },
              {
                term: 'For programs',
                description: (
                  <>
                    <a href="/openapi.json">/openapi.json</a>, the same as OpenAPI 3.1
                  </>
                ),
              },
            ]}
          />
        </Panel>
      </>
    ),
  })
}

/** The page of one subject: each of its operations, and the rights that they take. */
export function tagPage(frame: Frame, description: Description, tag: string): string | undefined {
  const operations = operationsOf(description).get(tag)
  if (!operations) return undefined
  const actions = [...new Set(operations.flatMap(one => one['x-actions']))].sort()
  return draw(frame, {
    title: `/${tag}`,
    children: (
      <>
        <Lead>
          {plural(operations.length, 'operation')}. <a href="/reference">All subjects</a>
        </Lead>
        <Panel title="Operations">
          <ul>
            {operations.map(({ operationId, method, path, summary }) => (
              <li key={operationId}>
                <a href={`#${operationId}`}>{summary}</a> <code>{`${method} ${path}`}</code>
              </li>
            ))}
          </ul>
        </Panel>
        {operations.map(one => (
          <OperationPanel key={one.operationId} operation={one} schemas={description.components.schemas} />
        ))}
        <Panel title="Rights">
          <DefinitionList
            items={actions.map(action => ({
              term: action,
              description: <span id={action}>{sentencesOf(action).join(' ')}</span>,
            }))}
          />
        </Panel>
      </>
    ),
  })
}

type Schemas = Readonly<Record<string, Shape>>

function OperationPanel({ operation, schemas }: { operation: Operation; schemas: Schemas }) {
  const { operationId, method, path, summary, parameters, requestBody, responses } = operation
  const named = (place: string) => parameters.filter(one => one.in === place).map(({ name }) => name)
  const items: { term: string; description: ReactNode }[] = [
    { term: 'Takes', description: <Rights operation={operation} /> },
  ]
  const query = named('query')
  if (query.length > 0) items.push({ term: 'Options', description: <code>{query.join(', ')}</code> })
  const [[type, { schema = {}, example } = {}] = []] = Object.entries(requestBody?.content ?? {})
  if (type !== undefined)
    items.push({
      term: 'Body',
      description:
        type === 'application/json' ? <Properties schema={schema} schemas={schemas} /> : <Types of={requestBody} />,
    })
  if (example) items.push({ term: 'Example', description: <code>{JSON.stringify(example)}</code> })
  for (const [status, { content }] of Object.entries(responses).filter(([status]) => /^2/.test(status)))
    items.push({ term: `Answers ${status}`, description: <Answer content={content} schemas={schemas} /> })
  items.push({ term: 'Refuses by', description: <code>{operation['x-errors'].join(', ')}</code> })
  return (
    <section className="panel" id={operationId}>
      <h2>{summary}</h2>
      <p>
        <code>{`${method} /v1.0${path}`}</code>
      </p>
      <DefinitionList items={items} />
    </section>
  )
}

/** The actions that an operation takes, each with the way to its words. */
function Rights({ operation }: { operation: Operation }) {
  return (
    <>
      {operation['x-actions'].map((action, at) => (
        <span key={action}>
          {at > 0 && ', '}
          <a href={`#${action}`}>{action}</a>
        </span>
      ))}
      {operation['x-delegated'] && ' of a person’s token alone'}
    </>
  )
}

const Types = ({ of }: { of: Described['requestBody'] }) => <code>{Object.keys(of?.content ?? {}).join(', ')}</code>

function Answer({ content, schemas }: { content: Described['responses'][string]['content']; schemas: Schemas }) {
  const [type, { schema } = { schema: {} }] = Object.entries(content ?? {})[0] ?? []
  if (type === undefined) return 'nothing'
  if (type !== 'application/json') return <code>{Object.keys(content ?? {}).join(', ')}</code>
  return <code>{textOf(schema, schemas, 0)}</code>
}

/** The properties that a body takes, each with its type. */
function Properties({ schema, schemas }: { schema: Shape; schemas: Schemas }) {
  const { properties = {}, required = [] } = resolved(schema, schemas)
  const names = Object.keys(properties)
  if (names.length === 0) return 'an object'
  return (
    <ul>
      {names.map(name => (
        <li key={name}>
          <code>{name}</code>: {textOf(properties[name]!, schemas, 0)}
          {required.includes(name) && ', needed'}
        </li>
      ))}
    </ul>
  )
}

const resolved = (schema: Shape, schemas: Schemas): Shape => {
  const merged = schema.$ref ? (schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema
  if (!merged.allOf) return merged
  return { properties: Object.assign({}, ...merged.allOf.map(one => resolved(one, schemas).properties)) }
}

/** How deep an object is written out: the description has the rest. */
const DEEPEST = 2

/** A schema in a few words, as in `{ id: uuid, roles: [text] }`. */
function textOf(schema: Shape, schemas: Schemas, depth: number): string {
  const {
    const: only,
    enum: words,
    anyOf,
    type,
    items,
    properties,
    format,
    minimum,
    maximum,
    maxLength,
  } = resolved(schema, schemas)
  if (only !== undefined) return JSON.stringify(only)
  if (words) return words.map(word => JSON.stringify(word)).join(' | ')
  if (anyOf) return [...new Set(anyOf.map(one => textOf(one, schemas, depth)))].join(' | ')
  if (type === 'array') return `[${items ? textOf(items, schemas, depth) : '…'}]`
  if (properties) {
    if (depth > DEEPEST) return '{ … }'
    const members = Object.entries(properties).map(([name, one]) => `${name}: ${textOf(one, schemas, depth + 1)}`)
    return `{ ${members.join(', ')} }`
  }
  if (type === 'string') return format ?? (maxLength === undefined ? 'text' : `text of at most ${maxLength}`)
  if (type === 'integer' && minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`
  return type ?? 'any value'
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`
