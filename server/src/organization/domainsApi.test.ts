import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { testApi } from '../testing/api.ts'
import { nameServer } from '../testing/nameServer.ts'
import { testServer } from '../testing/server.ts'
import { openDns } from './dns.ts'

const zone = await nameServer()
const server = await testServer({ dns: openDns([zone.address]) })
const api = testApi(server)
const admin = await api.as('admin@acme.example')

/** Adds a domain and puts its record into the DNS. */
async function publish(name: string, host = name) {
  assert.equal((await admin('POST', '/domains', { id: name })).status, 201)
  const { json } = await admin('GET', `/domains/${name}/verificationDnsRecords`)
  zone.texts[host] = [[json.value[0].text]]
}

test('a domain is added, proven by its record and made the default one', async () => {
  const added = await admin('POST', '/domains', { id: 'Shop.Example' })
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('location'), `${server.services.origin}/v1.0/domains/shop.example`)
  assert.deepEqual(
    (({ id, isVerified, isDefault, isInitial, isRoot, authenticationType, state }) => ({
      ...{ id, isVerified, isDefault, isInitial, isRoot, authenticationType, state },
    }))(added.json),
    {
      ...{ id: 'shop.example', isVerified: false, isDefault: false, isInitial: false, isRoot: false },
      ...{ authenticationType: 'Managed', state: null },
    },
  )
  const { json: records } = await admin('GET', '/domains/shop.example/verificationDnsRecords')
  const [record] = records.value
  assert.deepEqual(
    [records.value.length, record.recordType, record.label, record.ttl],
    [1, 'Txt', 'shop.example', 3600],
  )
  assert.match(record.text, /^latchkey-verification=\w{32}$/)
  const unverified = await admin('PATCH', '/domains/shop.example', { isDefault: true })
  assert.deepEqual([unverified.status, unverified.code], [400, 'domain_not_verified'])
  const missing = await admin('POST', '/domains/shop.example/verify')
  assert.deepEqual([missing.status, missing.code], [400, 'dns_record_not_found'])
  assert.deepEqual(missing.json.error.diagnosis, [{ code: 'no_domain', host: 'shop.example' }])
  zone.texts['_latchkey.shop.example'] = [[record.text.slice(0, 9), record.text.slice(9)]]
  const verified = await admin('POST', '/domains/shop.example/verify')
  assert.deepEqual([verified.status, verified.json.isVerified, verified.json.isRoot], [200, true, true])
  assert.equal((await admin('PATCH', '/domains/shop.example', { isDefault: true })).status, 204)
  const { json: list } = await admin('GET', '/domains?$select=id,isDefault&$count=true')
  assert.deepEqual(
    list.value.map((one: { id: string; isDefault: boolean }) => [one.id, one.isDefault]),
    [
      ['acme.example', false],
      ['shop.example', true],
    ],
  )
  assert.equal(list['@odata.count'], 2)
  assert.equal((await admin('PATCH', '/domains/acme.example', { isDefault: true })).status, 204)
})

test('a stale version changes nothing', async () => {
  const { headers } = await admin('GET', '/domains/acme.example')
  await publish('etag.example')
  await admin('POST', '/domains/etag.example/verify')
  const change = (etag: string) => admin('PATCH', '/domains/etag.example', { isDefault: true }, { 'if-match': etag })
  const stale = await change(headers.get('etag') ?? '')
  assert.deepEqual([stale.status, stale.json.error.code], [412, 'resourceModified'])
  const { headers: now } = await admin('GET', '/domains/etag.example')
  assert.equal((await change(now.get('etag') ?? '')).status, 204)
  assert.equal((await admin('PATCH', '/domains/acme.example', { isDefault: true }, { 'if-match': '*' })).status, 204)
  assert.equal((await admin('DELETE', '/domains/etag.example')).status, 204)
})

test('what cannot be reached, and what another company has proven, is told apart, without its name', async () => {
  await publish('unreachable.example')
  zone.faults['unreachable.example'] = 'servfail'
  const unreachable = await admin('POST', '/domains/unreachable.example/verify')
  assert.deepEqual([unreachable.status, unreachable.code], [400, 'dns_unreachable'])
  await publish('globex.example')
  const taken = await admin('POST', '/domains/globex.example/verify')
  assert.deepEqual([taken.status, taken.code], [400, 'domain_taken'])
  assert.doesNotMatch(taken.text, /globex(?!\.example)/i)
})

test('a subdomain is proven by the domain above it, and stands by itself once promoted', async () => {
  const { json } = await admin('POST', '/domains', { id: 'sub.acme.example' })
  assert.deepEqual([json.isVerified, json.isRoot], [true, false])
  const promoted = await admin('POST', '/domains/sub.acme.example/promote')
  assert.deepEqual([promoted.status, promoted.json.value], [200, true])
  assert.equal((await admin('GET', '/domains/sub.acme.example')).json.isRoot, true)
})

test('refusals have their codes', async () => {
  const expected: [string, string, object | undefined, number, string][] = [
    ['POST', '/domains', { id: 'localhost' }, 400, 'property_invalid'],
    ['POST', '/domains', { id: 'ACME.example' }, 400, 'ObjectConflict'],
    ['POST', '/domains', {}, 400, 'property_required'],
    ['POST', '/domains', { id: 'x.example', isDefault: true }, 400, 'property_unknown'],
    ['POST', '/domains', { id: 'x.example', isVerified: true }, 400, 'property_read_only'],
    ['PATCH', '/domains/acme.example', { isDefault: false }, 400, 'property_invalid'],
    ['PATCH', '/domains/acme.example', { passwordValidityPeriodInDays: 90 }, 400, 'property_unsupported'],
    ['GET', '/domains/nothing.example', undefined, 404, 'not_found'],
    ['GET', "/domains/x';select 1--", undefined, 404, 'not_found'],
    ['DELETE', '/domains/acme.example', undefined, 400, 'domain_needed'],
    ['POST', '/domains/acme.example/forceDelete', {}, 400, 'domain_needed'],
    ['GET', '/domains/acme.example/federationConfiguration', undefined, 501, 'not_implemented'],
  ]
  for (const [method, path, body, status, code] of expected) {
    const found = await admin(method, path, body)
    assert.deepEqual([found.status, found.code], [status, code], `${method} ${path}`)
  }
})

test('domains are changed with their permission, a role and a fresh second step alone', async () => {
  const add = (ask: typeof admin) => ask('POST', '/domains', { id: 'nobody.example' })
  const denied = async (ask: typeof admin, status: number, code: string) => {
    const found = await add(ask)
    assert.deepEqual([found.status, found.code], [status, code])
  }
  await denied(await api.as('prefilled@acme.example'), 403, 'forbidden')
  await denied(await api.as('admin@acme.example', { ago: 16 }), 401, 'step_up')
  await denied(await api.as('admin@acme.example', { acr: 'pwd' }), 401, 'step_up')
  await denied(await api.as('admin@acme.example', { scopes: ['Domain.Read.All'] }), 403, 'forbidden')
  await denied(await api.asApplication(['Domain.Read.All']), 403, 'forbidden')
  const reader = await api.asApplication(['Domain.Read.All'])
  assert.equal((await reader('GET', '/domains')).status, 200)
  assert.equal((await reader('GET', '/domains/acme.example/verificationDnsRecords')).status, 403)
  const writer = await api.asApplication(['Domain.ReadWrite.All'])
  assert.equal((await add(writer)).status, 201)
  const other = testApi(server, 'globex.example')
  assert.equal(
    (await other.asApplication(['Domain.Read.All']).then(ask => ask('GET', '/domains/acme.example'))).status,
    404,
  )
})

test('a forced removal is a job, and the domain tells how far it is', async () => {
  await publish('old.example')
  await admin('POST', '/domains/old.example/verify')
  const acme = await findTenantId(server.store, 'acme.example')
  await server.store.pool.query(
    `update latchkey.accounts set user_principal_name = 'prefilled@old.example', user_principal_name_folded = 'prefilled@old.example'
     where tenant_id = $1 and user_principal_name = 'prefilled@acme.example'`,
    [acme],
  )
  const used = await admin('DELETE', '/domains/old.example')
  assert.deepEqual([used.status, used.code], [400, 'in_use'])
  assert.equal((await admin('POST', '/domains/old.example/forceDelete', { disableUserAccounts: false })).status, 204)
  for (const end = performance.now() + 60_000; ; await sleep(100)) {
    const { status, json } = await admin('GET', '/domains/old.example')
    if (status === 404) break
    assert.equal(json.state.operation, 'ForceDelete')
    assert.ok(performance.now() < end, 'it goes')
  }
  assert.equal(await findTenantId(server.store, 'old.example'), NOBODYS_TENANT)
  assert.equal((await admin('GET', '/users/prefilled@acme.example')).status, 200)
})

test('a program contests a domain that another organization has verified', async () => {
  const globex = await testApi(server, 'globex.example').as('admin@globex.example')
  await publish('both.example')
  assert.equal((await admin('POST', '/domains/both.example/verify')).status, 200)
  const { json: added } = await globex('POST', '/domains', { id: 'both.example' })
  assert.deepEqual([added.contestedUntilDateTime, added.contestingUntilDateTime], [null, null])
  const early = await globex('POST', '/domains/both.example/contest')
  assert.deepEqual([early.status, early.code], [400, 'not_verified'])
  const { json: records } = await globex('GET', '/domains/both.example/verificationDnsRecords')
  zone.texts['both.example'] = [[records.value[0].text]]
  const contested = await globex('POST', '/domains/both.example/contest')
  assert.equal(contested.status, 200, contested.text)
  const until = contested.json.contestingUntilDateTime
  assert.ok(Date.parse(until) - server.clock.now().getTime() > 13.9 * 86_400_000)
  assert.equal((await admin('GET', '/domains/both.example')).json.contestedUntilDateTime, until)
  assert.equal((await admin('GET', '/domains/both.example')).json.contestingUntilDateTime, null)
  const reader = await api.as('registered@acme.example')
  assert.equal((await reader('POST', '/domains/both.example/contest')).status, 403)
})
