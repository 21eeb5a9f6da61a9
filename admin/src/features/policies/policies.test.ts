import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { protection, resetPolicy, signInPolicy } from '../../../../server/src/policies/index.ts'
import { changesOf, differencesOf, isMany, settle } from '../../parts/draft.ts'
import { moveTo } from './order.ts'
import {
  type Control,
  controls,
  protectionGroups,
  resetTabs,
  type SettingName,
  shownOn,
  signInGroups,
} from './settings.ts'

/** What a setting takes by the server's own schema. */
interface Range {
  type?: string
  minimum?: number
  maximum?: number
  enum?: unknown[]
  anyOf?: { const?: unknown }[]
  items?: { enum?: unknown[] }
}

test('each setting of the server is on a page, with the range that the server takes', () => {
  const pages = [
    [resetPolicy, Object.values(resetTabs).flat()],
    [protection, Object.values(protectionGroups).flat()],
    [signInPolicy, Object.values(signInGroups).flat()],
  ] as const
  for (const [{ schema }, shown] of pages) {
    const names: string[] = [...shown]
    for (const [name, range] of Object.entries(schema.properties as Record<string, Range>)) {
      assert.ok(names.includes(name), `${name} is on no page`)
      const control: Control = controls[name as SettingName]
      if (control.kind === 'number')
        assert.deepEqual([control.least, control.most], [range.minimum, range.maximum], name)
      if (control.kind === 'choice')
        assert.deepEqual(control.options, range.enum ?? range.anyOf?.map(one => one.const), name)
      if (control.kind === 'methods') assert.deepEqual(control.options.toSorted(), range.items?.enum?.toSorted(), name)
      assert.equal(control.kind === 'switch', range.type === 'boolean', name)
    }
  }
})

test('a setting is shown where it makes sense beside the others', () => {
  const values = { ...resetPolicy.defaults, methods: [...resetPolicy.defaults.methods] }
  assert.deepEqual(shownOn('who', values, true), ['enabled', 'signInAfterReset'])
  assert.ok(shownOn('who', values, false).includes('includedGroups'))
  assert.deepEqual(shownOn('registration', { ...values, registrationRequired: false }, true), [
    'registrationRequired',
    'registrationGoal',
  ])
  assert.ok(!shownOn('methods', values, true).includes('questionsToReset'))
  const asked = { ...values, gates: 2 as const, methods: ['email' as const, 'securityQuestions' as const] }
  for (const name of ['questionsToReset', 'passkeyIsEnough'] as const)
    assert.ok(shownOn('methods', asked, true).includes(name), name)
})

test('a draft holds what differs, and of a conflict what one chose', () => {
  const before = { gates: 1, methods: ['email'], notify: true }
  assert.deepEqual(changesOf(before, { gates: 1, methods: ['email'], notify: false }), { notify: false })
  const theirs = { gates: 1, methods: ['email', 'passkey'], notify: false }
  const found = differencesOf(before, theirs, { gates: 2, notify: false })
  assert.deepEqual(
    found.map(({ name, theirs, mine }) => [name, theirs, mine]),
    [
      ['gates', 1, 2],
      ['methods', ['email', 'passkey'], ['email']],
    ],
  )
  assert.deepEqual(settle(theirs, found, { gates: 'mine', methods: 'theirs' }), { gates: 2 })
  assert.deepEqual(settle(theirs, found, {}), {})
  const settings = fc.record({ gates: fc.nat(2), notify: fc.boolean() })
  fc.assert(
    fc.property(settings, settings, settings, (was, others, own) => {
      const differences = differencesOf(was, others, own)
      const all = Object.fromEntries(differences.map(({ name }) => [name, 'mine' as const]))
      assert.deepEqual({ ...others, ...settle(others, differences, all) }, { ...own })
    }),
  )
})

test('a loss of more than one in twenty is confirmed by its number', () => {
  assert.equal(isMany({ losing: 50, users: 1_000 }), false)
  assert.equal(isMany({ losing: 51, users: 1_000 }), true)
})

test('a policy moves to any place by changes of which only the last alters the order', () => {
  assert.deepEqual(
    moveTo(
      [
        { id: 'a', priority: 1_000 },
        { id: 'b', priority: 2_000 },
      ],
      'b',
      0,
    ),
    [{ id: 'b', priority: 500 }],
  )
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(numbers, fc.nat(5), fc.nat(5), (priorities, from, to) => {
      const policies = priorities.toSorted((a, b) => a - b).map((priority, n) => ({ id: `p${n}`, priority }))
      const [at, place] = [from % policies.length, to % policies.length]
      const state = new Map(policies.map(({ id, priority }) => [id, priority]))
      const order = () => [...state].toSorted(([, a], [, b]) => a - b).map(([id]) => id)
      const before = order()
      const changes = moveTo(policies, `p${at}`, place)
      for (const [n, { id, priority }] of changes.entries()) {
        assert.ok(priority >= 1 && ![...state.values()].includes(priority), 'each number is free when it is taken')
        state.set(id, priority)
        if (n < changes.length - 1) assert.deepEqual(order(), before)
      }
      const others = before.toSpliced(at, 1)
      assert.deepEqual(order(), others.toSpliced(place, 0, `p${at}`))
    }),
  )
  assert.deepEqual(moveTo([{ id: 'a', priority: 1 }], 'a', 0), [])
})
