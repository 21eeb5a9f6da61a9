import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { roles } from '../access/index.ts'
import { inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import {
  assignRole,
  createTenant,
  createUser,
  DirectoryError,
  findHelpers,
  findOtherAdministrators,
  findTenantId,
  findUserByName,
  listTenants,
  listUsers,
  NOBODYS_TENANT,
  readName,
} from './index.ts'
import { checkUserPrincipalName } from './names.ts'

const { store, cast } = await stage()
const means = meansAt()
const code = (expected: string) => (error: unknown) => error instanceof DirectoryError && error.code === expected

test('a user principal name has the letters and lengths of §4.1', () => {
  const local = (length: number) => 'a'.repeat(length)
  const good = [
    'person@acme.example',
    "o'neil.first-last_2!#^~@acme.example",
    'PERSON@ACME.Example',
    '.person@acme.example',
    `${local(64)}@acme.example`,
    `a@${'b'.repeat(40)}.example`,
  ]
  const bad = [
    '',
    'person',
    '@acme.example',
    'person@',
    'person@acme',
    'person.@acme.example',
    'per son@acme.example',
    'person@person@acme.example',
    'person+tag@acme.example',
    'person%acme.example@mail.example',
    'pérson@acme.example',
    'person\u0000@acme.example',
    'person@acme.example\n',
    'person@-acme.example',
    'person@acme-.example',
    'person@acme..example',
    'person@acme.example.',
    `${local(65)}@acme.example`,
    `a@${'b'.repeat(41)}.example`,
  ]
  for (const name of good) checkUserPrincipalName(name)
  for (const name of bad) assert.throws(() => checkUserPrincipalName(name), code('user_principal_name_invalid'), name)
})

test('lesson 33: a look-alike of a name is another name; case, width, outer spaces and what is not drawn make none', async () => {
  const tenantId = await cast.tenant('names.acme.example')
  const user = await cast.person(tenantId, 'Kim.Iris@names.acme.example', { password: false })
  const find = async (typed: string) => {
    const name = readName(typed)
    const found = await findTenantId(store, name.domain)
    return (await inTenant(store, found, trx => findUserByName(trx, found, name.folded)))?.id
  }
  for (const same of [
    'kim.iris@names.acme.example',
    '  KIM.IRIS@NAMES.ACME.EXAMPLE\t',
    'ｋim.iris@names.acme.example',
    'kim.iris＠ｎames.acme.example',
    'ＫＩＭ．ＩＲＩＳ＠ＮＡＭＥＳ．ＡＣＭＥ．ＥＸＡＭＰＬＥ',
    'kim.iris@names。acme｡example',
    'kim.iris\u200b@names.acme.example',
    '\u2068kim.iris@names.acme.example\u2069',
    'kim.iris@names.acme.example\u200e',
  ])
    assert.equal(await find(same), user.id, same)
  const alike = [
    '\u212aim.iris@names.acme.example', // Kelvin sign
    'кim.iris@names.acme.example', // Cyrillic
    'kım.iris@names.acme.example', // without its dot
    'kİm.iris@names.acme.example',
    'kim.irıs@names.acme.example',
    'kim.iri\u017f@names.acme.example', // long s
    'kim.iris@names.a\u0441me.example',
    'kim.iris@names.acme.example.',
  ]
  for (const typed of alike) assert.equal(await find(typed), undefined, typed)
})

test('a name that no domain can have leads to nobody, whatever stands in it', async () => {
  for (const domain of ['', 'unknown.example', 'a\u0000b.example', '\ud800.example', "x' or '1'='1", 'a'.repeat(5_000)])
    assert.equal(await findTenantId(store, domain), NOBODYS_TENANT, JSON.stringify(domain.slice(0, 20)))
})

test('a domain belongs to one tenant, and a name to one user', async () => {
  const first = await cast.tenant('one.acme.example')
  const make = (domain: string) => {
    const id = means.random.uuid(means.now)
    return inTenant(store, id, trx => createTenant(trx, means, id, { displayName: 'Second', domain }))
  }
  await assert.rejects(make('one.acme.example'), code('domain_taken'))
  await assert.rejects(make('ONE.acme.EXAMPLE'), code('domain_taken'))
  await assert.rejects(make('no domain'), code('domain_invalid'))
  assert.equal((await listTenants(store)).filter(tenant => tenant.displayName === 'Second').length, 0)

  const add = (name: string) =>
    inTenant(store, first, trx => createUser(trx, means, first, { userPrincipalName: name, displayName: 'P' }))
  const user = await add('Person@one.acme.example')
  assert.equal(user.userPrincipalName, 'Person@one.acme.example')
  await assert.rejects(add('pERSON@one.acme.example'), code('user_exists'))
  await assert.rejects(add('person@two.acme.example'), code('domain_invalid'))
  await assert.rejects(add('person@names.acme.example'), code('domain_invalid'))
  assert.equal((await inTenant(store, first, trx => listUsers(trx, first))).length, 1)
})

test('a name that breaks out of its line is refused, whose ever it is', async () => {
  for (const name of ['A\r\nBcc: b@c.example', 'A\u001b[2J', 'A\u0000', 'A\u2028B', 'A\u0085B', ' ', 'a'.repeat(257)]) {
    const tenantId = means.random.uuid(means.now)
    const tenant = { displayName: name, domain: 'lines.example' }
    await assert.rejects(
      inTenant(store, tenantId, trx => createTenant(trx, means, tenantId, tenant)),
      code('text_invalid'),
      name,
    )
  }
})

test('help is asked of the first level of roles that has somebody enabled, of a hundred people at most', async () => {
  const tenantId = await cast.tenant('helpers.acme.example')
  const name = (local: string) => `${local}@helpers.acme.example`
  const asked = async () =>
    (await inTenant(store, tenantId, trx => findHelpers(trx, tenantId))).map(({ mail }) => mail).sort()
  assert.deepEqual(await asked(), [])
  const add = (local: string, role: (typeof roles)[number], more: object = {}) =>
    cast.person(tenantId, name(local), { password: false, roles: [role], ...more })

  await add('reader', 'Global Reader')
  assert.deepEqual(await asked(), [])
  const global = await add('global', 'Global Administrator', { mail: 'global@mail.example' })
  assert.deepEqual(await asked(), ['global@mail.example'])
  await add('people', 'User Administrator')
  assert.deepEqual(await asked(), [name('people')])
  await add('off', 'Helpdesk Administrator', { accountEnabled: false })
  assert.deepEqual(await asked(), [name('people')])
  const desk = await add('desk', 'Helpdesk Administrator')
  await add('passwords', 'Password Administrator')
  await inTenant(store, tenantId, trx => assignRole(trx, means, desk.id, 'Password Administrator'))
  assert.deepEqual(await asked(), [name('desk'), name('passwords')], 'nobody twice')

  await add('global2', 'Global Administrator')
  await add('global3', 'Global Administrator', { accountEnabled: false })
  const others = await inTenant(store, tenantId, trx => findOtherAdministrators(trx, tenantId, global.id))
  assert.deepEqual(
    others.map(({ mail }) => mail),
    [name('global2')],
  )

  await inTenant(store, tenantId, async trx => {
    for (let n = 0; n < 105; n++) {
      const { id } = await createUser(trx, means, tenantId, {
        userPrincipalName: name(`many${n}`),
        displayName: 'One of many',
      })
      await assignRole(trx, means, id, 'Password Administrator')
    }
  })
  assert.equal((await asked()).length, 100)
})
