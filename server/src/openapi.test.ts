import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Action, type Actor, mayAny } from './access/index.ts'
import type { Permissions } from './api/index.ts'
import { describeResources } from './resources.ts'

interface Operation {
  operationId: string
  description: string
  parameters: { name: string }[]
  security: { bearer: string[] }[]
  responses: object
  'x-actions': Action[]
}

interface Described {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; 'x-actions': Record<string, Permissions> }
}

const described = describeResources('https://latchkey.example') as unknown as Described
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
)

test('the description names every resource once, with its parameters and its errors', () => {
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

test('the description tells of each operation which scopes, permissions and roles open it, as they are judged', () => {
  const told = described.components['x-actions']
  const proof = { acr: 'mfa', authTime: new Date() } as const
  const ids = { tenantId: 'a tenant', id: 'somebody', name: 'Somebody' }
  for (const { path, method, 'x-actions': some, security, description } of operations) {
    const about = `${method} ${path}`
    assert.ok(some.length > 0, about)
    const listed = security.flatMap(({ bearer }) => bearer)
    for (const action of some) {
      const { delegated, application, own, roles, ranked, oneself, owners } = told[action]!
      for (const scope of [...delegated, ...own]) {
        assert.ok(listed.includes(scope) && description.includes(scope), `${about} ${scope}`)
        for (const role of roles === 'everybody' ? ['Guest Inviter' as const] : [...roles, ...ranked]) {
          const person: Actor = { kind: 'user', ...ids, scopes: [scope], roles: [role], proof }
          assert.ok(mayAny(person, action).allowed, `${action} ${scope} ${role}`)
          assert.ok(roles === 'everybody' || description.includes(role), `${about} ${role}`)
        }
        const nobody: Actor = { kind: 'user', ...ids, scopes: [scope], roles: ['Guest Inviter'], proof }
        const isOpen = roles === 'everybody' || oneself === 'too' || owners
        assert.equal(mayAny(nobody, action).allowed, isOpen, `${action} without a role`)
        const itself: Actor = { kind: 'application', ...ids, scopes: [scope], roles: [], owners: [] }
        assert.equal(
          mayAny(itself, action).allowed,
          application.includes(scope),
          `${action} ${scope} of an application`,
        )
      }
    }
  }
})
