import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { DAY } from '../clock.ts'
import { inTenant, removeDue } from '../store/index.ts'
import { meansAt, readNotices, stage } from '../testing/people.ts'
import { gatewaySink, mailSink, readersOf } from '../testing/sinks.ts'
import { loadWords } from '../words/index.ts'
import { oldNotices } from './expiry.ts'
import { codeMessage, gatewaySender, type Message, queueNotices, SendError, sendNotice, smtpSender } from './index.ts'
import type { Notice } from './outbox.ts'
import { noticeMessage } from './templates/accountNotice.ts'
import { requestMessage } from './templates/request.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const words = loadWords()
const ORIGIN = 'https://id.acme.example'
const mails = await mailSink()
const gateway = await gatewaySink()
const email = smtpSender({ url: mails.url, from: 'no-reply@acme.example' })

const variables = {
  organization: 'Acme',
  username: 'person@acme.example',
  at: '2026-03-02T09:00:00.000Z',
  address: '192.0.2.7',
}
const notice: Notice = { to: 'reader@mail.example', language: 'fr', template: 'password_reset', variables }

async function queue(...notices: Notice[]) {
  const ids: string[] = []
  await inTenant(store, acme, async trx => {
    const before = await trx.selectFrom('notices').select('id').where('tenant_id', '=', acme).execute()
    await queueNotices(trx, meansAt(), notices)
    const after = await trx.selectFrom('notices').select('id').where('tenant_id', '=', acme).execute()
    ids.push(...after.map(({ id }) => id).filter(id => !before.some(one => one.id === id)))
  })
  return ids
}
const send = (noticeId: string, senders = { email }, at = 0, attempts = 1) =>
  sendNotice(store, meansAt(at), { words, senders, origin: ORIGIN }, { tenantId: acme, noticeId, attempts })
const row = (id: string) =>
  inTenant(store, acme, trx =>
    trx
      .selectFrom('notices')
      .select(['sent_at', 'failed_at'])
      .where('tenant_id', '=', acme)
      .where('id', '=', id)
      .executeTakeFirstOrThrow(),
  )
const message = (more: Partial<Message>): Message => ({
  channel: 'email',
  kind: 'notice',
  to: 'reader@mail.example',
  from: 'Acme',
  subject: 'A subject',
  text: 'A text',
  language: 'en',
  ...more,
})

test('a notice is queued with its act, sent once, in its reader’s language', async () => {
  const failing = inTenant(store, acme, async trx => {
    await queueNotices(trx, meansAt(), [notice])
    throw new Error('the act failed')
  })
  await assert.rejects(failing, /the act failed/)
  assert.deepEqual(await readNotices(store, acme), [])

  const [id] = await queue(notice)
  const { rows } = await store.pool.query(
    "select payload::text from latchkey_jobs._private_jobs where payload::text like '%' || $1 || '%'",
    [id],
  )
  assert.equal(rows.length, 1)
  assert.deepEqual(JSON.parse(rows[0].payload), { tenantId: acme, noticeId: id }, 'a job holds ids alone')
  await send(id!)
  await send(id!)
  assert.equal(mails.mails.length, 1)
  const mail = mails.mails.pop()!
  assert.deepEqual(
    [mail.from, mail.to, readersOf(mail)],
    ['no-reply@acme.example', ['reader@mail.example'], ['reader@mail.example']],
  )
  assert.equal(mail.parsed.subject, words.in('fr').t('messages.notice.password_reset.subject', variables))
  assert.match(mail.parsed.text ?? '', /person@acme\.example/)
  assert.equal(mail.parsed.headers.get('auto-submitted'), 'auto-generated')
  assert.equal(mail.parsed.headers.get('content-language'), 'fr')
  assert.ok((await row(id!)).sent_at)
})

test('a mail server that is busy is tried again, one that says never is not', async () => {
  const [id] = await queue(notice)
  mails.refuseWith = 451
  await assert.rejects(send(id!), (error: unknown) => error instanceof SendError && !error.final)
  assert.deepEqual(await row(id!), { sent_at: null, failed_at: null })
  mails.refuseWith = 535
  await assert.rejects(send(id!, { email }, 0, 2), (error: unknown) => error instanceof SendError && !error.final)
  mails.refuseWith = 550
  await send(id!)
  mails.refuseWith = undefined
  assert.ok((await row(id!)).failed_at)
  await send(id!)
  assert.equal(mails.mails.length, 0)
  const [without] = await queue(notice)
  await sendNotice(store, meansAt(), { words, senders: {}, origin: ORIGIN }, { tenantId: acme, noticeId: without! })
  assert.ok((await row(without!)).failed_at)
  const [late] = await queue(notice)
  mails.refuseWith = 451
  await assert.rejects(send(late!, { email }, 3 * DAY - 1))
  await send(late!, { email }, 3 * DAY)
  mails.refuseWith = undefined
  assert.ok((await row(late!)).failed_at)
  const told = async (activity: string) => {
    const text =
      'select reason, details, target_name from latchkey.audit_events where activity = $1 order by reason desc, at'
    return (await store.pool.query(text, [activity])).rows
  }
  const rows = await told('message.failed')
  assert.deepEqual(
    (await told('message.delayed')).map(({ reason, details }) => [reason, details.kind, details.gateway]),
    Array(2).fill(['mail server: 451', 'notice', '127.0.0.1']),
    'after the first try of each',
  )
  assert.deepEqual(
    rows,
    ['mail server: not set', 'mail server: 550', 'mail server: 451'].map(reason => ({
      reason,
      details: {
        kind: 'notice',
        channel: 'email',
        ...(reason !== 'mail server: not set' && { gateway: '127.0.0.1' }),
      },
      target_name: null,
    })),
  )
})

test('wrong credentials are tried again: an operator puts them right', async t => {
  const server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(Object.assign(new Error('no'), { responseCode: 535 })),
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.after(() => new Promise<void>(resolve => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  const stranger = smtpSender({ url: `smtp://latchkey:wrong@127.0.0.1:${port}`, from: 'no-reply@acme.example' })
  await assert.rejects(stranger.send(message({})), { name: 'SendError', message: 'mail server: 535', final: false })
})

test('no mail goes to another machine in the clear', async () => {
  // This address reaches the same server, and does not count as this machine.
  const away = smtpSender({ url: mails.url.replace('127.0.0.1', '0.0.0.0'), from: 'no-reply@acme.example' })
  await assert.rejects(away.send(message({})), SendError)
  assert.equal(mails.mails.length, 0)
})

test('a notice that was sent or given up is removed after 30 days, one that waits is not', async () => {
  const [waiting, sent, failed] = await queue(notice, notice, notice)
  await send(sent!)
  mails.mails.splice(0)
  await sendNotice(store, meansAt(), { words, senders: {}, origin: ORIGIN }, { tenantId: acme, noticeId: failed! })
  const left = async (at: number) => {
    await removeDue(store, meansAt(at), [oldNotices])
    const rows = await inTenant(store, acme, trx =>
      trx.selectFrom('notices').select('id').where('tenant_id', '=', acme).execute(),
    )
    return [waiting, sent, failed].map(id => rows.some(one => one.id === id))
  }
  assert.deepEqual(await left(30 * DAY - 1), [true, true, true])
  assert.deepEqual(await left(30 * DAY), [true, false, false])
  // A notice whose job was lost stays for another month, so that operators can look into it.
  assert.deepEqual(await left(60 * DAY), [false, false, false])
})

test('a mail server that is not there is an error without the address', async () => {
  const gone = smtpSender({ url: 'smtp://127.0.0.1:1', from: 'no-reply@acme.example' })
  await assert.rejects(gone.send(message({})), (error: unknown) => {
    assert.ok(error instanceof SendError && !error.final)
    assert.doesNotMatch(error.message, /reader|A text/)
    return true
  })
})

test('lesson 32: whatever a name or subject holds, a mail has one reader and no further header', async () => {
  await email.send(
    message({
      from: 'Acme"\r\nBcc: other@mail.example',
      subject: 'Subject\r\nBcc: other@mail.example\r\n\r\nbody',
      text: 'a\r\n.\r\nRCPT TO:<other@mail.example>\r\n',
    }),
  )
  const mail = mails.mails.pop()!
  assert.deepEqual(mail.to, ['reader@mail.example'])
  assert.deepEqual(readersOf(mail), ['reader@mail.example'])
  assert.equal(mail.parsed.bcc, undefined)
  assert.match(mail.parsed.text ?? '', /RCPT TO/)
  // A list never gets this far. If it did, it would still not reach two readers.
  await email.send(message({ to: 'reader@mail.example, other@mail.example' })).catch(() => {})
  for (const { to } of mails.mails.splice(0)) assert.ok(!to.includes('other@mail.example') || to.length === 1)
})

test('a gateway gets number, text and language as JSON, and its credentials in the header alone', async () => {
  const url = new URL(gateway.url)
  url.username = 'a user'
  url.password = 'p@ss:word'
  const sender = gatewaySender(url.href)
  await sender.send(message({ channel: 'sms', to: '+12065550110', text: 'コード', language: 'ja' }))
  assert.deepEqual(gateway.requests.pop(), {
    method: 'POST',
    body: { to: '+12065550110', text: 'コード', language: 'ja' },
    authorization: `Basic ${Buffer.from('a user:p@ss:word').toString('base64')}`,
  })
  for (const [status, final] of [
    [400, true],
    [404, true],
    [429, false],
    [500, false],
    [503, false],
  ] as const) {
    gateway.answerWith = status
    await assert.rejects(sender.send(message({ channel: 'sms', to: '+12065550110' })), (error: unknown) => {
      assert.ok(error instanceof SendError)
      assert.equal(error.final, final, String(status))
      assert.doesNotMatch(error.message, /2065550110|p@ss/)
      return true
    })
  }
  gateway.answerWith = 202
  // What it cost is told exactly or not at all, and a strange answer never has the message sent again.
  const number = message({ channel: 'sms', to: '+12065550110' })
  for (const [answer, cost] of [
    ['{"cost":"0.0450","currency":"EUR"}', { cost: '0.0450', currency: 'EUR' }],
    ['{"cost":3,"currency":"JPY"}', { cost: '3', currency: 'JPY' }],
    ['{"cost":"3"}', undefined],
    ['{"cost":"-3","currency":"EUR"}', undefined],
    ['{"cost":"1e9","currency":"EUR"}', undefined],
    ['{"cost":3,"currency":"euro"}', undefined],
    ['null', undefined],
    ['queued', undefined],
    [`{"cost":3,"currency":"JPY","more":"${'x'.repeat(20_000)}"}`, undefined],
  ] as const) {
    gateway.answer = answer
    assert.deepEqual(await sender.send(number), { cost }, answer.slice(0, 40))
  }
  gateway.answer = '{}'
})

test('lesson 57: a gateway that points elsewhere takes neither number nor code there', async () => {
  gateway.requests.length = 0
  const sender = gatewaySender(gateway.url)
  for (const status of [301, 302, 303, 307, 308]) {
    gateway.answerWith = status
    await assert.rejects(sender.send(message({ channel: 'sms', to: '+12065550110' })), SendError)
  }
  gateway.answerWith = 202
  assert.equal(gateway.requests.length, 5, 'each was asked once')
})

test('a code by mail says which page asked for it', () => {
  for (const language of ['en', 'fr', 'ja'] as const) {
    const locale = words.in(language)
    const about = { organization: 'Acme', code: '012345', seconds: 300 }
    const byReset = codeMessage(locale, 'email', { ...about, origin: ORIGIN, askedBy: 'reset' }).text
    const bySession = codeMessage(locale, 'email', { ...about, origin: ORIGIN, askedBy: 'session' }).text
    assert.ok(byReset.includes(locale.t('messages.code.askedBy.reset', { organization: 'Acme' })))
    assert.ok(bySession.includes(locale.t('messages.code.askedBy.session', { organization: 'Acme' })))
  }
})

test('a text message with a code fits into one part of 160 letters where the language allows it', () => {
  // The letters of GSM 03.38 that these sentences may use; any other makes parts of 70.
  const gsm = /^[\w \n@£$¥èéùìòÇØøÅåÆæßÉ!"#%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà]*$/
  for (const language of ['en', 'fr'] as const) {
    const origin = 'https://reset.example.com'
    const about = { organization: 'Acme', code: '012345', seconds: 300, origin, askedBy: 'reset' } as const
    const { text } = codeMessage(words.in(language), 'sms', about)
    assert.match(text, gsm)
    assert.ok(text.startsWith('012345'), 'a glance is enough')
    assert.ok(text.length <= 160, `${text.length}`)
  }
})

test('whatever digits an organization’s name holds, the code is found: it comes first, and a text message ends with it', () => {
  for (const organization of ['1234567 Canada Inc.', '654321', '@evil.example #999999', 'Studio 246810 @ 135790'])
    for (const language of ['en', 'fr', 'ja'] as const) {
      const about = { organization, code: '012345', seconds: 300, askedBy: 'reset' } as const
      const made = (channel: 'sms' | 'email', origin = ORIGIN) =>
        codeMessage(words.in(language), channel, { ...about, origin })
      const { text } = made('sms')
      assert.equal(/\d{6,}/.exec(text)?.[0], '012345', `${language} ${organization}`)
      assert.equal(text.split('\n').at(-1), '@id.acme.example #012345')
      assert.ok(made('sms', 'http://localhost:8080').text.endsWith('\n@localhost #012345'), 'a port is no part of it')
      const mail = made('email')
      assert.ok(mail.subject?.startsWith('012345'), mail.subject)
      assert.equal(/\d{6,}/.exec(mail.text)?.[0], '012345', `${language} ${organization}`)
    }
})

test('no message holds six digits in a row but the code, in any language', () => {
  for (const language of ['en', 'fr', 'ja'] as const) {
    const locale = words.in(language)
    const runs = (text: string) => text.match(/\d{6,}/g) ?? []
    for (const channel of ['email', 'sms'] as const) {
      const { text, subject = '' } = codeMessage(locale, channel, {
        organization: 'Acme',
        code: '012345',
        seconds: 300,
        origin: ORIGIN,
        askedBy: 'reset',
      })
      assert.deepEqual(runs(text), channel === 'sms' ? ['012345', '012345'] : ['012345'], `${language} ${channel}`)
      assert.deepEqual(runs(subject), channel === 'email' ? ['012345'] : [], 'a subject saves opening the mail')
    }
    const spoken = { organization: 'Acme', code: '012345', seconds: 300, origin: ORIGIN, askedBy: 'session' } as const
    const { text } = codeMessage(locale, 'voice', spoken)
    assert.equal(text.split('0, 1, 2, 3, 4, 5').length, 3, 'said twice')
    assert.deepEqual(runs(text), [])
    const asked = { ...variables, proved: 'email,mobilePhone', supportCode: 'ABCDEFGHJK', refusal: 'SSPR_0010' }
    const request = requestMessage(locale, asked, undefined)
    assert.deepEqual(runs(request.text), [])
    assert.match(request.text, /192\.0\.2\.7/)
    assert.match(request.text, /SSPR_0010/)
    assert.match(request.text, /(?<!\d)9[:h時]|09:00/, 'it says when')
    assert.doesNotMatch(request.text + request.subject, /\{\{|messages\.|undefined/)
    assert.match(request.text, /ABCDEFGHJK/)
    assert.match(request.subject ?? '', /person@acme\.example/)
    for (const template of [
      'password_changed',
      'password_set_late',
      'security_info_removed',
      'account_unlocked',
      'activity_reported',
      'account_reported',
      'administrator_reset',
    ] as const) {
      const reported = { reported: 'reset.finished', reportedAt: variables.at, reportedFrom: '198.51.100.9' }
      const about = { ...variables, kind: 'email', browser: 'Firefox', system: 'Windows' }
      const made = noticeMessage(
        locale,
        { template, variables: template.endsWith('reported') ? { ...about, ...reported } : about },
        ORIGIN,
        undefined,
      )
      assert.deepEqual(runs(made.text), [])
      assert.match(made.text, /192\.0\.2\.7/)
      assert.match(made.text, /Firefox.*Windows/)
      assert.match(made.text, /(?<!\d)0?9:00 UTC/, 'it says when, to the minute')
      const forOwner = template !== 'account_reported' && template !== 'administrator_reset'
      const [link] = /https?:\S+/.exec(made.text) ?? []
      // After a report its owner may be unable to sign in, so the mail leads to a reset.
      const leadsTo = template === 'activity_reported' ? '/reset?username=person%40acme.example' : '/account/activity'
      assert.equal(link, forOwner ? ORIGIN + leadsTo : undefined)
      assert.equal(made.text.includes('198.51.100.9'), template.endsWith('reported'))
      assert.doesNotMatch(made.text + made.subject, /\{\{|messages\.|undefined/)
    }
  }
})
