import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { setContactInfo } from '../directory/index.ts'
import { askOne, inTenant, removeDue, type Trx } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { formerAddresses } from './formerAddresses.ts'
import { blockMethods, findNoticeAddresses, keepFormerAddress, methodsOf, removeMethods, saveMethod } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)

const told = (user: User, at = 0) =>
  inside(async trx => findNoticeAddresses(trx, meansAt(at), user, await askOne(trx, methodsOf(meansAt(at), user))))
const replace = (user: User, value: string, at = 0, source: 'person' | 'administrator' = 'person') =>
  inside(async trx => {
    if (source === 'person') await saveMethod(trx, meansAt(at), user, { kind: 'email', source, value })
    else await setContactInfo(trx, meansAt(at), user, { kind: 'email', setBy: source, value })
  })

test('lesson 15: an address that was replaced or removed is told for thirty days, and then forgotten', async () => {
  const user = await cast.person(acme, 'person@acme.example', { registered: { email: 'Old@mail.example' } })
  await replace(user, 'new@mail.example')
  assert.deepEqual(await told(user), ['new@mail.example', 'Old@mail.example'])
  await inside(async trx => {
    await keepFormerAddress(trx, meansAt(DAY), user)
    await removeMethods(trx, user, 'email', 'person')
  })
  assert.deepEqual(await told(user, DAY), ['person@acme.example', 'Old@mail.example', 'new@mail.example'])
  assert.deepEqual(await told(user, 30 * DAY), ['person@acme.example', 'new@mail.example'])
  assert.deepEqual(await told(user, 31 * DAY), ['person@acme.example'])

  const { rows } = await store.pool.query('select former_addresses::text as line from former_addresses')
  assert.equal(rows.length, 2)
  for (const { line } of rows) assert.doesNotMatch(line, /mail\.example|6d61696c2e6578616d706c65/, 'sealed')
  const left = async (at: number) => {
    await removeDue(store, meansAt(at), [formerAddresses])
    return (await store.pool.query('select from former_addresses where user_id = $1', [user.id])).rowCount
  }
  assert.deepEqual([await left(30 * DAY - 1), await left(30 * DAY), await left(31 * DAY)], [2, 1, 0])
})

test('every address once, and none that was never the person’s', async () => {
  const user = await cast.person(acme, 'once@acme.example', {
    mail: 'Work@acme.example',
    prefilled: { email: 'stranger@mail.example' },
  })
  await replace(user, 'another@mail.example', 0, 'administrator')
  assert.deepEqual(await told(user), ['Work@acme.example', 'another@mail.example'])
  await replace(user, 'own@mail.example')
  await replace(user, 'OWN@mail.example')
  assert.deepEqual(await told(user), ['Work@acme.example', 'OWN@mail.example'], 'the same in other letters')
  await replace(user, 'work@ACME.example')
  await replace(user, 'own@mail.example')
  assert.deepEqual(await told(user), ['Work@acme.example', 'own@mail.example'])
})

test('changing the address over and over does not push the owner’s out', async () => {
  const user = await cast.person(acme, 'flood@acme.example', { registered: { email: 'owner@mail.example' } })
  for (let n = 0; n < 15; n++) await replace(user, `thief${n}@mail.example`, n)
  const all = await told(user, 15)
  assert.deepEqual([all.length, all.includes('owner@mail.example')], [11, true])
})

test('an address that its owner reported hears of nothing, unless nobody else would', async () => {
  const registered = { email: 'reported@mail.example' }
  const person = (name: string, mail?: string) => cast.person(acme, name, { registered, ...(mail && { mail }) })
  const block = (user: User) =>
    inside(async trx => {
      const [method] = await askOne(trx, methodsOf(meansAt(), user))
      await blockMethods(trx, meansAt(), user, [method!.id])
    })
  const both = await person('both@acme.example', 'work@acme.example')
  const alone = await person('alone@acme.example')
  await block(both)
  await block(alone)
  assert.deepEqual(await told(both), ['work@acme.example'])
  assert.deepEqual(await told(alone), ['reported@mail.example'], 'better there than nowhere')
  await replace(both, 'new@mail.example')
  assert.deepEqual(await told(both), ['work@acme.example', 'new@mail.example'], 'nor is it kept as a former one')
})
