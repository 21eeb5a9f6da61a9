import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeResources } from './resources.ts'

interface Described {
  openapi: string
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string }[]; responses: object }>>
  components: { schemas: Record<string, unknown> }
}

const described = describeResources('https://latchkey.example') as unknown as Described

test('the description names every resource once, with its parameters and its errors', () => {
  const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  assert.equal(described.openapi, '3.1.0')
  assert.ok(operations.length > 2)
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  for (const { path, parameters, responses } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const name of named)
      assert.ok(
        parameters.some(one => one.name === name),
        `${path} ${name}`,
      )
    assert.ok('4XX' in responses && '5XX' in responses)
  }
})

test('every reference of the description leads somewhere', () => {
  const text = JSON.stringify(described)
  const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!)
  assert.ok(references.length > 0)
  for (const name of references) assert.ok(name in described.components.schemas, name)
})
