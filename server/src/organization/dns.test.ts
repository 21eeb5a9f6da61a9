import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Packet, UDPServer } from 'dns2'
import { NO_LASTS, nameServer, TTL } from '../testing/nameServer.ts'
import { openDns } from './dns.ts'
import { readMessage, writeQuestion } from './dnsMessage.ts'

const zone = await nameServer()
const PROOF = 'latchkey-verification=k7m2q9'
const dns = openDns([zone.address])
const check = (name: string) => dns.check(name, PROOF)
const codes = async (name: string) => (await check(name)).diagnosis.map(({ code }) => code)

test('a text counts at the name or below it, whole, however its record is cut', async () => {
  zone.texts['at.example'] = [['v=spf1 -all'], [PROOF]]
  zone.texts['_latchkey.below.example'] = [[PROOF]]
  zone.texts['cut.example'] = [['latchkey-', 'verification=', 'k7m2q9']]
  for (const name of ['at.example', 'below.example', 'cut.example']) {
    const { result, diagnosis } = await check(name)
    assert.deepEqual([result, diagnosis], ['verified', [{ code: 'verified' }]], name)
  }
  assert.ok(zone.asked.includes('udp TXT at.example') && zone.asked.includes('udp TXT _latchkey.at.example'))
})

test('a check tells which server said what, and how long it counts', async () => {
  const { asked } = await check('at.example')
  const [{ ms, errors, authoritative, ...first }] = asked as [(typeof asked)[0]]
  assert.ok(ms >= 0 && errors.length === 0 && !authoritative)
  assert.deepEqual(first, {
    ...{ resolver: zone.address, name: 'at.example', type: 'TXT', transport: 'udp', rcode: 'NOERROR' },
    answers: ['v=spf1 -all', PROOF].map(data => ({ name: 'at.example', type: 'TXT', ttl: TTL, data })),
  })
})

test('what is not exactly the text is none, and is told by what is wrong with it', async () => {
  const told = async (name: string, texts: string[][]) => {
    zone.texts[name] = texts
    const { result, diagnosis } = await check(name)
    assert.equal(result, 'pending', name)
    return diagnosis.map(({ code, host }) => [code, host])
  }
  assert.deepEqual(await told('space.example', [[`${PROOF} `]]), [['spaces', 'space.example']])
  assert.deepEqual(await told('quote.example', [[`"${PROOF}"`]]), [['quoted', 'quote.example']])
  assert.deepEqual(await told('bare.example', [['k7m2q9']]), [['prefix_missing', 'bare.example']])
  assert.deepEqual(await told('split.example', [['k7m2q9'], ['latchkey-verification=']]), [['split', 'split.example']])
  const others = [PROOF.toUpperCase(), PROOF.slice(0, -1), `${PROOF}0`].map(text => [text])
  assert.deepEqual(
    await told('others.example', others),
    others.map(() => ['wrong_value', 'others.example']),
  )
  assert.deepEqual(await told('unrelated.example', [['v=spf1 -all'], ['']]), [['not_found', 'unrelated.example']])
  const [finding] = (await check('space.example')).diagnosis
  assert.deepEqual(finding, { code: 'spaces', host: 'space.example', found: `${PROOF} `, retryAfter: TTL })
})

test('a record that is missing, at another host, or of a domain that is unknown', async () => {
  zone.zones['empty.example'] = []
  const [missing] = (await check('empty.example')).diagnosis
  assert.deepEqual(missing, { code: 'not_found', host: 'empty.example', retryAfter: NO_LASTS })
  assert.deepEqual(await codes('unknown.example'), ['no_domain'])
  for (const host of ['www.web.example', '_latchkey.web.example.web.example']) {
    zone.zones['web.example'] = []
    zone.texts[host] = [[PROOF]]
    const [wrong] = (await check('web.example')).diagnosis
    assert.deepEqual(wrong, { code: 'wrong_host', host, found: PROOF })
    delete zone.texts[host]
  }
  for (const host of ['web.example', 'shop.web.example.web.example']) {
    zone.texts[host] = [[PROOF]]
    assert.ok((await codes('shop.web.example')).includes('wrong_host'), host)
    delete zone.texts[host]
  }
})

test('a text behind an alias proves nothing, as others write in that zone', async () => {
  zone.texts['anybody.host.example'] = [[PROOF]]
  zone.aliases['alias.example'] = 'anybody.host.example'
  zone.aliases['_latchkey.wild.example'] = 'anybody.host.example'
  for (const host of ['alias.example', '_latchkey.wild.example']) {
    const [finding] = (await check(host.replace('_latchkey.', ''))).diagnosis
    assert.deepEqual(finding, { code: 'cname', host, found: 'anybody.host.example' })
  }
  assert.equal((await check('anybody.host.example')).result, 'verified', 'the zone itself has it')
})

test('an answer that is too long for UDP is read by TCP', async () => {
  zone.texts['long.example'] = [...Array.from({ length: 20 }, (_, n) => [`${n}${'x'.repeat(200)}`]), [PROOF]]
  const { result, asked } = await check('long.example')
  assert.deepEqual([result, asked[0]?.transport], ['verified', 'tcp'])
})

test('a resolver that fails or is silent proves nothing, and each failure has its code, within the deadline', async () => {
  const hasty = openDns([zone.address], { deadline: 1_500 })
  const faults = [
    ['servfail', 'servfail', dns],
    ['refused', 'refused', dns],
    ['bogus', 'dnssec_bogus', dns],
    ['silence', 'timeout', hasty],
    ['cut', 'tcp_failed', hasty],
  ] as const
  const begun = performance.now()
  await Promise.all(
    faults.map(async ([fault, code, by]) => {
      const name = `${fault}.example`
      zone.texts[name] = [[PROOF]]
      zone.faults[name] = fault
      const { result, diagnosis } = await by.check(name, PROOF)
      assert.deepEqual([result, diagnosis], ['error', [{ code, host: name }]])
    }),
  )
  assert.ok(performance.now() - begun < 10_000, 'the deadline ends it')
  assert.equal((await openDns(['127.0.0.1:1']).check('at.example', PROOF)).result, 'error')
})

test('each resolver has to give it, and where they differ that is told', async () => {
  const other = await nameServer()
  const both = openDns([zone.address, other.address])
  const { result, diagnosis } = await both.check('at.example', PROOF)
  assert.deepEqual([result, diagnosis.map(({ code }) => code)], ['pending', ['no_domain', 'not_spread']])
  other.texts['at.example'] = [[PROOF]]
  assert.equal((await both.check('at.example', PROOF)).result, 'verified')
  assert.equal((await openDns([zone.address, '127.0.0.1:1']).check('at.example', PROOF)).result, 'error')
})

test('where the domain’s own servers have the text already, waiting is told with its seconds; private ones are not asked', async () => {
  const own = await nameServer()
  const through = (mayAsk?: () => boolean) =>
    openDns([zone.address], { ownPort: own.port, ...(mayAsk && { mayAsk }) }).check('late.example', PROOF)
  const late = { name: 'late.example', servers: ['ns1.late.example', 'ns2.late.example'] }
  zone.zones['late.example'] = late.servers
  zone.hosts['ns1.late.example'] = '127.0.0.1'
  own.texts['late.example'] = [[PROOF]]
  assert.deepEqual(
    (await through()).diagnosis.map(({ code }) => code),
    ['not_found'],
  )
  assert.equal(own.asked.length, 0, 'a private address of a stranger’s choice')
  const { result, diagnosis, zone: found } = await through(() => true)
  assert.deepEqual([result, diagnosis, found], ['pending', [{ code: 'ttl_wait', retryAfter: NO_LASTS }], late])
  assert.ok(own.asked.includes('udp TXT late.example'))
  // A subdomain is in the zone above it.
  assert.deepEqual(await dns.zone('sub.late.example'), late)
  zone.texts['old.example'] = [['latchkey-verification=older']]
  zone.faults['old.example'] = 'stale'
  assert.deepEqual(await codes('old.example'), ['wrong_value', 'ttl_wait'])
})

test('a slow answer counts within the deadline, and no longer', async t => {
  const slow = new UDPServer((request, send) => {
    const answer = Packet.createResponseFromRequest(request)
    const { name } = request.questions[0]!
    answer.answers.push({ name, type: Packet.TYPE.TXT, class: Packet.CLASS.IN, ttl: 1, data: PROOF } as never)
    setTimeout(() => void send(answer).catch(() => {}), 300)
  })
  t.after(() => slow.close())
  await slow.listen(0, '127.0.0.1')
  const { port } = slow.address() as AddressInfo
  const within = (deadline: number) => openDns([`127.0.0.1:${port}`], { deadline }).check('slow.example', PROOF)
  const [patient, hasty] = await Promise.all([within(8_000), within(150)])
  assert.equal(patient.result, 'verified')
  assert.deepEqual([hasty.result, hasty.diagnosis[0]?.code], ['error', 'timeout'])
})

test('an answer to another question, or under another number, is not read', async () => {
  // What is not read has no answer by its deadline; what is read needs none.
  const cases: [(answer: Packet) => unknown, string, { deadline?: number }][] = [
    [({ header }) => header.id++, 'error', { deadline: 200 }],
    [({ questions: [asked] }) => Object.assign(asked!, { name: 'other.example' }), 'error', { deadline: 200 }],
    // The text seems to be the name's own, but stands beside an alias.
    [
      ({ answers: [text], answers }) =>
        answers.push({ ...text, type: Packet.TYPE.CNAME, domain: 'x.example' } as never),
      'pending',
      {},
    ],
  ]
  for (const [forge, expected, settings] of cases) {
    const forger = new UDPServer((request, send) => {
      const answer = Packet.createResponseFromRequest(request)
      const { name } = request.questions[0]!
      answer.answers.push({ name, type: Packet.TYPE.TXT, class: Packet.CLASS.IN, ttl: 1, data: PROOF } as never)
      forge(answer)
      void send(answer)
    })
    await forger.listen(0, '127.0.0.1')
    const { port } = forger.address() as AddressInfo
    const { result } = await openDns([`127.0.0.1:${port}`], settings).check('forged.example', PROOF)
    forger.close()
    assert.equal(result, expected)
  }
})

test('half a text, a text of another class and one that a message cuts count for nothing', () => {
  const answer = (change: (record: Buffer) => void = () => {}, end?: number) => {
    const question = writeQuestion(7, { name: 'a.example', type: 'TXT', recurse: true, extended: false })
    question[2] = 0x81
    question[7] = 1
    const text = Buffer.from(`\0${PROOF}`)
    text[0] = PROOF.length
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length, ...text])
    change(record)
    return readMessage(Buffer.concat([question, record]).subarray(0, end)).answers.map(({ ttl, data }) => [ttl, data])
  }
  assert.deepEqual(answer(), [[60, PROOF]])
  assert.throws(() => answer(undefined, -1), /ends after the answer/)
  assert.throws(() => answer(record => record.writeUInt16BE(0xff, 10)), /ends after the answer/)
  assert.deepEqual(
    answer(record => record.writeUInt16BE(3, 4)),
    [],
  )
  assert.deepEqual(
    answer(record => record.writeInt32BE(-1, 6)),
    [[0, PROOF]],
    'a negative TTL counts as none',
  )
})

test('bytes that are no answer are refused, and lead nobody in a circle', () => {
  const question = writeQuestion(7, { name: 'a.example', type: 'TXT', recurse: true, extended: false })
  assert.throws(() => readMessage(question), /no answer/)
  const answer = Buffer.from(question)
  answer[2] = 0x81
  assert.equal(readMessage(answer).question, 'a.example TXT')
  const circle = Buffer.concat([answer, Buffer.from([0xc0, 27, 0, 16])])
  circle.writeUInt16BE(1, 6)
  assert.throws(() => readMessage(circle), /bad pointer/)
  for (let length = 0; length < answer.length; length++)
    assert.throws(() => readMessage(answer.subarray(0, length)), Error, String(length))
})
