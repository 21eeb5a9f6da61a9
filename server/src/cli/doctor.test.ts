import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../clock.ts'
import { keyring, systemRandom } from '../crypto/index.ts'
import { createTenant, createUser } from '../directory/index.ts'
import { keepFailures } from '../notifications/index.ts'
import { addPasskey } from '../passkeys/index.ts'
import { prepareDatabase } from '../runtime/purpose.ts'
import { inTenant, openStore } from '../store/index.ts'
import { certificates } from '../testing/certificates.ts'
import { emptyDatabaseUrl } from '../testing/database.ts'
import { mailboxSink } from '../testing/mailbox.ts'
import { nameServer } from '../testing/nameServer.ts'
import { newTrail } from '../testing/people.ts'
import { latchkey } from '../testing/program.ts'
import { gatewaySink, mailSink } from '../testing/sinks.ts'
import { modules } from './command.ts'
import { examine, examineRelated } from './doctor.ts'
import type { Finding } from './finding.ts'

const SECRET = 'kV7dQ2xM9rTzW4nB8sYpL1hG6jFcA3eUoXiRm5wEvZ0='
const OTHER = 'Zp0wE5mRiXoU3eAcF6jG1hLpYs8Bn4WzTr9Mx2QdV7k='

const databaseUrl = await emptyDatabaseUrl()
const store = await openStore({ databaseUrl })
await prepareDatabase(store, keyring([SECRET]), 'production')
test.after(() => store.close())
const mails = await mailSink()
const mailbox = await mailboxSink()
const gateway = await gatewaySink()
const zone = await nameServer()

const well = {
  LATCHKEY_ORIGIN: 'https://id.acme.example',
  LATCHKEY_SECRETS: SECRET,
  LATCHKEY_TRUSTED_PROXIES: '127.0.0.1',
  LATCHKEY_DATA: await mkdtemp(join(tmpdir(), 'latchkey-doctor-')),
  DATABASE_URL: databaseUrl,
  LATCHKEY_DNS: zone.address,
  LATCHKEY_SMTP_URL: mails.url,
  LATCHKEY_MAIL_FROM: 'no-reply@acme.example',
  LATCHKEY_BOUNCES: 'bounces@acme.example',
  LATCHKEY_BOUNCES_MAILBOX: mailbox.url,
  LATCHKEY_SMS_URL: gateway.url,
  LATCHKEY_VOICE_URL: gateway.url,
}
const lines = (findings: Finding[]) => findings.map(({ state, about, text }) => `${state} ${about}: ${text}`)
const problems = async (changes: Record<string, string | undefined>) =>
  lines((await examine({ ...well, ...changes })).filter(({ state }) => state === 'problem'))

test('where all is well each part says so, and nothing is sent', async () => {
  const found = await examine(well)
  assert.deepEqual(lines(found.filter(({ state }) => state === 'problem')), [])
  const parts = ['settings', 'proxies', 'versions', 'database', 'connections', 'clock', 'tables', 'secrets', 'jobs']
  for (const part of [...parts, 'mail', 'returned mails', 'text messages', 'calls'])
    assert.equal(found.find(({ about }) => about === part)?.state, 'ok', part)
  assert.deepEqual([mails.mails.length, gateway.requests.length], [0, 0])
})

test('a database that nothing has made yet is made by nobody', async () => {
  const found = lines(await examine({ ...well, DATABASE_URL: undefined }))
  assert.ok(
    found.some(line => /^warning database: There is no database in .* yet: latchkey start makes it\.$/.test(line)),
  )
  assert.ok(found.some(line => /^(ok|warning) disk: .* GB left/.test(line)))
})

test('each kind of ill health is named, and what is well beside it is still looked at', async t => {
  const refusing = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(Object.assign(new Error('no'), { responseCode: 535 })),
  })
  refusing.listen(0, '127.0.0.1')
  await once(refusing.server, 'listening')
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => {
    refusing.close(() => {})
    silent.close()
  })
  const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port
  const expired = await mailSink({ certificate: certificates.expired, secure: true })
  const socketless = new URL(databaseUrl)
  socketless.searchParams.set('host', '/nowhere')
  const nobody = new URL(databaseUrl)
  nobody.username = 'nobody_of_this_name'
  const cases: [Record<string, string | undefined>, RegExp][] = [
    [{ DATABASE_URL: 'postgres://u:wrong@127.0.0.1:2/x' }, /database: .*cannot be reached \(ECONNREFUSED\)/],
    [{ DATABASE_URL: socketless.href }, /database: .*cannot be reached \(ENOENT\): check DATABASE_URL/],
    [{ DATABASE_URL: nobody.href }, /database: .*cannot be reached \(28\w+\)/],
    [{ DATABASE_URL: await emptyDatabaseUrl() }, /tables: The database lacks 0001_first, .*run latchkey migrate/],
    [{ LATCHKEY_SECRETS: OTHER }, /secrets: .*holds 1, and the database was written with none of them/],
    [{ LATCHKEY_SECRETS: 'short' }, /settings: .*has 5 characters/],
    [{ LATCHKEY_ORIGIN: undefined }, /settings: LATCHKEY_ORIGIN is missing/],
    [{ LATCHKEY_SMTP_URL: 'smtp://127.0.0.1:2' }, /mail: 127\.0\.0\.1:2: ECONNREFUSED\. Nothing listens there/],
    [
      { LATCHKEY_SMTP_URL: `smtp://u:wrong@127.0.0.1:${portOf(refusing.server)}` },
      /mail: .*: 535\. It refuses the user/,
    ],
    [
      { LATCHKEY_SMTP_URL: expired.url.replace('127.0.0.1', '0.0.0.0') },
      /mail: .*: CERT_HAS_EXPIRED\. Its certificate/,
    ],
    [{ LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${portOf(silent)}` }, /mail: .*: timeout\. It takes the connection/],
    [{ LATCHKEY_SMTP_URL: 'smtp://u:p%ss@127.0.0.1' }, /settings: LATCHKEY_SMTP_URL holds a %/],
    [
      { LATCHKEY_BOUNCES_MAILBOX: mailbox.url.replace('bounces:', 'another:') },
      /returned mails: .*: EAUTH\. It refuses the user/,
    ],
    [{ LATCHKEY_SMS_URL: 'http://127.0.0.1:2/' }, /text messages: 127\.0\.0\.1:2: ECONNREFUSED/],
    [{ LATCHKEY_VOICE_URL: 'http://127.0.0.1:2/' }, /calls: 127\.0\.0\.1:2: ECONNREFUSED/],
    [{ LATCHKEY_BREACHED_PASSWORDS: 'file:///nowhere.txt' }, /breached passwords: .*cannot be opened \(ENOENT\)/],
    [{ LATCHKEY_PLACES: '/nowhere.mmdb' }, /places: .*cannot be read \(ENOENT\)/],
  ]
  for (const [changes, expected] of cases) {
    const found = await problems(changes)
    assert.equal(found.length, 1, `${Object.keys(changes)}: ${found.join('\n')}`)
    assert.match(found[0]!, expected)
    assert.doesNotMatch(found[0]!, /wrong|p%ss|kV7d|Zp0w|\n/)
  }
})

test('what waits, what failed, and how secrets are exchanged is told', async () => {
  const keep = keepFailures(store, () => new Date('2026-03-02T09:00:00Z'))
  await keep('email', '535')
  await keep('sms', 'timeout')
  await keep('sms')
  await keepFailures(store, systemClock)('sms', '503', 'north')
  const added = performance.now()
  await store.pool.query("select latchkey_jobs.add_job('deliver-call', run_at := now() - interval '5 minutes')")
  const found = lines(await examine({ ...well, LATCHKEY_SECRETS: `${OTHER},${SECRET}` }))
  const has = (expected: RegExp) =>
    assert.ok(
      found.some(line => expected.test(line)),
      `${expected}: ${found.join('\n')}`,
    )
  has(/^warning mail: It has failed since 2026-03-02T09:00:00\.000Z, last at .*\(535\)\. It refuses the user name/)
  has(/^ok text messages: It last failed at .* \(timeout\), and has worked since /)
  has(/^warning text messages by north: It has failed since .*\(503\)\. It refuses the request/)
  has(/^warning jobs: 1 of deliver-call wait, the oldest for \d+ seconds/)
  const waited = Number(/ the oldest for (\d+) seconds/.exec(found.join())![1])
  assert.ok(waited >= 300 && waited <= 301 + (performance.now() - added) / 1_000, String(waited))
  has(/^warning secrets: LATCHKEY_SECRETS holds 2; the database knows number 2/)
  assert.ok(lines(await examine(well)).some(line => /^ok seals: Values by secret: number 1: \d+\.$/.test(line)))
})

test('passkeys that work no more are counted by the domain that they were made for', async () => {
  const means = { now: new Date(), random: systemRandom, keys: keyring([SECRET]) }
  const act = { ...means, actor: { kind: 'system' }, trail: newTrail() } as const
  for (const [domain, rpIds] of [
    ['one.example', ['id.acme.example', 'login.former.example']],
    ['two.example', ['login.former.example', 'localhost']],
  ] as const) {
    const tenantId = systemRandom.uuid(means.now)
    await inTenant(store, tenantId, async trx => {
      await createTenant(trx, act, tenantId, { displayName: domain, domain })
      const person = { displayName: 'Some Person', userPrincipalName: `somebody@${domain}` }
      const { id: userId } = await createUser(trx, act, tenantId, person)
      for (const rpId of rpIds)
        await addPasskey(
          trx,
          means,
          { tenantId, userId },
          {
            ...{ credentialId: randomBytes(16).toString('base64url'), publicKey: randomBytes(8), signCount: 0 },
            ...{
              aaguid: systemRandom.uuid(means.now),
              transports: [],
              maySync: false,
              synced: false,
              rpId,
              name: null,
              byPassword: false,
            },
          },
        )
    })
  }
  const told = async (changes: Record<string, string>) =>
    lines((await examine({ ...well, ...changes })).filter(({ about }) => about === 'passkeys')).sort()
  const [lost] = await told({})
  assert.match(lost!, /^warning passkeys: They are used for id\.acme\.example\. Of 4 on record, these work no more: /)
  for (const count of ['2 for login.former.example', '1 for localhost']) assert.ok(lost!.includes(count), lost)
  const [unreached, moved] = await told({ LATCHKEY_FORMER_ORIGIN: 'https://login.former.example' })
  assert.match(unreached!, /^problem passkeys: .*https:\/\/login\.former\.example\/\.well-known\/webauthn names https:/)
  assert.match(moved!, /^warning passkeys: They are used for login\.former\.example\. .*: 1 for id\.acme\.example/)
  await store.pool.query("delete from latchkey.passkeys where rp_id <> 'id.acme.example'")
  assert.deepEqual(await told({}), ['ok passkeys: 1 are on record, all for id.acme.example.'])
})

test('a former host vouches for the new origin with a document that names it', async t => {
  let answer: [number, string] = [200, '']
  const host = createHttpServer((_request, response) => {
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(answer[1])
  }).listen(0, '127.0.0.1')
  await once(host, 'listening')
  t.after(() => host.close())
  const { port } = host.address() as { port: number }
  const related = async (address = `http://127.0.0.1:${port}/.well-known/webauthn`) =>
    lines([await examineRelated(await modules('notifications'), address, 'https://id.acme.example')])[0]!
  answer = [200, '{"origins":["https://id.acme.example"]}']
  assert.match(await related(), /^ok passkeys: .* names https:\/\/id\.acme\.example\.$/)
  for (const wrong of [
    '{"origins":["https://elsewhere.example"]}',
    '{"origins":"https://id.acme.example"}',
    '[]',
    'null',
    'no',
  ])
    for (const status of [200, 404]) {
      answer = [status, status === 404 ? '{"origins":["https://id.acme.example"]}' : wrong]
      assert.match(await related(), /^problem passkeys: .*It does not: have the former host answer/)
    }
  assert.match(await related('http://127.0.0.1:2/'), /^problem passkeys: .*(ECONNREFUSED|unforeseen)\./)
})

test('a test message goes to whom it was asked for', async () => {
  const found = await examine(well, { sendTo: 'operator@mail.example', smsTo: '+12065550110' })
  assert.equal(found.filter(({ text }) => /has taken the test/.test(text)).length, 2)
  assert.deepEqual(mails.mails.pop()?.to, ['operator@mail.example'])
  assert.equal((gateway.requests.pop()!.body as { to: string }).to, '+12065550110')
  assert.equal(gateway.requests.length, 0, 'nobody is called')
})

test('each named gateway is reached, and tried where it sends text messages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-doctor-'))
  const path = join(folder, 'gateways.json')
  await writeFile(join(folder, 'secret'), 'c2VjcmV0')
  const write = (order: string[]) =>
    writeFile(
      path,
      JSON.stringify({
        gateways: {
          near: { kind: 'webhook', url: gateway.url, secretFile: 'secret' },
          away: { kind: 'smpp', url: 'smpp://127.0.0.1:2', systemId: 'u', secretFile: 'secret', from: 'Acme' },
        },
        sms: { order },
      }),
    )
  const named = { ...well, LATCHKEY_SMS_URL: undefined, LATCHKEY_VOICE_URL: undefined, LATCHKEY_GATEWAYS: path }
  const told = async () =>
    lines(await examine(named, { smsTo: '+12065550110' })).filter(line => /gateways:|calls:/.test(line))
  await write(['near', 'away'])
  assert.deepEqual(await told(), [
    'warning calls: LATCHKEY_GATEWAYS names no gateway for them: no calls can be sent.',
    `ok gateways: near (${new URL(gateway.url).host}) takes the connection; nothing was sent.`,
    'ok gateways: near has taken the test.',
    'problem gateways: away (127.0.0.1:2): ECONNREFUSED. Nothing listens there: check host and port in the URL, and firewalls between.',
  ])
  assert.equal(gateway.requests.splice(0).length, 1)
  await write(['west'])
  assert.deepEqual(await told(), [
    `problem gateways: LATCHKEY_GATEWAYS (${path}): sms names "west", which is none of the gateways.`,
  ])
})

test('the command ends with 1 where something is wrong, with 2 where it was typed wrongly, and else with 0', async () => {
  const [fine, wrong, typed] = await Promise.all([
    latchkey(well, 'doctor'),
    latchkey({ ...well, LATCHKEY_SMS_URL: 'http://127.0.0.1:2/' }, 'doctor'),
    latchkey(well, 'doctor', '--sms-to', '5550110'),
  ])
  assert.deepEqual([fine.code, wrong.code, typed.code], [0, 1, 2], fine.out)
  assert.match(fine.out, /^ok {7}settings +Every setting can be read\.\n/)
  assert.match(wrong.out, /^problem {2}text messages +127\.0\.0\.1:2: ECONNREFUSED\./m)
})

test('each resolver that domains are proven by is asked', async () => {
  const { address } = await nameServer()
  const found = await examine({ ...well, LATCHKEY_DNS: `${address},127.0.0.1:1` })
  assert.deepEqual(
    found.filter(({ about }) => about === 'dns').map(({ state, text }) => [state, text.split(' ')[0]]),
    [
      ['ok', address],
      ['problem', '127.0.0.1:1'],
    ],
  )
})

test('what receivers find of the sender’s domain is told: SPF, the key that signs, and DMARC of the domain or above', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const path = join(well.LATCHKEY_DATA, 'dkim.pem')
  await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const env = { ...well, LATCHKEY_DKIM_KEY: path, LATCHKEY_MAIL_FROM: 'no-reply@mail.acme.example' }
  const told = async (changes = {}) =>
    lines((await examine({ ...env, ...changes })).filter(({ about }) => /^(SPF|DKIM|DMARC)$/.test(about)))
  const [spf, dkim, dmarc] = await told()
  assert.match(spf!, /^warning SPF: mail\.acme\.example has no SPF record/)
  assert.match(dkim!, /^problem DKIM: latchkey\._domainkey\.mail\.acme\.example has no key, .*v=DKIM1; k=rsa; p=MII/)
  assert.match(dmarc!, /^warning DMARC: _dmarc\.mail\.acme\.example has no DMARC record/)

  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  zone.texts['mail.acme.example'] = [['other'], ['v=spf1 mx ', '-all']]
  zone.texts['latchkey._domainkey.mail.acme.example'] = [['v=DKIM1; p=', der.slice(0, 200), der.slice(200)]]
  zone.texts['_dmarc.acme.example'] = [['v=DMARC1; p=reject']]
  assert.deepEqual(await told(), [
    'ok SPF: mail.acme.example says v=spf1 mx -all.',
    'ok DKIM: latchkey._domainkey.mail.acme.example has the key that signs mails.',
    'ok DMARC: _dmarc.acme.example says v=DMARC1; p=reject.',
  ])

  zone.texts['mail.acme.example'] = [['v=spf1 mx -all'], ['v=spf1 -all']]
  zone.texts['latchkey._domainkey.mail.acme.example'] = [['v=DKIM1; p=MIIB']]
  zone.faults['_dmarc.mail.acme.example'] = 'servfail'
  const [two, other, silent] = await told()
  assert.match(two!, /^problem SPF: .* has 2 SPF records/)
  assert.match(other!, /^problem DKIM: .* has another key/)
  assert.match(silent!, /^warning DMARC: The DNS did not tell/)
  assert.match((await told({ LATCHKEY_DKIM_KEY: undefined }))[1]!, /^ok DKIM: LATCHKEY_DKIM_KEY is not set/)
})
