// This file is long because each kind of far side is played here, with its faults.

import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { jwtVerify } from 'jose'
import smpp, { type Pdu, type Session } from 'smpp'
import { SECOND } from '../../clock.ts'
import { GatewaysFileError, type Message, openGateways, SendError, telling } from '../index.ts'
import { routedSender } from './route.ts'

const folder = await mkdtemp(join(tmpdir(), 'latchkey-gateways-'))
const SECRET = 'c2VjcmV0IG9mIGEgZ2F0ZXdheSwgMzIgYnl0ZXMhISE='
await writeFile(join(folder, 'secret'), `${SECRET}\n`)

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
await writeFile(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))

const PARIS = '+33612345678'
const SEATTLE = '+12065550110'
const TOKYO = '+819012345678'

interface Asked {
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** A far side over HTTP, which keeps what it is asked and answers as told. */
async function farSide() {
  const side = {
    url: '',
    asked: [] as Asked[],
    answer: (response: ServerResponse): unknown => response.writeHead(201).end('{}'),
  }
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    side.asked.push({ path: request.url!, headers: request.headers, body })
    side.answer(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  side.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return side
}

const saying =
  (status: number, body: object | string = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
const form = ({ body }: Asked) => Object.fromEntries(new URLSearchParams(body))

const [north, south, own, calls] = [await farSide(), await farSide(), await farSide(), await farSide()]

/** A message centre on loopback. `status`: of its answers; undefined: it never answers. */
const centre = {
  bound: 0,
  taken: [] as { pdu: Pdu; text: string }[],
  status: 0 as number | undefined,
  password: SECRET,
}
const sessions = new Set<Session>()
const centreServer = smpp
  .createServer({}, session => {
    sessions.add(session)
    session.on('error', () => session.destroy())
    session.on('bind_transceiver', pdu => {
      const well = pdu.password === centre.password && pdu.system_id === 'latchkey'
      if (well) centre.bound++
      session.send(pdu.response({ command_status: well ? 0 : 0x0e }))
    })
    session.on('submit_sm', pdu => {
      const { message } = (pdu.message_payload ?? pdu.short_message) as { message: string }
      centre.taken.push({ pdu, text: message })
      if (centre.status !== undefined) session.send(pdu.response({ command_status: centre.status, message_id: '1' }))
    })
  })
  .listen(0, '127.0.0.1')
await once(centreServer, 'listening')
after(() => {
  for (const session of sessions) session.destroy()
  centreServer.close()
})
const smppUrl = `smpp://127.0.0.1:${(centreServer.address() as AddressInfo).port}`

const gateways = {
  north: {
    ...{ kind: 'twilio', url: north.url, account: 'AC01', secretFile: 'secret' },
    ...{ from: { '*': 'Latchkey', US: '+12065550100' }, prices: { '*': '0.0500 EUR', US: '0.0079 USD' } },
  },
  south: { kind: 'vonage', url: south.url, key: 'k1', secretFile: 'secret', from: 'Latchkey' },
  calling: {
    ...{ kind: 'vonage', key: 'k1', secretFile: 'secret', signatureSecretFile: 'secret' },
    ...{ from: { '*': 'Latchkey', US: '+12065550100' }, prices: { '*': '0.0500 EUR' } },
    application: { id: 'app-1', privateKeyFile: 'key', url: calls.url },
  },
  centre: { kind: 'smpp', url: smppUrl, systemId: 'latchkey', secretFile: 'secret', from: 'Latchkey' },
  own: { kind: 'webhook', url: `${own.url}/messages`, secretFile: 'secret' },
}
let files = 0
async function open(file: object, origin?: string) {
  const path = join(folder, `gateways-${files++}.json`)
  await writeFile(path, JSON.stringify(file))
  return openGateways(path, origin)
}
const through = async (order: string[], more: object = {}) =>
  (await open({ gateways, sms: { order, ...more }, voice: { order: ['north', 'own'] } })).senders
const message = (changes: Partial<Message> = {}): Message => ({
  ...{ id: 'c1', channel: 'sms', kind: 'code', to: PARIS, from: 'Acme', language: 'fr', text: '012345 est votre code' },
  ...changes,
})
const failure = async (sending: Promise<unknown>) => {
  const error = await sending.then(
    () => assert.fail('it was taken'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof SendError)
  assert.doesNotMatch(error.message, /012345|3361|secret/)
  return error
}

test('a Twilio-compatible API gets a text message, or a call that says it slowly, from the sender of the country', async () => {
  const { sms, voice } = await through(['north'])
  north.answer = saying(201, { sid: 'SM1', price: null })
  assert.deepEqual(await sms!.send(message()), {
    ...{ gateway: 'north', before: [], cost: { cost: '0.0500', currency: 'EUR' } },
  })
  const [asked] = north.asked.splice(0)
  assert.equal(asked!.path, '/2010-04-01/Accounts/AC01/Messages.json')
  assert.equal(asked!.headers.authorization, `Basic ${Buffer.from(`AC01:${SECRET}`).toString('base64')}`)
  assert.deepEqual(form(asked!), { To: PARIS, From: 'Latchkey', Body: '012345 est votre code' })

  north.answer = saying(201, { price: '-0.00750', price_unit: 'USD' })
  const taken = await voice!.send(
    message({ channel: 'voice', to: SEATTLE, text: 'It’s <Acme> & 0, 1, 2', language: 'en' }),
  )
  assert.deepEqual(taken.cost, { cost: '0.00750', currency: 'USD' }, 'what it tells is exacter than the file')
  const [call] = north.asked.splice(0)
  assert.equal(call!.path, '/2010-04-01/Accounts/AC01/Calls.json')
  assert.equal(form(call!).From, '+12065550100')
  assert.equal(
    form(call!).Twiml,
    '<Response><Say language="en-US"><prosody rate="slow">It’s &lt;Acme&gt; &amp; 0, 1, 2</prosody></Say></Response>',
  )
})

test('a Vonage API tells in each part what became of it, and what it cost', async () => {
  const { sms } = await through(['south'])
  const part = { status: '0', 'message-price': '0.03330000' }
  south.answer = saying(200, { messages: [part, part] })
  assert.deepEqual((await sms!.send(message({ text: 'コード 012345' }))).cost, { cost: '0.066600', currency: 'EUR' })
  const { api_secret: _, ...typed } = form(south.asked.pop()!)
  assert.deepEqual(typed, {
    ...{ api_key: 'k1', from: 'Latchkey', to: PARIS.slice(1), text: 'コード 012345', type: 'unicode' },
  })
  for (const [status, code, final] of [
    ['1', 'status 1', false],
    ['4', '401', true],
    ['5', 'status 5', false],
    ['7', 'status 7', true],
    ['<9>', 'no status', true],
  ] as const) {
    south.answer = saying(200, { messages: [part, { status }] })
    const error = await failure(sms!.send(message()))
    assert.deepEqual([error.code, error.final], [code, final], status)
  }
})

test('a Vonage application calls, says the code slowly and waits for a key, and is asked by a token of its own', async () => {
  const { voice } = (
    await open({ gateways, sms: { order: ['north'] }, voice: { order: ['calling', 'north'] } }, 'https://id.example')
  ).senders
  calls.answer = saying(201, { uuid: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab', status: 'started' })
  const call = (changes: Partial<Message> = {}) => {
    const again = 'Acme & <Co>: 0, 1, 2, 3, 4, 5. 1 ?'
    return voice!.send(message({ channel: 'voice', text: 'Au revoir.', again, reference: 'c0', ...changes }))
  }
  const taken = { gateway: 'calling', before: [], messageId: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab' }
  const cost = { cost: '0.0500', currency: 'EUR' }
  assert.deepEqual(await call(), { ...taken, asksForKeys: true, cost })
  const [asked] = calls.asked.splice(0)
  assert.equal(asked!.path, '/v1/calls')
  const token = await jwtVerify(asked!.headers.authorization!.slice('Bearer '.length), publicKey, {
    algorithms: ['RS256'],
  })
  assert.equal(token.payload.application_id, 'app-1')
  assert.ok(token.payload.jti && token.payload.exp! - token.payload.iat! <= 300)
  const { ncco, ...body } = JSON.parse(asked!.body)
  assert.deepEqual(body, {
    ...{ to: [{ type: 'phone', number: PARIS.slice(1) }], random_from_number: true },
    ...{ ringing_timer: 45, length_timer: 240 },
    ...{ event_url: ['https://id.example/messages/receipts/calling/c0'], event_method: 'POST' },
  })
  const words = 'Acme &amp; &lt;Co&gt;: 0, 1, 2, 3, 4, 5. 1 ?'
  assert.deepEqual(ncco, [
    {
      ...{ action: 'talk', language: 'fr-FR', bargeIn: true },
      text: `<speak><prosody rate="slow">${words}</prosody></speak>`,
    },
    {
      ...{ action: 'input', type: ['dtmf'], dtmf: { maxDigits: 1, timeOut: 5 } },
      ...{ eventUrl: ['https://id.example/messages/calls/calling/c0'], eventMethod: 'POST' },
    },
  ])
  await voice!.send(message({ channel: 'voice', to: SEATTLE }))
  const [plain] = calls.asked.splice(0)
  assert.deepEqual(JSON.parse(plain!.body).from, { type: 'phone', number: '12065550100' })
  assert.equal(JSON.parse(plain!.body).ncco.length, 1)

  // Nonsense is a call all the same: it must not ring twice. It can ask for nothing then.
  for (const nonsense of ['<html>', '{"uuid":7}', { uuid: '../..' }]) {
    calls.answer = saying(201, nonsense)
    assert.deepEqual(await call(), { gateway: 'calling', before: [], cost })
  }
  // Where it fails the next gateway calls; where it refuses the number, none does.
  calls.answer = saying(401, { type: 'UNAUTHORIZED' })
  north.asked.length = 0
  assert.equal((await call()).gateway, 'north')
  calls.answer = saying(500, '')
  assert.deepEqual((await call()).before, [{ gateway: 'calling', code: '500' }])
  assert.equal(north.asked.splice(0).length, 2)
  calls.answer = saying(400, {
    title: 'Bad Request',
    invalid_parameters: [{ name: 'to[0].number', reason: 'invalid' }],
  })
  assert.equal((await failure(call())).final, true)
  calls.answer = saying(400, { invalid_parameters: [{ name: 'from' }] })
  assert.equal((await call()).gateway, 'north')
  assert.equal(north.asked.splice(0).length, 1)
})

test('a message centre gets GSM letters or UCS-2 over one session that is kept, and a long text whole', async () => {
  const { sms } = await through(['centre'])
  await Promise.all([sms!.send(message()), sms!.send(message({ text: 'コード 012345', to: TOKYO }))])
  const long = `${'à'.repeat(200)} 012345`
  await sms!.send(message({ text: long }))
  assert.equal(centre.bound, 1)
  const [french, japanese, whole] = centre.taken.splice(0)
  assert.deepEqual(
    [french!.text, french!.pdu.data_coding, french!.pdu.source_addr_ton, french!.pdu.destination_addr],
    ['012345 est votre code', 0, 5, PARIS.slice(1)],
  )
  assert.deepEqual([japanese!.text, japanese!.pdu.data_coding], ['コード 012345', 8])
  assert.equal(whole!.text, long)
  for (const [status, final] of [
    [0x58, false],
    [0x14, false],
    [0x0b, true],
    [0x45, true],
  ] as const) {
    centre.status = status
    assert.equal((await failure(sms!.send(message()))).final, final, `${status}`)
  }
  centre.status = 0
  // Its end, and bytes that are no PDU: the next message binds anew.
  for (const spoil of [(one: Session) => one.destroy(), (one: Session) => one.socket.write(Buffer.alloc(64, 0xff))]) {
    for (const session of sessions) spoil(session)
    // What was written to the former session may have been taken, so that it is not sent again at once.
    for (let tries = 0; ; tries++) {
      const taken = await sms!.send(message()).catch(error => (tries < 5 ? undefined : assert.fail(error)))
      if (taken) break
    }
  }
  assert.ok(centre.bound >= 3)
  centre.password = 'another'
  const { sms: stranger } = await through(['centre'])
  const refused = await failure(stranger!.send(message()))
  assert.deepEqual([refused.code, refused.final], ['401', true])
  centre.password = SECRET
})

test('an own endpoint can tell by the signature that a message is Latchkey’s, and by its id that it has it', async () => {
  const { voice } = await open({ gateways, voice: { order: ['own'] } }).then(({ senders }) => senders)
  own.answer = saying(202, { cost: '0.10', currency: 'EUR' })
  const taken = await voice!.send(message({ channel: 'voice' }))
  assert.deepEqual(taken.cost, { cost: '0.10', currency: 'EUR' })
  await voice!.send(message({ channel: 'voice' }))
  const [first, second] = own.asked.splice(0)
  assert.equal(first!.headers['webhook-id'], 'c1')
  assert.equal(second!.headers['webhook-id'], 'c1')
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = first!.headers
  assert.ok(Math.abs(Number(at) - Date.now() / SECOND) < 60)
  const key = Buffer.from(SECRET, 'base64')
  assert.equal(signature, `v1,${createHmac('sha256', key).update(`${id}.${at}.${first!.body}`).digest('base64')}`)
  assert.deepEqual(JSON.parse(first!.body), { channel: 'voice', to: PARIS, text: message().text, language: 'fr' })
})

test('where one gateway fails the next is asked, in the order of the country, and each failure is told', async () => {
  const senders = await through(['north', 'south', 'own'], { countries: { JP: ['own'], KP: [] } })
  const told: string[] = []
  const { sms } = telling(senders, async (outside, code, gateway) => {
    told.push(`${outside} ${gateway ?? 'all'} ${code ?? 'fine'}`)
  })
  own.answer = saying(202)
  south.asked.length = 0
  for (const [answer, code] of [
    [saying(401), '401'],
    [saying(429), '429'],
    [saying(500, 'nonsense'), '500'],
    [saying(400, { code: 21606 }), '21606'],
    [(response: ServerResponse) => response.writeHead(302, { location: own.url }).end(), 'redirect'],
    [(response: ServerResponse) => response.destroy(), 'UND_ERR_SOCKET'],
  ] as const) {
    north.answer = answer
    south.answer = saying(503)
    const taken = await sms!.send(message())
    assert.deepEqual(
      [taken.gateway, taken.before],
      [
        'own',
        [
          { gateway: 'north', code },
          { gateway: 'south', code: '503' },
        ],
      ],
    )
    assert.deepEqual(told.splice(0), [`sms north ${code}`, 'sms south 503', 'sms own fine', 'sms all fine'])
  }
  // Each has had its message once, and the own endpoint has it once too.
  assert.deepEqual([north.asked.splice(0).length, south.asked.splice(0).length, own.asked.splice(0).length], [6, 6, 6])

  assert.equal((await sms!.send(message({ to: TOKYO }))).gateway, 'own')
  assert.deepEqual([north.asked.length, south.asked.length], [0, 0])
  const nowhere = await failure(sms!.send(message({ to: '+8501921234567' })))
  assert.deepEqual([nowhere.code, nowhere.final], ['not set', true])

  north.answer = saying(401)
  own.answer = saying(503)
  const all = await failure(sms!.send(message()))
  assert.deepEqual([all.code, all.final, all.failed?.length], ['503', false, 3], 'one of them may take it later')
  own.answer = saying(403)
  south.answer = saying(404)
  assert.equal((await failure(sms!.send(message()))).final, true)
})

test('a number whose owner has stopped messages gets none through another gateway', async () => {
  const { sms } = await through(['north', 'own'])
  own.asked.length = 0
  north.answer = saying(400, { code: 21610, message: `${PARIS} has stopped` })
  const error = await failure(sms!.send(message()))
  assert.deepEqual([error.code, error.final, own.asked.length], ['21610', true, 0])
  const told: string[] = []
  const reported = telling({ sms: sms! }, async (outside, code, gateway) => {
    told.push(`${outside} ${gateway ?? 'all'} ${code ?? 'fine'}`)
  })
  await failure(reported.sms!.send(message()))
  assert.deepEqual(told, ['sms all fine'], 'one person’s number is no failure of the service')
})

test('gateways that stall, drip or never end share the time of one message', async () => {
  const { routes } = await open({
    ...{ gateways, sms: { order: ['north', 'centre', 'own'] }, voice: { order: ['calling', 'own'] } },
  })
  const sms = routedSender(routes.sms!, 2_400)
  own.answer = saying(202)
  centre.status = undefined
  let dripping: NodeJS.Timeout | undefined
  north.answer = response => {
    dripping = setInterval(() => response.write(' '), 50)
    response.writeHead(201)
  }
  // An answer has begun: the message was taken, however long its text drips.
  const begun = performance.now()
  assert.equal((await sms.send(message())).gateway, 'north')
  clearInterval(dripping)
  north.answer = () => {}
  const taken = await sms.send(message())
  assert.deepEqual([taken.gateway, taken.before?.map(({ code }) => code)], ['own', ['timeout', 'timeout']])
  calls.answer = () => {}
  const called = await routedSender(routes.voice!, 1_600).send(message({ channel: 'voice' }))
  assert.deepEqual([called.gateway, called.before?.map(({ code }) => code)], ['own', ['timeout']])
  assert.ok(performance.now() - begun < 30 * SECOND, 'none waits for an end that does not come')
  centre.status = 0
})

test('a file with a fault is refused by a sentence that names the place and no secret', async () => {
  const { north: twilio } = gateways
  for (const [file, sentence] of [
    [{}, 'gateways is missing.'],
    [
      { gateways: { north: { ...twilio, kind: 'pigeon' } } },
      'gateways.north.kind is one of twilio, vonage, smpp, webhook.',
    ],
    [{ gateways: { north: { ...twilio, account: undefined } } }, 'gateways.north.account is missing.'],
    [{ gateways: { north: { ...twilio, pace: 1 } } }, 'gateways.north.pace is unknown.'],
    [{ gateways: { north: { ...twilio, from: 'a name that is long' } } }, /gateways\.north\.from must match/],
    [{ gateways: { north: { ...twilio, secretFile: 'none' } } }, 'gateways.north.secretFile cannot be read (ENOENT).'],
    [
      { gateways: { north: { ...twilio, url: 'http://elsewhere.example' } } },
      /gateways\.north\.url must begin with https/,
    ],
    [{ gateways: { north: { ...twilio, url: 'https://u:p@elsewhere.example' } } }, /takes no user name/],
    [{ gateways, sms: { order: ['west'] } }, 'sms names "west", which is none of the gateways.'],
    [
      { gateways, voice: { order: ['south'] } },
      'voice names "south", but a gateway of the kind vonage cannot call without an application.',
    ],
    [
      { gateways: { calling: { ...gateways.calling, application: { id: 'a', privateKeyFile: 'secret' } } } },
      'gateways.calling.application.privateKeyFile holds no RSA key in PEM.',
    ],
    [{ gateways, voice: { order: ['centre'] } }, 'voice names "centre", but a gateway of the kind smpp cannot call.'],
  ] as const)
    await assert.rejects(open(file), (error: unknown) => {
      assert.ok(error instanceof GatewaysFileError)
      if (typeof sentence === 'string') assert.equal(error.message, sentence)
      else assert.match(error.message, sentence)
      return true
    })
})
