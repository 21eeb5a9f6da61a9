import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSettings, resetPolicy } from '../../../server/src/policies/index.ts'
import { doneOf, type Facts, presets, progressOf, steps } from './started.ts'

const fresh: Facts = {
  domains: [
    { isVerified: true, isInitial: true },
    { isVerified: false, isInitial: false },
  ],
  globalAdministrators: 1,
  policies: [{ isDefault: true, includedGroups: [], settings: { enabled: false } }],
  wasAnnounced: false,
  capable: 0,
}

test('each step is done by a fact of its own', () => {
  assert.deepEqual([...doneOf(fresh)], [])
  const done = (changes: Partial<Facts>) => [...doneOf({ ...fresh, ...changes }).keys()]
  assert.deepEqual(done({ domains: [...fresh.domains, { isVerified: true, isInitial: false }] }), ['domain'])
  assert.deepEqual(done({ globalAdministrators: 2 }), ['administrator'])
  const group = { isDefault: false, includedGroups: ['a'], settings: { enabled: true } }
  assert.deepEqual(done({ policies: [...fresh.policies, group] }), ['policy', 'pilot'])
  assert.deepEqual(done({ policies: [{ ...group, includedGroups: [] }] }), [], 'a policy that fits nobody is no pilot')
  const everyone = doneOf({ ...fresh, policies: [{ isDefault: true, settings: { enabled: true } }] })
  assert.deepEqual(Object.fromEntries(everyone), { policy: 'done', pilot: 'notNeeded' }, 'nobody made a pilot')
  assert.deepEqual(progressOf(everyone), { done: 1, all: 5 })
  assert.deepEqual(done({ wasAnnounced: true }), ['announce'])
  assert.deepEqual(done({ capable: 1 }), ['registered'])
  assert.equal(steps.length, 6)
})

test('each beginning is one that the server takes', () => {
  for (const [name, settings] of Object.entries(presets))
    assert.doesNotThrow(() => checkSettings(resetPolicy, { ...resetPolicy.defaults, ...settings }), name)
})
