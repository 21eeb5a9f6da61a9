import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SECOND } from '../clock.ts'
import { authority, certificates } from '../testing/certificates.ts'
import { testDatabase } from '../testing/database.ts'
import { gatewaySink, mailSink } from '../testing/sinks.ts'
import { failureClass, findFailures, gatewaySender, keepFailures, type Message, smtpSender, telling } from './index.ts'

const FROM = 'no-reply@acme.example'
const message: Message = {
  channel: 'email',
  kind: 'code',
  to: 'reader@mail.example',
  from: 'Acme',
  text: 'A text',
  language: 'en',
}
/** Why a mail through this URL is not taken; undefined where it is. */
const refusal = (url: string) =>
  smtpSender({ url, from: FROM })
    .send(message)
    .then(
      () => undefined,
      ({ code }) => code as string,
    )
/** The same server by an address that is not known to be this machine. */
const away = (url: string) => url.replace('127.0.0.1', '0.0.0.0')
const withQuery = (url: string, name: string, value: string) => `${url}?${new URLSearchParams({ [name]: value })}`

const folder = await mkdtemp(join(tmpdir(), 'latchkey-mail-'))
await writeFile(join(folder, 'ca.pem'), authority)

test('on this machine any certificate will do, and none is needed', async () => {
  for (const secure of [false, true])
    for (const [name, certificate] of Object.entries(certificates)) {
      const { url, mails } = await mailSink({ certificate, secure })
      assert.equal(await refusal(url), undefined, `${name} ${secure}`)
      assert.equal(mails.length, 1)
    }
  assert.equal(await refusal((await mailSink()).url), undefined)
})

test('elsewhere a certificate has to be valid, by a public authority, a named one, or its own fingerprint', async () => {
  const why = {
    good: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    other: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    expired: 'CERT_HAS_EXPIRED',
    self: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  }
  const byAuthority = {
    good: undefined,
    other: 'ERR_TLS_CERT_ALTNAME_INVALID',
    expired: 'CERT_HAS_EXPIRED',
    self: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  }
  const other = new X509Certificate(certificates.other).fingerprint256
  for (const secure of [false, true])
    for (const name of ['good', 'other', 'expired', 'self'] as const) {
      const { url, mails } = await mailSink({ certificate: certificates[name], secure })
      assert.equal(await refusal(away(url)), why[name], name)
      assert.equal(await refusal(withQuery(away(url), 'ca', join(folder, 'ca.pem'))), byAuthority[name], name)
      const own = new X509Certificate(certificates[name]).fingerprint256
      for (const written of [own, `SHA256:${own}`, own.replaceAll(':', '').toLowerCase()])
        assert.equal(await refusal(withQuery(away(url), 'fingerprint', written)), undefined, name)
      const strange = name === 'other' ? undefined : 'ERR_TLS_OTHER_FINGERPRINT'
      assert.equal(await refusal(withQuery(away(url), 'fingerprint', other)), strange, name)
      assert.equal(await refusal(withQuery(url, 'fingerprint', other)), strange, 'what was named holds here too')
      const taken = (byAuthority[name] ? 0 : 1) + 3 + (strange ? 0 : 2)
      assert.equal(mails.length, taken, `${name}: nothing is sent before the certificate was judged`)
    }
  const plain = await mailSink()
  assert.equal(failureClass((await refusal(away(plain.url)))!), 'tls')
  assert.equal(plain.mails.length, 0)
})

test('each failure outside is told with its code, and the last of each channel is kept with its beginning and its end', async () => {
  const store = await testDatabase()
  let now = Date.parse('2026-03-02T09:00:00Z')
  const keep = keepFailures(store, () => new Date(now))
  const told: string[] = []
  const mails = await mailSink()
  const gateway = await gatewaySink()
  const senders = telling(
    {
      email: smtpSender({ url: mails.url, from: FROM }),
      sms: gatewaySender(gateway.url),
      voice: gatewaySender('http://127.0.0.1:2/call'),
    },
    async (outside, code) => {
      told.push(`${outside} ${code ?? 'fine'}`)
      await keep(outside, code)
    },
  )
  const send = (channel: 'email' | 'sms' | 'voice') => senders[channel]!.send({ ...message, channel }).catch(() => {})
  assert.deepEqual(await findFailures(store), {})
  mails.refuseWith = 451
  await send('email')
  now += 20 * SECOND
  mails.refuseWith = 550
  await send('email')
  gateway.answerWith = 503
  await send('sms')
  gateway.answerWith = 302
  await send('sms')
  await send('voice')
  const [first, then] = ['2026-03-02T09:00:00.000Z', '2026-03-02T09:00:20.000Z']
  const failing = {
    email: { code: '550', since: first, at: then },
    sms: { code: 'redirect', since: then, at: then },
    voice: { code: 'ECONNREFUSED', since: then, at: then },
  }
  assert.deepEqual(await findFailures(store), failing)
  now += 20 * SECOND
  mails.refuseWith = undefined
  await send('email')
  await send('email')
  const over = '2026-03-02T09:00:40.000Z'
  assert.deepEqual((await findFailures(store)).email, { ...failing.email, over })
  // A server that starts later knows of no failure, and finds the end that is noted.
  await keepFailures(store, () => new Date(now + 10 * SECOND))('email')
  assert.deepEqual((await findFailures(store)).email, { ...failing.email, over })
  now += 20 * SECOND
  mails.refuseWith = 421
  await send('email')
  const again = '2026-03-02T09:01:00.000Z'
  assert.deepEqual((await findFailures(store)).email, { code: '421', since: again, at: again })
  assert.deepEqual(told, [
    'email 451',
    'email 550',
    'sms 503',
    'sms redirect',
    'voice ECONNREFUSED',
    'email fine',
    'email fine',
    'email 421',
  ])
})

test('codes are told apart by what an operator has to look at', () => {
  const classes = ['timeout', '535', '403', '451', '503', 'CERT_HAS_EXPIRED', 'ETLS', 'ENOTFOUND', 'ECONNREFUSED']
  assert.deepEqual(classes.map(failureClass), [
    'timeout',
    'credentials',
    'credentials',
    'refused',
    'refused',
    'tls',
    'tls',
    'name',
    'unreachable',
  ])
})
