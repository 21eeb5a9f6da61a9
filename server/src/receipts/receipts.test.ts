// This file is long because each kind of far side signs and writes its reports in its own way, and is played here.

import assert from 'node:assert/strict'
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { SignJWT } from 'jose'
import smpp, { type Pdu, type Session } from 'smpp'
import { HOUR, MINUTE, SECOND } from '../clock.ts'
import { signWebhook } from '../crypto/index.ts'
import { type Gateway, openGateways, readMailbox, smtpSender } from '../notifications/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { testApi } from '../testing/api.ts'
import { authority, certificates } from '../testing/certificates.ts'
import { granted } from '../testing/contract.ts'
import { mailboxSink } from '../testing/mailbox.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { type ArrivedMail, mailSink } from '../testing/sinks.ts'
import { until } from '../testing/until.ts'
import { readBounce } from './bounce.ts'
import { listenToGateways } from './listen.ts'
import { readBounces, tryMailbox } from './mailbox.ts'

const mails = await mailSink()
const folder = await mkdtemp(join(tmpdir(), 'latchkey-receipts-'))
const KEY = 'c2VjcmV0IG9mIGEgZ2F0ZXdheSwgMzIgYnl0ZXMhISE='
await writeFile(join(folder, 'secret'), KEY)
await writeFile(join(folder, 'signature'), 'signature of receipts')

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
await writeFile(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** The far side of gateways over HTTP: the one that is named takes a message, and the others fail. */
const far = {
  url: '',
  taking: '',
  answer: '{}',
  asked: [] as { path: string; body: string }[],
  before: async (_body: string) => {},
}
const farServer = createServer(async (request, response) => {
  const path = request.url!
  const body = (await request.toArray()).join('')
  if (!path.startsWith(far.taking)) return response.writeHead(503).end()
  far.asked.push({ path, body })
  await far.before(body)
  response.writeHead(201).end(far.answer)
}).listen(0, '127.0.0.1')
await once(farServer, 'listening')
after(() => {
  farServer.close()
  farServer.closeAllConnections()
})
far.url = `http://127.0.0.1:${(farServer.address() as AddressInfo).port}`

/** A message centre. `taking`: whether it takes messages. */
const centre = { taking: false, sessions: new Set<Session>(), taken: [] as Pdu[], answers: [] as number[] }
const centreServer = smpp
  .createServer({}, session => {
    centre.sessions.add(session)
    session.on('error', () => session.destroy())
    session.on('bind_transceiver', pdu => session.send(pdu.response({ command_status: centre.taking ? 0 : 0x0d })))
    session.on('submit_sm', pdu => {
      centre.taken.push(pdu)
      session.send(pdu.response({ message_id: `m-${centre.taken.length}` }))
    })
  })
  .listen(0, '127.0.0.1')
await once(centreServer, 'listening')
after(() => {
  for (const session of centre.sessions) session.destroy()
  centreServer.close()
})

const ORIGIN = 'https://id.example'
await writeFile(
  join(folder, 'gateways.json'),
  JSON.stringify({
    gateways: {
      north: { kind: 'twilio', url: far.url, account: 'AC01', secretFile: 'secret', from: 'Latchkey' },
      south: {
        ...{ kind: 'vonage', url: far.url, key: 'k1', secretFile: 'secret', from: 'Latchkey' },
        signatureSecretFile: 'signature',
        application: { id: 'app-1', privateKeyFile: 'key', url: far.url },
      },
      own: { kind: 'webhook', url: `${far.url}/own`, secretFile: 'secret' },
      centre: {
        ...{ kind: 'smpp', url: `smpp://127.0.0.1:${(centreServer.address() as AddressInfo).port}` },
        ...{ systemId: 'latchkey', secretFile: 'secret', from: 'Latchkey' },
      },
    },
    sms: { order: ['north', 'south', 'own', 'centre'] },
    voice: { order: ['north', 'south'] },
  }),
)
const returned = await mailboxSink()
const mailbox = readMailbox(returned.url)
/** How each reading by the job ended. */
const readings: (string | undefined)[] = []
const opened = await openGateways(join(folder, 'gateways.json'), ORIGIN)
const server = await testServer({
  gateways: opened.all,
  bounces: {
    mailbox,
    tell: async (outside, code) => {
      assert.equal(outside, 'bounces')
      readings.push(code)
    },
  },
  senders: {
    ...opened.senders,
    email: smtpSender({ url: mails.url, from: 'no-reply@id.example', bounces: 'bounces@return.example' }),
  },
  floodLimits: true,
})
const api = testApi(server)

/** A reset that waits for a code by this method. */
async function askForCode(kind: string, channel?: string, delivery = 'sent') {
  const browser = server.browser()
  const { id, methods } = granted(await browser.post('/reset', { username: 'registered@acme.example' }), 201)
  const method = methods.find((one: { kind: string }) => one.kind === kind).id
  granted(
    await browser.post(`/reset/${id}/challenges`, { method, ...(channel && { channel, phoneNumber: '+12065550110' }) }),
    201,
  )
  const journey = async () => granted(await browser.get(`/reset/${id}`))
  await until(async () => ((await journey()).challenge.delivery === delivery ? true : undefined))
  return { id: id as string, journey }
}

/** The same by mail, and the mail. */
async function waitForCode() {
  const waiting = await askForCode('email')
  const mail = await until(() => mails.mails.find(({ from }) => referenceIn({ from }).startsWith('c')))
  mails.mails.length = 0
  return { ...waiting, mail }
}

/** A report as mail servers write it: `fields` are those about the reader, in place of a refusal for good. */
function reportOn(to: string, { action = 'failed', status = '5.1.1', type = 'delivery-status', head = '' } = {}) {
  return [
    `${head}From: MAILER-DAEMON@mx.example`,
    `To: <${to}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    '\tboundary="9B095B5ADSN=_01"',
    'Subject: Undelivered Mail Returned to Sender',
    '',
    'This is the mail system at mx.example.',
    '--9B095B5ADSN=_01',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    '<reader@mail.example>: user unknown',
    '--9B095B5ADSN=_01',
    `Content-Type: message/${type}`,
    '',
    'Reporting-MTA: dns; mx.example',
    'Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0000',
    '',
    'Final-Recipient: rfc822; reader@mail.example',
    `Action: ${action}`,
    `Status: ${status}`,
    'Diagnostic-Code: smtp; 550 5.1.1 <reader@mail.example>: no such user here',
    '',
    '--9B095B5ADSN=_01',
    'Content-Type: text/rfc822-headers',
    '',
    'Subject: 012345 is your code',
    '',
    '--9B095B5ADSN=_01--',
    '',
  ].join('\r\n')
}

const report = async (mail: string, type = 'message/rfc822') =>
  (await fetch(`${server.url}/messages/bounces`, { method: 'POST', headers: { 'content-type': type }, body: mail }))
    .status
const events = async (journey: string) => {
  const { rows } = await server.store.pool.query(
    `select activity, reason, details from latchkey.audit_events
     where correlation_id = $1 and activity like 'message.%' order by at, id`,
    [journey],
  )
  return rows.map(({ activity, reason, details: { gateway: _, ...details } }) => ({ activity, reason, details }))
}
const failing = async () => {
  const helpDesk = await api.as('helpdesk@acme.example')
  const { json } = await helpDesk('GET', '/users/registered@acme.example/authentication/resetReadiness')
  return json.failingMethods as { kind: string; since: string; reason: string }[]
}
const referenceIn = ({ from }: Pick<ArrivedMail, 'from'>) => /^bounces\+([0-9a-z]{51})@return\.example$/.exec(from)![1]!

test('a code that comes back is told to the page that waits, in the journey’s log, and to the help desk', async () => {
  const { id, mail, journey } = await waitForCode()
  assert.ok(mail.from.indexOf('@') <= 64, 'some servers refuse a longer name')
  assert.deepEqual(await failing(), [])
  // A server that still tries changes nothing, and what failed for now does not stand against the address.
  assert.equal(await report(reportOn(mail.from, { action: 'delayed', status: '4.4.1' })), 204)
  assert.equal((await journey()).challenge.delivery, 'sent')
  assert.equal(await report(reportOn(mail.from, { status: '5.1.1' })), 204)
  assert.equal((await journey()).challenge.delivery, 'failed')
  const undelivered = { activity: 'message.undelivered', reason: '5.1.1', details: { kind: 'code', channel: 'email' } }
  assert.deepEqual((await events(id)).slice(1), [undelivered])
  // Twice, and in capital letters, as some servers return addresses.
  assert.equal(await report(reportOn(mail.from.toUpperCase())), 204)
  assert.deepEqual((await events(id)).slice(1), [undelivered])
  const [found] = await failing()
  assert.deepEqual([found?.kind, found?.reason], ['email', '5.1.1'])

  const admin = await api.as('admin@acme.example')
  const timeline = await admin('GET', `/reset/journeys/${id}`)
  const told = timeline.json.events.filter((one: { activity: string }) => one.activity === 'message.undelivered')
  assert.deepEqual(
    told.map(({ result, reason }: { result: string; reason: string }) => [result, reason]),
    [['failure', '5.1.1']],
  )

  // A later one that arrives clears the address; so does a code that comes back as a proof.
  const next = await waitForCode()
  assert.equal(await report(reportOn(next.mail.from, { action: 'failed', status: '4.4.7' })), 204)
  assert.equal((await failing()).length, 1)
  assert.equal(await report(reportOn(next.mail.from, { action: 'delivered', status: '2.1.5' })), 204)
  assert.deepEqual(await failing(), [])
  // Late news of a failure do not undo that it has arrived.
  assert.equal(await report(reportOn(next.mail.from)), 204)
  assert.deepEqual(await failing(), [])
  assert.deepEqual(
    (await events(next.id)).map(({ activity }) => activity),
    ['message.sent', 'message.undelivered', 'message.delivered'],
  )
})

test('a stranger cannot report on a message, and no mail but a report counts', async () => {
  const { id, mail } = await waitForCode()
  const reference = referenceIn(mail)
  const other = `${reference.slice(0, -1)}${reference.endsWith('0') ? '1' : '0'}`
  const notices = `n${reference.slice(1)}`
  for (const forged of [other, notices, `c${'0'.repeat(50)}`])
    assert.equal(await report(reportOn(`bounces+${forged}@return.example`)), 404)
  const whole = reportOn(mail.from)
  for (const [name, wrong] of Object.entries({
    'an answer of an absent reader': `From: reader@mail.example\r\nTo: <${mail.from}>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.`,
    'the report of a reader’s program': reportOn(mail.from, { type: 'disposition-notification' }),
    'one without an end of its head': whole.replaceAll('\r\n\r\n', '\r\n'),
    'one cut off before its status': whole.slice(0, whole.indexOf('Status:')),
    'a status of none': reportOn(mail.from, { status: 'unknown' }),
    'nobody’s address': reportOn('bounces@return.example'),
    'a mail in circles': reportOn(mail.from, { head: 'Received: from mx.example\r\n'.repeat(51) }),
    bytes: String.fromCharCode(...Array.from({ length: 4_096 }, (_, place) => place % 256)),
    'parts without end': `${whole.slice(0, whole.indexOf('\r\n\r\n'))}\r\n\r\n${'--9B095B5ADSN=_01\r\n\r\n'.repeat(20_000)}`,
    nothing: '',
  }))
    assert.equal(await report(wrong), 400, name)
  assert.equal(await report(whole, 'text/plain'), 415)
  assert.equal(await report(`${whole}${' '.repeat(1024 * 1024)}`), 413)
  assert.deepEqual(
    (await events(id)).map(({ activity }) => activity),
    ['message.sent'],
  )
})

test('reports that are written otherwise are read alike', () => {
  const to = `bounces+c${'0f'.repeat(25)}@return.example`
  const undelivered = {
    reference: `c${'0f'.repeat(25)}`,
    receipt: { result: 'undelivered', reason: '5.1.1', isFinal: true },
  }
  const whole = reportOn(to)
  const [before = '', status = '', after = ''] = whole.split(/(?<=delivery-status\r\n)\r\n([\s\S]*?)(?=--9B095B5ADSN)/)
  const coded = (encoding: string, text: string) =>
    `${before}Content-Transfer-Encoding: ${encoding}\r\n\r\n${text}\r\n${after}`
  for (const [name, mail] of Object.entries({
    'lines that end as on Unix': whole.replaceAll('\r\n', '\n'),
    'a reader in UTF-8 (RFC 6533)': reportOn(to, { type: 'global-delivery-status' }),
    Base64: coded('base64', Buffer.from(status).toString('base64')),
    'quoted-printable': coded('quoted-printable', status.replace('Status:', 'Stat=\r\nus=3A')),
    'folded fields': whole.replace('Status: 5.1.1', 'Status:\r\n 5.1.1 (bad mailbox)'),
    'an address beside the list': whole.replace(`To: <${to}>`, `Delivered-To: ${to}\r\nTo: undisclosed-recipients:;`),
  }))
    assert.deepEqual(readBounce(Buffer.from(mail)), undelivered, name)
})

test('a notice that comes back stands in the log of what caused it', async () => {
  const browser = server.browser()
  const { id } = granted(await browser.post('/reset', { username: 'registered@acme.example' }), 201)
  granted(await browser.post(`/reset/${id}/contact`), 202)
  const mail = await until(() => mails.mails.find(({ from }) => referenceIn({ from }).startsWith('n')))
  assert.equal(await report(reportOn(mail.from)), 204)
  assert.deepEqual(await events(id), [
    { activity: 'message.undelivered', reason: '5.1.1', details: { kind: 'notice', channel: 'email' } },
  ])
})

test('a mail server hands a report to the command', async () => {
  const { id, mail } = await waitForCode()
  const env = { DATABASE_URL: server.databaseUrl, LATCHKEY_SECRETS: SECRET }
  const noted = await latchkey(env, 'bounces', { input: reportOn(mail.from, { status: '4.4.7' }) })
  assert.deepEqual([noted.code, noted.out], [0, 'Noted.\n'], noted.err)
  assert.equal((await events(id)).at(-1)?.reason, '4.4.7')
  // Its server may be back tomorrow.
  assert.deepEqual(await failing(), [])
})

const read = (patience?: number) =>
  readBounces(server.store, () => ({ ...server.services, now: server.clock.now() }), mailbox, patience)

test('a mailbox is read by one server, which notes each report before its mail goes', async () => {
  const { id, mail } = await waitForCode()
  const report = reportOn(mail.from, { status: '4.4.7' })
  returned.put(report)
  // It ends in the middle, and the mail stays: what it told is noted already.
  returned.answer = command => (command.startsWith('UID STORE') ? 'drop' : undefined)
  await assert.rejects(read(), { name: 'SendError' })
  returned.answer = undefined
  assert.deepEqual((await events(id)).map(({ activity }) => activity).slice(1), ['message.undelivered'])
  assert.equal(returned.mails.length, 1)
  assert.equal(await read(), undefined, 'a server that failed is left alone for two minutes')
  server.clock.advance(2 * MINUTE)

  // A folder that takes no flag fails the reading, and the report behind that mail is taken all the same.
  returned.put('From: reader@mail.example\r\nSubject: Away\r\n\r\nI am away.')
  returned.put(report)
  returned.answer = command => (/^UID STORE.*Flagged/.test(command) ? 'TAG NO no such flag\r\n' : undefined)
  await assert.rejects(read(), { name: 'SendError', code: 'no' })
  assert.equal(returned.mails.length, 1)
  returned.answer = undefined
  server.clock.advance(4 * MINUTE)

  returned.put(report)
  returned.put(`${report}${' '.repeat(1024 * 1024)}`)
  returned.put(reportOn(`bounces+c${'0'.repeat(50)}@return.example`))
  const both = await Promise.all([read(), read()])
  assert.deepEqual(both.filter(Boolean), [{ noted: 1, left: 2 }], 'a mail whose flag was not kept is not read again')
  assert.deepEqual((await events(id)).map(({ activity }) => activity).slice(1), ['message.undelivered'])
  const flags = () => returned.mails.map(one => [...one.flags])
  assert.deepEqual(flags(), [[], ['\\Flagged'], ['\\Flagged']])
  // A folder that was made anew numbers its mails anew.
  returned.validity += 1
  assert.deepEqual(await read(), { noted: 0, left: 1 })
  assert.deepEqual(flags(), [['\\Flagged'], ['\\Flagged'], ['\\Flagged']])
  assert.equal(await tryMailbox(mailbox), 0)

  // More than one answer may name are asked for piece by piece.
  for (let n = 0; n < 10_001; n++) returned.put('From: reader@mail.example\r\n\r\nAway.')
  assert.equal(await tryMailbox(mailbox), 4_997)
  returned.mails.splice(3)

  // The job of each minute does the same, and tells how it ended.
  returned.put(report)
  const ask = () => server.store.pool.query(`select latchkey_jobs.add_job('read-bounces')`)
  await ask()
  await until(() => (returned.mails.length === 3 ? true : undefined))
  await until(() => (readings.length === 1 ? true : undefined))
  returned.answer = () => 'drop'
  await ask()
  await until(() => (readings.length === 2 ? true : undefined))
  returned.answer = undefined
  assert.equal(readings[0], undefined)
  assert.equal(typeof readings[1], 'string')
})

test('a mailbox that stalls, drips or answers nonsense ends a reading, its connection and nothing else', async () => {
  returned.put(reportOn((await waitForCode()).mail.from, { status: '4.4.7' }))
  const kept = returned.mails.length
  const drips = new Set<NodeJS.Timeout>()
  after(() => drips.forEach(clearInterval))
  const faults: Record<string, { answer: typeof returned.answer; code: RegExp; patience?: number }> = {
    'no greeting': { answer: () => '', code: /^timeout$/, patience: 200 },
    'no answer': {
      answer: command => (command.startsWith('UID SEARCH') ? '' : undefined),
      code: /^timeout$/,
      patience: 500,
    },
    drops: {
      answer(command, socket) {
        if (!command.startsWith('UID FETCH')) return undefined
        drips.add(setInterval(() => socket.writable && socket.write('* OK still here\r\n'), 20))
        return ''
      },
      code: /^timeout$/,
      patience: 500,
    },
    nonsense: {
      answer: command => (command.startsWith('SELECT') ? '{\x01)) \x02\r\nTAG WHAT\r\n' : undefined),
      code: /\w/,
    },
    'a line without end': {
      answer: command => (command.startsWith('UID SEARCH') ? `* SEARCH ${'1 '.repeat(1024 * 1024)}` : undefined),
      code: /^LineTooLarge$/,
    },
    'a mail without end': {
      answer: command => (command.startsWith('UID FETCH') ? '* 1 FETCH (UID 1 BODY[]<0> {99999999}\r\n' : undefined),
      code: /^LiteralTooLarge$/,
    },
    'another password': {
      answer: command => (command.startsWith('AUTH') ? 'TAG NO no\r\n' : undefined),
      code: /^EAUTH$/,
    },
    'no such folder': {
      answer: command => (command.startsWith('SELECT') ? 'TAG NO none\r\n' : undefined),
      code: /^no$/,
    },
  }
  for (const [name, { answer, code, patience }] of Object.entries(faults)) {
    server.clock.advance(31 * MINUTE)
    returned.answer = answer
    await assert.rejects(read(patience), { name: 'SendError', code }, name)
    await until(() => (returned.sockets.size === 0 ? true : undefined))
    drips.forEach(clearInterval)
  }
  returned.answer = undefined
  assert.equal(returned.mails.length, kept)
  server.clock.advance(31 * MINUTE)
  assert.deepEqual(await read(), { noted: 1, left: 0 })
})

test('a mailbox gets no password but over TLS with a certificate that is judged', async () => {
  const signedOn = (commands: string[]) =>
    commands.filter(command => /^LOGIN |^AUTHENTICATE PLAIN \S/.test(command)).length
  const before = signedOn(returned.commands)
  const far = await mailboxSink({ certificate: certificates.good })
  const ca = join(folder, 'authority.pem')
  await writeFile(ca, authority)
  const named = readMailbox(`${far.url}?ca=${ca}`)
  assert.equal(await tryMailbox(named), 0)
  await assert.rejects(tryMailbox({ ...named, ca: undefined }), { code: /VERIFY|ISSUER|SELF_SIGNED/ })
  // Somebody on the way takes the offer of TLS out.
  await assert.rejects(tryMailbox({ ...mailbox, near: false }), { name: 'SendError' })
  assert.equal(signedOn(far.commands), 1)
  assert.equal(signedOn(returned.commands), before)
})

/** Tells our server of a message at the address that its gateway was given. */
const tell = async (address: string, body: string, headers: Record<string, string>) => {
  assert.ok(address.startsWith(`${ORIGIN}/messages/receipts/`), address)
  return (await fetch(server.url + address.slice(ORIGIN.length), { method: 'POST', body, headers })).status
}
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const form = (fields: Record<string, string>) => String(new URLSearchParams(fields))
const activities = async (id: string) => (await events(id)).map(({ activity }) => activity)
const asked = () => far.asked.splice(0).map(({ body }) => Object.fromEntries(new URLSearchParams(body)))[0]!

test('a Twilio-compatible gateway tells by a signed call what became of a message, in any order and twice', async () => {
  far.taking = '/2010-04-01/'
  const { id, journey } = await askForCode('mobilePhone', 'sms')
  const { StatusCallback: address = '' } = asked()
  const signed = (fields: Record<string, string>, key = KEY, to = address) =>
    createHmac('sha1', key)
      .update(
        to +
          Object.keys(fields)
            .sort()
            .map(name => name + fields[name])
            .join(''),
      )
      .digest('base64')
  const say = (fields: Record<string, string>, signature = signed(fields)) =>
    tell(address, form(fields), { ...FORM, 'x-twilio-signature': signature })
  const gone = { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30005' }
  assert.equal(await say(gone, signed(gone, 'another')), 403)
  assert.equal(await say({ ...gone, ErrorCode: '30006' }, signed(gone)), 403)
  assert.equal(await say(gone, signed(gone, KEY, `${address.slice(0, -1)}x`)), 403)
  assert.equal(await say(gone, ''), 403)
  assert.deepEqual(await activities(id), ['message.sent'])
  // The way of the message, which is no end.
  assert.equal(await say({ MessageSid: 'SM1', MessageStatus: 'sent' }), 204)
  assert.equal(await say(gone), 204)
  assert.equal(await say(gone), 204)
  assert.equal((await journey()).challenge.delivery, 'failed')
  assert.deepEqual((await events(id)).slice(1), [
    { activity: 'message.undelivered', reason: '30005', details: { kind: 'code', channel: 'sms' } },
  ])
  assert.deepEqual(
    (await failing()).map(({ kind, reason }) => [kind, reason]),
    [['mobilePhone', '30005']],
  )
  assert.equal(await say({ MessageSid: 'SM1', MessageStatus: 'delivered' }), 204)
  assert.equal((await journey()).challenge.delivery, 'sent')
  assert.equal(await say(gone), 204)
  assert.equal((await journey()).challenge.delivery, 'sent')
  assert.deepEqual(await activities(id), ['message.sent', 'message.undelivered', 'message.delivered'])
  assert.deepEqual(await failing(), [])
  // Another gateway's address, and a message of nobody.
  assert.equal(await tell(address.replace('/north/', '/centre/'), form(gone), FORM), 404)
  assert.equal(await tell(`${address.slice(0, -1)}${address.endsWith('0') ? '1' : '0'}`, form(gone), FORM), 404)
  const { rows } = await server.store.pool.query(
    `select details->>'gateway' as gateway from latchkey.audit_events where correlation_id = $1 and activity = 'message.delivered'`,
    [id],
  )
  assert.deepEqual(rows, [{ gateway: 'north' }])
})

test('a receipt that is faster than the answer of its gateway stays what the page is told', async () => {
  far.taking = '/2010-04-01/'
  far.before = async body => {
    const address = new URLSearchParams(body).get('StatusCallback')!
    const signature = createHmac('sha1', KEY).update(`${address}MessageStatusfailed`).digest('base64')
    const headers = { ...FORM, 'x-twilio-signature': signature }
    assert.equal(await tell(address, form({ MessageStatus: 'failed' }), headers), 204)
  }
  const { id, journey } = await askForCode('mobilePhone', 'sms', 'failed')
  far.before = async () => {}
  far.asked.length = 0
  await until(async () => ((await activities(id)).includes('message.sent') ? true : undefined))
  assert.equal((await journey()).challenge.delivery, 'failed')
})

test('nobody reports on a text message, a call or a mail by the door of another channel', async () => {
  far.taking = '/2010-04-01/'
  for (const [kind, channel] of [['mobilePhone', 'sms'], ['officePhone']] as const) {
    const { id, journey } = await askForCode(kind, channel)
    const { StatusCallback: address = '' } = asked()
    const reference = address.slice(address.lastIndexOf('/') + 1)
    assert.equal(await report(reportOn(`bounces+${reference}@return.example`)), 404)
    assert.deepEqual(await activities(id), ['message.sent'])
    assert.equal((await journey()).challenge.delivery, 'sent')
  }
  const { id, mail, journey } = await waitForCode()
  const address = `${ORIGIN}/messages/receipts/north/${referenceIn(mail)}`
  const signature = createHmac('sha1', KEY).update(`${address}MessageStatusfailed`).digest('base64')
  const headers = { ...FORM, 'x-twilio-signature': signature }
  assert.equal(await tell(address, form({ MessageStatus: 'failed' }), headers), 204)
  assert.deepEqual(await activities(id), ['message.sent'])
  assert.equal((await journey()).challenge.delivery, 'sent')
  server.clock.advance(HOUR) // so many codes an hour
})

test('a call that nobody answers is told to the page', async () => {
  far.taking = '/2010-04-01/'
  const { id, journey } = await askForCode('officePhone')
  const { StatusCallback: address = '' } = asked()
  const fields = { CallSid: 'CA1', CallStatus: 'no-answer' }
  const signature = createHmac('sha1', KEY).update(`${address}CallSidCA1CallStatusno-answer`).digest('base64')
  assert.equal(await tell(address, form(fields), { ...FORM, 'x-twilio-signature': signature }), 204)
  assert.equal((await journey()).challenge.delivery, 'failed')
  assert.equal((await events(id)).at(-1)?.reason, 'no-answer')
})

test('at the press of 1 a call says its code again, three times at most and while it can be used', async () => {
  far.taking = '/2010-04-01/'
  const { id, journey } = await askForCode('officePhone')
  const { Twiml = '' } = asked()
  const [, address = ''] = /<Gather input="dtmf" numDigits="1" timeout="5" method="POST" action="([^"]+)"><Say/.exec(
    Twiml,
  )!
  const [, digits = ''] = /(\d(?:, \d){5})/.exec(Twiml)!
  assert.match(Twiml, /press 1\.<\/prosody><\/Say><\/Gather><\/Response>$/)
  assert.ok(!address.includes(digits.replaceAll(', ', '')))
  const press = async (key: string, secret = KEY, to = address) => {
    const signature = createHmac('sha1', secret).update(`${to}CallSidCA1Digits${key}`).digest('base64')
    const response = await fetch(server.url + address.slice(ORIGIN.length), {
      ...{ method: 'POST', body: form({ CallSid: 'CA1', Digits: key }) },
      headers: { ...FORM, 'x-twilio-signature': signature },
    })
    const text = await response.text()
    return [response.status, text.includes(digits), text.includes('<Gather')] as const
  }
  assert.deepEqual(await press('1', 'another'), [403, false, false])
  assert.deepEqual(await press('1', KEY, `${address}0`), [403, false, false])
  assert.deepEqual(await press('2'), [200, false, false])
  assert.deepEqual(await press('1'), [200, true, true])
  // A gateway that tells twice uses two of them up, and no more than three are said.
  const both = await Promise.all([press('1'), press('1'), press('1')])
  assert.deepEqual(both.map(([status, said, offered]) => `${status} ${said} ${offered}`).sort(), [
    '200 false false',
    '200 true false',
    '200 true true',
  ])
  await server.store.pool.query('update latchkey.challenges set repeats = 0 where journey_id = $1', [id])
  assert.deepEqual(await press('1'), [200, true, true])
  const held = async () =>
    (
      await server.store.pool.query(
        'select code_sealed, spoken_sealed from latchkey.challenges where journey_id = $1',
        [id],
      )
    ).rows[0]
  assert.equal((await held()).code_sealed, null, 'no job sends it again')
  assert.equal((await journey()).challenge.delivery, 'sent')
  server.clock.advance(5 * MINUTE)
  assert.deepEqual(await press('1'), [200, false, false])
  server.clock.advance(HOUR)
  await removeExpired(server.services)
  assert.equal((await held()).spoken_sealed, null)
})

test('a gateway that drips or stalls what was pressed is cut off, and others are answered meanwhile', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof: it takes half a minute',
}, async () => {
  far.taking = '/2010-04-01/'
  await askForCode('officePhone')
  const [, address = ''] = /action="([^"]+)"/.exec(asked().Twiml ?? '')!
  const path = address.slice(ORIGIN.length)
  const send = (begun: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.setEncoding('latin1').write(begun)
    // One that goes on writing may be told no more than that its connection is gone.
    return { socket, answer: text(socket).catch(() => '') }
  }
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\n`
  const stalling = [send(head), send(`${head}content-length: 9\r\n\r\n`)]
  const dripping = send(`${head}content-length: 9999\r\n\r\n`)
  const drip = setInterval(() => dripping.socket.write('D'), 100)
  const body = form({ CallSid: 'CA1', Digits: '2' })
  const signature = createHmac('sha1', KEY).update(`${address}CallSidCA1Digits2`).digest('base64')
  const pressed = await fetch(server.url + path, {
    ...{ method: 'POST', body, headers: { ...FORM, 'x-twilio-signature': signature } },
  })
  assert.equal(pressed.status, 200)
  for (const { answer } of stalling) assert.match(await answer, /^HTTP\/1\.1 408 /)
  assert.match(await dripping.answer, /^(HTTP\/1\.1 408 |$)/)
  clearInterval(drip)
})

test('a Vonage gateway signs its receipts by a secret of their own', async () => {
  far.taking = '/sms/json'
  const { id } = await askForCode('mobilePhone', 'sms')
  const { callback: address = '', 'client-ref': ours = '' } = asked()
  assert.ok(ours.length <= 40 && address.includes(`/${ours}`), 'as long as each version of its documentation allows')
  const now = server.services.clock().getTime()
  const fields = (of = ours, at = now) => ({
    'client-ref': of,
    ...{ msisdn: '12065550100', status: 'failed', 'err-code': '3', timestamp: String(Math.floor(at / SECOND)) },
    ...{ text: 'a=b&c', nonce: 'n1' },
  })
  const sign = (of: Record<string, string>, key = 'signature of receipts') =>
    createHmac('sha256', key)
      .update(
        Object.keys(of)
          .sort()
          .map(name => `&${name}=${of[name]!.replaceAll(/[&=]/g, '_')}`)
          .join(''),
      )
      .digest('hex')
  const say = (of: Record<string, string>, sig = sign(of)) => tell(address, form({ ...of, sig }), FORM)
  assert.equal(await say(fields(), sign(fields(), KEY)), 403)
  assert.equal(await say({ ...fields(), 'err-code': '9' }, sign(fields())), 403)
  const another = `${ours.slice(0, -1)}${ours.endsWith('0') ? '1' : '0'}`
  assert.equal(await say(fields(another)), 403, 'one of another message')
  const { 'client-ref': _, ...nameless } = fields()
  assert.equal(await say(nameless), 403)
  assert.deepEqual(await activities(id), ['message.sent'])
  assert.equal(await say({ ...fields(), status: 'buffered' }), 204)
  const json = JSON.stringify({ ...fields(), sig: sign(fields()).toUpperCase() })
  assert.equal(await tell(address, json, { 'content-type': 'application/json' }), 204)
  assert.equal(await say(fields(ours, now - HOUR)), 204, 'it is repeated with the time of its first signing')
  assert.deepEqual((await events(id)).slice(1), [
    { activity: 'message.undelivered', reason: '3', details: { kind: 'code', channel: 'sms' } },
  ])
  assert.equal((await failing()).length, 1)
  const whole = /c[0-9a-f]{50}/.exec(address)![0]
  assert.equal(await say({ ...fields(whole), status: 'buffered' }), 204, 'of a message of the former version')
  assert.equal(await say(fields(`${ours}${'0'.repeat(18)}`)), 403, 'another tag')
})

test('a Vonage call tells by a signed token about itself alone, and says its code again while it can be used', async () => {
  server.clock.advance(HOUR) // so many calls an hour
  far.taking = '/v1/calls'
  const uuid = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab'
  far.answer = JSON.stringify({ uuid })
  const sign = (body: string, { secret = 'signature of receipts', application_id = 'app-1', ago = 0 } = {}) =>
    new SignJWT({ payload_hash: createHash('sha256').update(body).digest('hex'), application_id, iss: 'Vonage' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(new Date(Date.now() - ago))
      .sign(Buffer.from(secret))
  type Signing = Parameters<typeof sign>[1] & { hashed?: object }
  const post = async (address: string, event: object, { hashed = event, ...signing }: Signing = {}) => {
    const body = JSON.stringify(event)
    const response = await fetch(server.url + address.slice(ORIGIN.length), {
      ...{ method: 'POST', body },
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await sign(JSON.stringify(hashed), signing)}`,
      },
    })
    return { status: response.status, text: await response.text() }
  }
  // What it tells before its own answer to the call is noted has to be told again.
  far.before = async body => {
    const { event_url } = JSON.parse(body)
    assert.equal((await post(event_url[0], { uuid, status: 'failed' })).status, 503)
  }
  const { id, journey } = await askForCode('officePhone')
  far.before = async () => {}
  const { ncco, event_url } = JSON.parse(far.asked.splice(0)[0]!.body)
  const [receipts, calls] = [event_url[0] as string, ncco[1].eventUrl[0] as string]
  const [, digits = ''] = /(\d(?:, \d){5})/.exec(ncco[0].text)!
  assert.ok(!(receipts + calls).includes(digits.replaceAll(', ', '')))

  const pressed = { uuid, dtmf: { digits: '1', timed_out: false } }
  const press = async (event: object = pressed, signing?: Signing) => {
    const { status, text } = await post(calls, event, signing)
    return [status, text.includes(digits), text.includes('"input"')] as const
  }
  assert.deepEqual(await press(pressed, { secret: 'another' }), [403, false, false])
  assert.deepEqual(await press(pressed, { application_id: 'app-2' }), [403, false, false])
  assert.deepEqual(await press(pressed, { hashed: { uuid, dtmf: { digits: '2' } } }), [403, false, false])
  assert.deepEqual(await press(pressed, { ago: HOUR }), [403, false, false], 'a press that somebody has kept')
  assert.deepEqual(await press({ ...pressed, uuid: uuid.replace('a', 'b') }), [204, false, false], 'another call')
  assert.deepEqual(await press({ ...pressed, dtmf: { digits: '', timed_out: true } }), [204, false, false])
  const all = [await press(), ...(await Promise.all([press(), press(), press()]))]
  assert.deepEqual(all.map(([status, said, offered]) => `${status} ${said} ${offered}`).sort(), [
    '200 true false',
    '200 true true',
    '200 true true',
    '204 false false',
  ])

  const say = async (event: object, signing?: Signing) => (await post(receipts, event, signing)).status
  const failed = { uuid, status: 'unanswered' }
  assert.equal(await say(failed, { secret: 'another' }), 403)
  assert.equal(await say({ ...failed, uuid: uuid.replace('a', 'b') }), 403, 'one of another call')
  assert.equal(await say({ status: 'unanswered' }), 403)
  assert.equal(await say({ uuid, status: 'ringing' }), 204)
  assert.deepEqual(await activities(id), ['message.sent'])
  // Twice, late, and out of order.
  assert.equal(await say(failed, { ago: HOUR }), 204)
  assert.equal(await say(failed), 204)
  assert.equal((await journey()).challenge.delivery, 'failed')
  assert.equal(await say({ uuid, status: 'completed', price: '0.01' }), 204)
  assert.equal(await say(failed), 204)
  assert.deepEqual(await activities(id), ['message.sent', 'message.undelivered', 'message.delivered'])
  far.answer = '{}'
})

test('an own endpoint signs its receipts as it is signed to', async () => {
  far.taking = '/own'
  const { id } = await askForCode('mobilePhone', 'sms')
  const { receipts: address } = JSON.parse(far.asked.splice(0)[0]!.body)
  const at = Math.floor(server.services.clock().getTime() / SECOND)
  const say = (body: string, key = KEY, when = at) =>
    tell(address, body, {
      'content-type': 'application/json',
      ...signWebhook([key], { id: 'r1', at: when, body: body.replace(' ', '') }),
    })
  const delivered = JSON.stringify({ receipts: address, status: 'delivered' })
  assert.equal(await say(delivered, Buffer.from('another').toString('base64')), 403)
  for (const other of [`${address}0`, undefined])
    assert.equal(await say(JSON.stringify({ receipts: other, status: 'delivered' })), 403, 'one of another message')
  assert.equal(await say(`${delivered} `), 403, 'other bytes')
  assert.equal(await say('nonsense'), 403)
  assert.equal(await say(JSON.stringify({ receipts: address, status: 'queued' })), 204)
  assert.deepEqual(await activities(id), ['message.sent'])
  assert.equal(await say(delivered, KEY, at - 60 * 60), 204)
  assert.deepEqual(await activities(id), ['message.sent', 'message.delivered'])
  assert.deepEqual(await failing(), [])
})

test('a message centre tells by its own id, before or after its answer was noted', async () => {
  far.taking = 'nobody'
  centre.taking = true
  const { id, journey } = await askForCode('mobilePhone', 'sms')
  const [session] = [...centre.sessions].slice(-1)
  const text = (state: string) =>
    `id:m-1 sub:001 dlvrd:000 submit date:2611280900 done date:2611280901 stat:${state} err:027 text:x`
  const deliver = (fields: object) =>
    new Promise<number>(resolve =>
      session!.deliver_sm({ source_addr: '1', destination_addr: '2', ...fields }, ({ command_status }) =>
        resolve(command_status),
      ),
    )
  assert.equal(centre.taken[0]?.registered_delivery, 1)
  // A message of a person, and the way of the message, change nothing.
  assert.equal(await deliver({ esm_class: 0, short_message: text('UNDELIV') }), 0)
  assert.equal(await deliver({ esm_class: 4, short_message: text('ENROUTE') }), 0)
  assert.equal((await journey()).challenge.delivery, 'sent')
  assert.equal(await deliver({ esm_class: 4, short_message: text('UNDELIV') }), 0)
  assert.deepEqual((await events(id)).slice(1), [
    { activity: 'message.undelivered', reason: '027', details: { kind: 'code', channel: 'sms' } },
  ])
  assert.equal(await deliver({ esm_class: 4, receipted_message_id: 'm-1', message_state: 2, short_message: '' }), 0)
  assert.deepEqual((await activities(id)).at(-1), 'message.delivered')
  // It comes before the job has noted the id.
  await server.store.pool.query(
    `update latchkey.challenges set gateway_message = null, receipt = null where journey_id = $1`,
    [id],
  )
  const early = deliver({ esm_class: 4, short_message: text('EXPIRED') })
  // By the answers to these it has been looked for in vain.
  for (let time = 0; time < 5; time++) await deliver({ esm_class: 4, short_message: text('ENROUTE') })
  await events(id)
  await server.store.pool.query(`update latchkey.challenges set gateway_message = 'centre m-1' where journey_id = $1`, [
    id,
  ])
  assert.equal(await early, 0)
  assert.equal((await events(id)).filter(({ activity }) => activity === 'message.undelivered').length, 2)
  // The centre has given the same id before: the newest message is meant, and after three days none.
  await server.store.pool.query(
    `update latchkey.challenges set gateway_message = 'centre m-1', receipt = null,
      expires_at = expires_at + case when journey_id = $1 then interval '0' else interval '-1 hour' end where channel = 'sms'`,
    [id],
  )
  let take: Parameters<NonNullable<Gateway['listen']>>[0] = async () => false
  const { db, keys, random, clock } = server.services
  const means = () => ({ now: clock(), random, keys })
  const centreOf = opened.all.find(({ name }) => name === 'centre')!
  listenToGateways(db, means, [
    {
      ...centreOf,
      listen(taking) {
        take = taking
      },
    },
  ])
  server.clock.advance(73 * HOUR)
  assert.equal(await take('m-1', { result: 'delivered' }), false)
  server.clock.advance(-2 * HOUR)
  assert.equal(await take('m-1', { result: 'delivered' }), true)
  const { rows } = await server.store.pool.query(
    `select journey_id from latchkey.challenges where channel = 'sms' and receipt is not null`,
  )
  assert.deepEqual(rows, [{ journey_id: id }])
})
