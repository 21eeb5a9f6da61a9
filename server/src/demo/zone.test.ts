import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { systemRandom } from '../crypto/index.ts'
import { openDns } from '../organization/index.ts'
import { testServer } from '../testing/server.ts'
import { createZone, seedDomains, serveZone } from './index.ts'

let time = Date.now()
const clock = () => new Date(time)
const zone = createZone({ clock, random: systemRandom })
const served = await serveZone(zone)
after(() => served.close())
const dns = openDns([zone.server])
const hasty = openDns([zone.server], { deadline: 1_500 })
const server = await testServer({ zone, dns })
const editor = server.browser()
const PROOF = 'latchkey-verification=k7m2q9'
const codes = async (name: string, by = dns) => {
  const { result, diagnosis, asked } = await by.check(name, PROOF)
  return { result, codes: diagnosis.map(({ code }) => code), transport: asked[0]!.transport }
}
const write = async (name: string, data: string, type = 'TXT') => {
  const { status, json } = await editor.post('/demo/dns/records', { name, type, data })
  assert.equal(status, 201)
  return json.id as string
}
const fail = (name: string, fault: string) => editor.post('/demo/dns/faults', { name, fault })

test('what the editor writes is what the resolver answers, until it is removed', async () => {
  assert.deepEqual(await codes('any.example'), { result: 'pending', codes: ['not_found'], transport: 'udp' })
  assert.deepEqual((await codes('any.elsewhere')).codes, ['no_domain'])
  const id = await write('any.example', PROOF)
  assert.equal((await codes('any.example')).result, 'verified')
  const { server: address, records } = (await editor.get('/demo/dns')).json
  assert.deepEqual(
    [address, records.at(-1)],
    [zone.server, { id, name: 'any.example', type: 'TXT', data: PROOF, ttl: 300 }],
  )
  assert.match((await editor.page('/demo/dns')).text, /any\.example TXT/)
  assert.equal((await editor.request('DELETE', `/demo/dns/records/${id}`)).status, 204)
  assert.equal((await editor.request('DELETE', `/demo/dns/records/${id}`)).status, 404)
  assert.equal((await codes('any.example')).result, 'pending')
  assert.deepEqual(await dns.zone('a.any.example'), { name: 'any.example', servers: ['ns1.example'] })
})

test('data stands as in a zone file: strings, quotes, aliases; what cannot stand there is refused', async () => {
  await write('strings.example', '"latchkey-" "verification=" "k7m2q9"')
  assert.equal((await codes('strings.example')).result, 'verified')
  await write('quoted.example', `"\\"${PROOF}\\""`)
  assert.deepEqual((await codes('quoted.example')).codes, ['quoted'])
  await write('target.example', PROOF)
  await write('alias.example', 'target.example', 'CNAME')
  assert.deepEqual((await codes('alias.example')).codes, ['cname'])
  for (const [name, type, data] of [
    ['a b.example', 'TXT', 'x'],
    ['x.example', 'TXT', 'x'.repeat(256)],
    ['x.example', 'TXT', '"unclosed'],
    ['x.example', 'A', '::1'],
    ['x.example', 'MX', 'mail.example'],
  ]) {
    const { status, json } = await editor.post('/demo/dns/records', { name, type, data })
    assert.deepEqual([status, json.code], [422, 'record_invalid'], `${name} ${type} ${data}`)
  }
  for (let n = 0; n < 20; n++) await write('long.example', `${n}${'x'.repeat(200)}`)
  await write('long.example', PROOF)
  assert.deepEqual(await codes('long.example'), { result: 'verified', codes: ['verified'], transport: 'tcp' })
})

test('a fault holds for a name and below it, and a stale answer for five minutes', async () => {
  await write('faulty.example', PROOF)
  for (const [fault, code] of [
    ['servfail', 'servfail'],
    ['refused', 'refused'],
    ['timeout', 'timeout'],
  ] as const) {
    await fail('faulty.example', fault)
    assert.deepEqual((await codes('faulty.example', fault === 'timeout' ? hasty : dns)).codes, [code, code], fault)
  }
  assert.equal((await editor.submit('/demo/dns/faults', { faultName: 'faulty.example', fault: 'none' })).status, 303)
  assert.equal((await codes('faulty.example')).result, 'verified')
  await fail('faulty.example', 'truncate')
  assert.deepEqual(await codes('faulty.example'), { result: 'verified', codes: ['verified'], transport: 'tcp' })
  await fail('late.example', 'stale')
  await write('late.example', PROOF)
  const { result, diagnosis } = await dns.check('late.example', PROOF)
  assert.deepEqual([result, diagnosis], ['pending', [{ code: 'ttl_wait', retryAfter: 300 }]])
  time += 2 * MINUTE
  assert.deepEqual((await dns.check('late.example', PROOF)).diagnosis, [{ code: 'ttl_wait', retryAfter: 180 }])
  time += 3 * MINUTE
  assert.equal((await codes('late.example')).result, 'verified')
})

test('the companies begin with a misplaced record and a lost one, and what they proved is published again', async () => {
  const { services } = server
  const act = { now: clock(), random: systemRandom, keys: services.keys, actor: { kind: 'operator' } } as const
  const seed = () => seedDomains(services.db, { ...act, trail: { correlationId: systemRandom.uuid(clock()) } }, zone)
  await seed()
  const found = zone.records().filter(({ name }) => name.endsWith('acme-shop.example'))
  assert.deepEqual(
    found.map(({ name }) => name),
    ['www.acme-shop.example'],
  )
  const { diagnosis } = await dns.check('acme-shop.example', found[0]!.data)
  assert.deepEqual(diagnosis, [{ code: 'wrong_host', host: 'www.acme-shop.example', found: found[0]!.data }])
  assert.ok(!zone.records().some(({ name }) => name.endsWith('globex-labs.example')))
  const { rows } = await services.db.pool.query('select verified_at from latchkey.domains where name = $1', [
    'globex-labs.example',
  ])
  assert.ok(rows[0].verified_at)
  await services.db.pool.query(
    `update latchkey.domains set verified_at = now(), is_root = true where name = 'acme-shop.example'`,
  )
  await seed()
  assert.ok(zone.records().some(({ name }) => name === 'acme-shop.example'))
})
