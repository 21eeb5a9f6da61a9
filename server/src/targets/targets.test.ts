import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as overTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { certificates, privateKey } from '../testing/certificates.ts'
import { formOf, openTargets } from './index.ts'

/** A server on loopback that keeps what it is asked. */
async function far(answer: RequestListener, host = '127.0.0.1') {
  const asked: { path: string; body: string; host: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString(), host: request.headers.host ?? '' })
      answer(request, response)
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}
const fine = () => far((_request, response) => response.end('fine'))

/** A name server: each name has the IPv4 addresses that `zone` gives it at that moment. */
let zone: (name: string) => string[] = () => []
const questions: string[] = []
const names = createSocket('udp4', (query, { port, address }) => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const type = query.readUInt16BE(at + 1)
  const name = labels.join('.')
  questions.push(`${name} ${type}`)
  const found = type === 1 ? zone(name) : []
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(found.length, 6)
  head.writeUInt32BE(0, 8)
  const records = found.map(one => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...one.split('.').map(Number)]))
  names.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), port, address)
})
names.bind(0, '127.0.0.1')
await once(names, 'listening')
after(() => names.close())
const resolver = new Resolver({ timeout: 60_000, tries: 1 })
resolver.setServers([`127.0.0.1:${names.address().port}`])

const open = (privateTargets: string[], deadline = 60_000) => openTargets(privateTargets, { resolver, deadline })
/** Why a call failed; undefined where it did not. */
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    ({ code }: { code: string }) => code,
  )

test('lesson 57: private addresses are reached only where the operator lists them', async () => {
  const { port, asked } = await fine()
  for (const host of [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.254',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fc00::1]',
    '[fe80::1]',
    '[ff02::1]',
  ])
    assert.equal(await failure(open(['10.9.0.0/16']).post(`http://${host}:${port}/`, formOf({}))), 'private', host)
  assert.equal(asked.length, 0)
  for (const [range, host] of [
    ['127.0.0.0/8', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
  ] as const)
    assert.equal(
      await failure(open([range]).post(`http://${host}:${port}/hook`, formOf({ a: '1 &', b: 'ä' }))),
      undefined,
    )
  assert.deepEqual(asked[1], { path: '/hook', body: 'a=1+%26&b=%C3%A4', host: `localhost:${port}` })
})

test('a name is judged by its addresses and called at these alone, whatever a later look-up says', async () => {
  const near = await fine()
  const other = await far((_request, response) => response.end(), '127.0.0.2')
  const targets = open(['127.0.0.2'])
  const call = (name: string, { port }: { port: number }) =>
    failure(targets.post(`http://${name}.example:${port}/`, formOf({})))
  zone = () => ['127.0.0.1', '10.0.0.1']
  assert.equal(await call('inside', near), 'private')
  zone = () => ['127.0.0.1', '127.0.0.2']
  assert.equal(await call('half', other), undefined, 'of several the private ones are left out')
  const answers = [['127.0.0.2'], ['127.0.0.1']]
  zone = () => answers.shift() ?? []
  questions.length = 0
  assert.equal(await call('rebound', other), undefined)
  assert.deepEqual(questions.sort(), ['rebound.example 1', 'rebound.example 28'], 'looked up once')
  assert.equal(other.asked[1]?.host, `rebound.example:${other.port}`)
  assert.equal(await call('rebound', near), 'private')
  assert.equal(near.asked.length, 0)
  assert.equal(await call('nowhere', near), 'ENODATA')
})

test('no redirect is followed, and only 2xx says that it was taken', async () => {
  let status = 302
  const { port, asked } = await far((_request, response) =>
    response.writeHead(status, { location: '/elsewhere' }).end(),
  )
  const post = () => failure(open(['127.0.0.1']).post(`http://127.0.0.1:${port}/`, formOf({})))
  for (status of [302, 307, 308, 400, 429, 500]) assert.equal(await post(), String(status))
  for (status of [200, 202, 204]) assert.equal(await post(), undefined)
  assert.ok(asked.every(({ path }) => path === '/'))
})

test('a slow answer, a name that nobody answers for and a head without end are given up', async () => {
  const silent = await far(() => {})
  const slow = await far((_request, response) => void response.socket!.write('HTTP/1.1 200 OK\r\nx: '))
  const long = await far(
    (_request, response) => void response.socket!.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
  )
  const begun = performance.now()
  for (const { port } of [silent, slow])
    assert.equal(await failure(open(['127.0.0.1'], 200).post(`http://127.0.0.1:${port}/`, formOf({}))), 'timeout')
  const deaf = createSocket('udp4').bind(0, '127.0.0.1')
  await once(deaf, 'listening')
  after(() => deaf.close())
  const unanswered = new Resolver({ timeout: 60_000, tries: 1 })
  unanswered.setServers([`127.0.0.1:${deaf.address().port}`])
  const targets = openTargets([], { resolver: unanswered, deadline: 200 })
  assert.equal(await failure(targets.post('http://deaf.example/', formOf({}))), 'timeout')
  unanswered.cancel()
  assert.equal(
    await failure(open(['127.0.0.1']).post(`http://127.0.0.1:${long.port}/`, formOf({}))),
    'HPE_HEADER_OVERFLOW',
  )
  assert.ok(performance.now() - begun < 30_000)
})

test('of the body of an answer nothing is read, or as much as was asked for', { timeout: 60_000 }, async () => {
  let closed = Promise.withResolvers<void>()
  const { port } = await far((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.on('close', () => {
      clearInterval(timer)
      closed.resolve()
    })
  })
  for (const reads of [0, 10]) {
    closed = Promise.withResolvers()
    const answer = await open(['127.0.0.1']).post(`http://127.0.0.1:${port}/`, { ...formOf({}), reads })
    assert.deepEqual(answer, { status: 200, type: 'text/plain', text: 'x'.repeat(reads) })
    await closed.promise
  }
  const stalled = await far((_request, response) => void response.writeHead(200).write('x'))
  const message = { ...formOf({}), reads: 10, within: 200 }
  assert.equal(await failure(open(['127.0.0.1']).post(`http://127.0.0.1:${stalled.port}/`, message)), 'timeout')
})

test('a certificate has to be valid', async () => {
  const server = overTls({ cert: certificates.good, key: privateKey }, (_request, response) => response.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const { port } = server.address() as AddressInfo
  assert.equal(
    await failure(open(['127.0.0.1']).post(`https://127.0.0.1:${port}/`, formOf({}))),
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  )
})
