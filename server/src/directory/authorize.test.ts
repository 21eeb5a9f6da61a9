import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Action, authorize } from './authorize.ts'
import { type Role, roles } from './roles.ts'
import type { User } from './users.ts'

const ACME = '01900000-0000-7000-8000-00000000000a'
const GLOBEX = '01900000-0000-7000-8000-00000000000b'
const PERSON = '01900000-0000-7000-8000-000000000001'
const COLLEAGUE = '01900000-0000-7000-8000-000000000002'

const user = (tenantId: string, id: string, held: Role[] = []): User => ({
  tenantId,
  id,
  userPrincipalName: 'person@acme.example',
  displayName: 'Person',
  givenName: null,
  surname: null,
  mail: null,
  proxyAddresses: [],
  preferredLanguage: null,
  accountEnabled: true,
  passwordMasteredIn: 'cloud',
  securityEpoch: 0,
  roles: held,
})

/** Written out a second time, by hand: who may, per row. */
const expected: Record<Action, { self: boolean; other: boolean }> = {
  'profile.read': { self: true, other: true },
  'contactInfo.read': { self: true, other: true },
  'authenticationMethods.read': { self: true, other: false },
  'questions.read': { self: true, other: false },
  'answers.read': { self: false, other: false },
  'secrets.read': { self: false, other: false },
  'activity.read': { self: true, other: false },
  'audit.read': { self: false, other: false },
}

const target = { id: PERSON, tenantId: ACME }
const actions = Object.keys(expected) as Action[]

test('each row is open to oneself and to colleagues as the table says', () => {
  for (const action of actions) {
    assert.equal(authorize(user(ACME, PERSON), action, target), expected[action].self, `${action}, oneself`)
    assert.equal(authorize(user(ACME, COLLEAGUE), action, target), expected[action].other, `${action}, a colleague`)
  }
})

test('somebody of another tenant may nothing, not even with the same id or every role', () => {
  for (const action of actions)
    for (const id of [PERSON, COLLEAGUE])
      assert.equal(authorize(user(GLOBEX, id, [...roles]), action, target), false, `${action} as ${id}`)
})

test('roles open nothing yet: an administrator is a colleague like any other', () => {
  for (const action of actions)
    for (const role of roles)
      assert.equal(
        authorize(user(ACME, COLLEAGUE, [role]), action, target),
        expected[action].other,
        `${action}, ${role}`,
      )
})
