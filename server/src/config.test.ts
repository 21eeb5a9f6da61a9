// This file is long because every setting has its right and its wrong values here.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import {
  ConfigError,
  type Environment,
  findMistakes,
  readConfig,
  readDemoConfig,
  readOperatorSecrets,
  readStorage,
} from './config.ts'
import { loadTraces } from './http/index.ts'
import { settings } from './settings.ts'

const SECRET = 'kV7dQ2xM9rTzW4nB8sYpL1hG6jFcA3eUoXiRm5wEvZ0='
const least: Environment = { LATCHKEY_ORIGIN: 'https://id.contoso.example', LATCHKEY_SECRETS: SECRET }

/** The sentence that refuses the least configuration with these changes. */
function refusal(changes: Environment): string {
  try {
    readConfig({ ...least, ...changes })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return assert.fail(`accepted ${JSON.stringify(changes)}`)
}

test('traces are exported where OpenTelemetry’s variables name an address, as many as its sampler takes', async () => {
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
  assert.equal(readConfig({ ...least, ...collector }).traces, true)
  assert.equal(readConfig({ ...least, ...collector, OTEL_SDK_DISABLED: 'true' }).traces, false)
  assert.match(refusal({ OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' }), /^OTEL_EXPORTER_OTLP_ENDPOINT is no URL/)
  const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_always_off', OTEL_TRACES_SAMPLER_ARG: '0.1' }
  assert.equal(readConfig({ ...least, ...collector, ...sampled }).traces, true)
  const { samplerOf } = await loadTraces()
  const decide = (name: string, share?: string) => {
    const sampler = samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share })
    return sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ce929d0e0e4736', 'GET', SpanKind.SERVER, {}, [])
      .decision
  }
  for (const name of ['always_off', 'parentbased_always_off']) assert.equal(decide(name), 0, name)
  for (const name of ['', 'always_on', 'parentbased_always_on', 'traceidratio']) assert.equal(decide(name), 2, name)
  assert.equal(decide('parentbased_traceidratio', '0'), 0)
  assert.match(refusal({ ...collector, OTEL_TRACES_SAMPLER: 'zipkin' }), /^OTEL_TRACES_SAMPLER is one of always_on, /)
  assert.match(refusal({ ...collector, OTEL_TRACES_SAMPLER_ARG: '10%' }), /^OTEL_TRACES_SAMPLER_ARG is a number from 0/)
})

test('origin and secrets are enough to start, and the rest has its defaults', () => {
  const config = readConfig(least)
  assert.deepEqual(
    { ...config, dataFolder: undefined },
    {
      databaseUrl: undefined,
      directUrl: undefined,
      dataFolder: undefined,
      demo: false,
      listen: { host: '127.0.0.1', port: 8080 },
      secureListen: undefined,
      metricsListen: undefined,
      traces: false,
      origin: 'https://id.contoso.example',
      passkeyRpId: undefined,
      secrets: [SECRET],
      smtp: undefined,
      bounceMailbox: undefined,
      smsUrl: undefined,
      voiceUrl: undefined,
      gateways: undefined,
      breachedPasswords: undefined,
      places: undefined,
      trustedProxies: [],
      privateTargets: [],
      dns: [],
      tenantSuffix: undefined,
      operatorTenant: undefined,
      signup: { open: 'closed', persons: false, perDay: 500 },
      roles: ['web', 'worker'],
      captcha: true,
      floodLimits: true,
      apiLimits: true,
      logLevel: 'info',
    },
  )
  assert.equal(readStorage({ LATCHKEY_DATA: '/srv/latchkey' }).dataFolder, '/srv/latchkey')
})

test('every setting is read', () => {
  const config = readConfig({
    ...least,
    DATABASE_URL: 'postgres://latchkey:pw@db.contoso.example/latchkey',
    LATCHKEY_LISTEN: '[::1]:9000',
    LATCHKEY_SECRETS: `${SECRET}, ${SECRET.toLowerCase()}`,
    LATCHKEY_SMTP_URL: 'smtps://user:pw@mail.contoso.example:465',
    LATCHKEY_BOUNCES: 'bounces@contoso.example',
    LATCHKEY_BOUNCES_MAILBOX: 'imap://user:p%40w@mail.contoso.example/Returned%20mails',
    LATCHKEY_MAIL_FROM: 'no-reply@contoso.example',
    LATCHKEY_SMS_URL: 'https://user:pw@sms.contoso.example/send',
    LATCHKEY_VOICE_URL: 'http://127.0.0.1:9999/call',
    LATCHKEY_BREACHED_PASSWORDS: 'https://breached.contoso.example/range/',
    LATCHKEY_PLACES: '/srv/GeoLite2-City.mmdb',
    LATCHKEY_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,192.0.2.7',
    LATCHKEY_PRIVATE_TARGETS: '10.1.0.0/16,fd00::7',
    LATCHKEY_DNS: '192.0.2.53, [2001:db8::53]:5353,2001:db8::54,127.0.0.1:5300',
    LATCHKEY_TENANT_SUFFIX: 'id.contoso.example',
    LATCHKEY_ROLES: 'worker',
    LATCHKEY_CAPTCHA: 'off',
    LATCHKEY_FLOOD_LIMITS: 'off',
    LATCHKEY_API_LIMITS: 'off',
    LATCHKEY_LOG_LEVEL: 'debug',
  })
  assert.equal(config.databaseUrl, 'postgres://latchkey:pw@db.contoso.example/latchkey')
  assert.deepEqual(config.listen, { host: '::1', port: 9000 })
  assert.deepEqual(config.secrets, [SECRET, SECRET.toLowerCase()])
  assert.deepEqual(config.smtp, {
    url: 'smtps://user:pw@mail.contoso.example:465',
    ...{
      fallbackUrl: undefined,
      from: 'no-reply@contoso.example',
      dkim: undefined,
      bounces: 'bounces@contoso.example',
    },
  })
  assert.deepEqual(config.bounceMailbox, {
    ...{ host: 'mail.contoso.example', port: 143, secure: false, near: false, ca: undefined },
    ...{ user: 'user', password: 'p@w', folder: 'Returned mails' },
  })
  assert.equal(config.voiceUrl, 'http://127.0.0.1:9999/call')
  assert.equal(config.breachedPasswords?.href, 'https://breached.contoso.example/range/')
  assert.equal(config.places, '/srv/GeoLite2-City.mmdb')
  assert.deepEqual(config.trustedProxies, ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'])
  assert.deepEqual(config.privateTargets, ['10.1.0.0/16', 'fd00::7'])
  assert.deepEqual(config.dns, ['192.0.2.53', '[2001:db8::53]:5353', '2001:db8::54', '127.0.0.1:5300'])
  assert.equal(config.tenantSuffix, 'id.contoso.example')
  assert.deepEqual(config.roles, ['worker'])
  assert.deepEqual([config.captcha, config.floodLimits, config.apiLimits], [false, false, false])
  assert.equal(config.logLevel, 'debug')
})

test('a secret stands in a file, and a file that is missing, empty or named beside the setting is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-config-'))
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const secrets = await file('secrets', `${SECRET}\n`)
  const url = await file('url', 'postgres://latchkey:pw@db.contoso.example/latchkey\n')
  const origin = { LATCHKEY_ORIGIN: least.LATCHKEY_ORIGIN }
  const config = readConfig({
    ...origin,
    LATCHKEY_SECRETS_FILE: secrets,
    DATABASE_URL_FILE: url,
    LATCHKEY_SMTP_URL_FILE: await file('smtp', 'smtps://user:pw@mail.contoso.example'),
    LATCHKEY_MAIL_FROM: 'no-reply@contoso.example',
  })
  assert.deepEqual(config.secrets, [SECRET])
  assert.equal(config.databaseUrl, 'postgres://latchkey:pw@db.contoso.example/latchkey')
  assert.equal(config.smtp?.url, 'smtps://user:pw@mail.contoso.example')
  assert.deepEqual(await readOperatorSecrets({ LATCHKEY_SECRETS_FILE: secrets }), [SECRET])

  assert.match(refusal({ LATCHKEY_SECRETS_FILE: secrets }), /^LATCHKEY_SECRETS and LATCHKEY_SECRETS_FILE are both set/)
  const missing = join(folder, 'missing')
  assert.match(
    refusal({ DATABASE_URL_FILE: missing }),
    /^DATABASE_URL_FILE names .*missing, which cannot be read \(ENOENT\)/,
  )
  // A server without DATABASE_URL would begin a database of its own.
  const empty = await file('empty', '\n')
  assert.match(refusal({ DATABASE_URL_FILE: empty }), /^DATABASE_URL_FILE names .*empty, which is empty\.$/)
  const short = await file('short', 'too short')
  const told = findMistakes({ ...origin, LATCHKEY_SECRETS_FILE: short })
  assert.deepEqual([told.length, /9 characters/.test(told[0]!), /too short/.test(told[0]!)], [1, true, false])
})

test('each setting that is described is read, and what is deployed sets no other', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const namesIn = (text: string) => new Set(text.match(/\b((LATCHKEY|OTEL)_[A-Z_]*[A-Z]|DATABASE_URL)\b/g))
  const known = namesIn(read('config.ts'))
  assert.deepEqual(
    Object.values(settings)
      .flatMap(group => Object.keys(group))
      .sort(),
    [...known].sort(),
  )
  const deployed = ['latchkey.service', 'compose.yaml', 'Dockerfile', 'helm/latchkey/values.yaml']
  for (const file of [...deployed, 'helm/latchkey/templates/deployment.yaml', 'helm/latchkey/ci/example-values.yaml'])
    for (const name of namesIn(read(`../../deploy/${file}`)))
      assert.ok(known.has(name.replace(/_FILE$/, '')), `${file}: ${name}`)
})

test('each mistake is refused by one sentence that names its variable and repeats no secret', async () => {
  const mailing = { LATCHKEY_SMTP_URL: 'smtp://mail.contoso.example', LATCHKEY_MAIL_FROM: 'no-reply@contoso.example' }
  const returning = { ...mailing, LATCHKEY_BOUNCES: 'bounces@contoso.example' }
  const shortKey = join(await mkdtemp(join(tmpdir(), 'latchkey-config-')), 'short.pem')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  await writeFile(shortKey, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const mistakes: [Environment, RegExp][] = [
    [{ LATCHKEY_ORIGIN: '' }, /LATCHKEY_ORIGIN is missing/],
    [{ LATCHKEY_ORIGIN: 'id.contoso.example' }, /needs the form/],
    [{ LATCHKEY_ORIGIN: 'https://id.contoso.example/' }, /write https:\/\/id\.contoso\.example/],
    [{ LATCHKEY_ORIGIN: 'https://id.contoso.example/reset' }, /neither a path/],
    [{ LATCHKEY_ORIGIN: 'http://id.contoso.example' }, /only https/],
    [{ LATCHKEY_ORIGIN: 'javascript:alert(1)' }, /needs the form/],
    [{ LATCHKEY_LISTEN: '8080' }, /LATCHKEY_LISTEN/],
    [{ LATCHKEY_LISTEN: '127.0.0.1:80800' }, /LATCHKEY_LISTEN/],
    [{ LATCHKEY_LISTEN: '::1:8080' }, /LATCHKEY_LISTEN/],
    [{ DATABASE_URL: 'mysql://root:hunter2@db/latchkey' }, /DATABASE_URL must begin/],
    [{ DATABASE_URL: 'hunter2' }, /DATABASE_URL is no URL/],
    [{ DATABASE_URL: 'postgres://u:hunter2@a:1,b:2/x' }, /DATABASE_URL names several hosts/],
    [{ DATABASE_URL: 'postgres://u:hunter2@a,b/x?target_session_attrs=read-write' }, /names several hosts/],
    [{ DATABASE_URL: 'postgres:///x?host=a%2Cb' }, /names several hosts/],
    [{ LATCHKEY_DATABASE_DIRECT_URL: 'postgres://u:hunter2@a/x' }, /DATABASE_URL is missing/],
    [{ LATCHKEY_SMTP_URL: 'https://u:hunter2@mail.contoso.example' }, /LATCHKEY_SMTP_URL must begin/],
    [{ LATCHKEY_SMTP_URL: 'smtp://mail.contoso.example' }, /LATCHKEY_MAIL_FROM/],
    [{ LATCHKEY_SMTP_FALLBACK_URL: 'smtp://mail.contoso.example' }, /set LATCHKEY_SMTP_URL too/],
    [{ ...mailing, LATCHKEY_SMTP_FALLBACK_URL: 'smtp://mail.contoso.example/x' }, /FALLBACK_URL takes no path/],
    [{ ...mailing, LATCHKEY_DKIM_KEY: '/nowhere.pem' }, /LATCHKEY_DKIM_KEY names .*ENOENT/],
    [{ ...mailing, LATCHKEY_DKIM_KEY: shortKey }, /no RSA key of 2048 bits/],
    [{ ...mailing, LATCHKEY_BOUNCES: 'undeliverable@contoso.example' }, /LATCHKEY_BOUNCES must be an address/],
    [{ LATCHKEY_BOUNCES_MAILBOX: 'imaps://u:hunter2@mail.contoso.example' }, /set that address too/],
    [{ ...returning, LATCHKEY_BOUNCES_MAILBOX: 'pop3://u:hunter2@mail.contoso.example' }, /must begin with imaps/],
    [{ ...returning, LATCHKEY_BOUNCES_MAILBOX: 'imaps://mail.contoso.example' }, /needs a user name and a password/],
    [{ ...returning, LATCHKEY_BOUNCES_MAILBOX: 'imaps://u:hunter2@mail.contoso.example?fingerprint=0' }, /ca only/],
    [{ ...mailing, LATCHKEY_DKIM_SELECTOR: 'a.b' }, /LATCHKEY_DKIM_SELECTOR is one label/],
    [{ LATCHKEY_SMS_URL: 'http://u:hunter2@sms.contoso.example' }, /LATCHKEY_SMS_URL must begin with https/],
    [
      { LATCHKEY_GATEWAYS: '/etc/gateways.json', LATCHKEY_SMS_URL: 'https://u:hunter2@sms.contoso.example' },
      /LATCHKEY_GATEWAYS and LATCHKEY_SMS_URL are both set/,
    ],
    [{ LATCHKEY_BREACHED_PASSWORDS: 'http://breached.contoso.example/range/' }, /must begin with https/],
    [{ LATCHKEY_BREACHED_PASSWORDS: 'https://u:hunter2@breached.contoso.example/range' }, /must end in a slash/],
    [{ LATCHKEY_BREACHED_PASSWORDS: 'file://share/list.txt' }, /must begin with https/],
    [{ LATCHKEY_BREACHED_PASSWORDS: '/srv/list.txt' }, /LATCHKEY_BREACHED_PASSWORDS is no URL/],
    [{ LATCHKEY_TRUSTED_PROXIES: 'proxy.contoso.example' }, /no address or range/],
    [{ LATCHKEY_TRUSTED_PROXIES: '10.0.0.0/33' }, /no address or range/],
    [{ LATCHKEY_TRUSTED_PROXIES: '0.0.0.0/0' }, /trusts everybody/],
    [{ LATCHKEY_PRIVATE_TARGETS: 'wiki.contoso.example' }, /LATCHKEY_PRIVATE_TARGETS holds .+ no address or range/],
    [{ LATCHKEY_PRIVATE_TARGETS: '10.0.0.0/8,::/0' }, /opens your whole network/],
    [{ LATCHKEY_DNS: 'dns.contoso.example' }, /LATCHKEY_DNS holds .+ no address/],
    [{ LATCHKEY_DNS: '192.0.2.53:0' }, /LATCHKEY_DNS/],
    [{ LATCHKEY_DNS: '[192.0.2.53]' }, /LATCHKEY_DNS/],
    [{ LATCHKEY_TENANT_SUFFIX: 'example' }, /LATCHKEY_TENANT_SUFFIX/],
    [{ LATCHKEY_SIGNUP: 'on' }, /LATCHKEY_SIGNUP is one of/],
    [{ LATCHKEY_SIGNUP: 'open' }, /LATCHKEY_TENANT_SUFFIX/],
    [{ LATCHKEY_SIGNUPS_PER_DAY: '-1' }, /LATCHKEY_SIGNUPS_PER_DAY/],
    [{ LATCHKEY_TENANT_SUFFIX: 'a-long-one.of.contoso.example' }, /LATCHKEY_TENANT_SUFFIX/],
    [{ LATCHKEY_ROLES: 'web,cron' }, /"cron"/],
    [{ LATCHKEY_CAPTCHA: 'no' }, /LATCHKEY_CAPTCHA is on or off/],
    [{ LATCHKEY_FLOOD_LIMITS: '10' }, /LATCHKEY_FLOOD_LIMITS is on or off/],
    [{ LATCHKEY_LOG_LEVEL: 'loud' }, /LATCHKEY_LOG_LEVEL/],
  ]
  for (const [changes, expected] of mistakes) {
    const sentence = refusal(changes)
    assert.match(sentence, expected)
    assert.match(sentence, /^[A-Z].*\.$/)
    assert.doesNotMatch(sentence, /hunter2|\n/)
  }
  assert.equal(readConfig({ ...least, LATCHKEY_ORIGIN: 'http://localhost:8080' }).origin, 'http://localhost:8080')
  const list = { ...least, LATCHKEY_BREACHED_PASSWORDS: 'file:///srv/breached.txt' }
  assert.equal(readConfig(list).breachedPasswords?.pathname, '/srv/breached.txt')
})

test('every setting that is a URL is judged in one sentence, whatever is wrong with it, and its secret stays out of that', () => {
  const good: Record<string, string> = {
    DATABASE_URL: 'postgres://u:hunter2@db.acme.example/latchkey',
    LATCHKEY_SMTP_URL: 'smtps://u:hunter2@mail.acme.example',
    LATCHKEY_SMS_URL: 'https://u:hunter2@sms.acme.example/send',
    LATCHKEY_VOICE_URL: 'https://u:hunter2@voice.acme.example/call',
    LATCHKEY_BREACHED_PASSWORDS: 'https://breached.acme.example/hunter2/',
  }
  const from = { LATCHKEY_MAIL_FROM: 'no-reply@acme.example' }
  readConfig({ ...least, ...good, ...from })
  const breaks: [(url: string) => string, RegExp][] = [
    [url => url.replace('hunter2', 'hunter2%ss'), /begins no escape/],
    [url => url.replace('hunter2', 'hunter2%'), /begins no escape/],
    [url => url.replace('hunter2', 'hunter2 x'), /holds a space or line break/],
    [url => url.replace('hunter2', 'hunter2\tx'), /holds a space or line break/],
    [url => url.replace('hunter2', 'hunter2\nx'), /holds a space or line break/],
    [url => url.replace('hunter2', 'hunter2#x'), /is no URL|holds a #|must end in a slash/],
    [url => url.replace(/(\.example)/, '$1:99999'), /is no URL/],
    [url => url.replace(/(\.example)/, '$1:0'), /has the port 0/],
    [url => url.replace(/(\.example)/, '$1:port'), /is no URL/],
    [url => url.replace(/^\w+/, 'gopher'), /must begin with/],
    [url => url.replace(/^\w+:/, ''), /is no URL/],
    [() => 'hunter2', /is no URL/],
    [url => url.replace(/[a-z.]+\.example/, ''), /is no URL|names no host/],
  ]
  for (const [name, url] of Object.entries(good))
    for (const [damage, expected] of breaks) {
      const damaged = damage(url)
      if (name === 'DATABASE_URL' && /\.example/.test(url) && !/\.example/.test(damaged) && /@\//.test(damaged))
        continue // a socket
      const sentence = refusal({ ...from, [name]: damaged })
      assert.match(sentence, expected, damaged)
      assert.ok(sentence.startsWith(`${name} `), sentence)
      assert.match(sentence, /^[^\n]+, as in \w+:\/\/\S+\.$/, damaged)
      assert.doesNotMatch(sentence, /hunter2/)
    }
  assert.match(
    refusal({ DATABASE_URL: `${good.DATABASE_URL}?sslrootcert=/nowhere.pem` }),
    /sslrootcert.*is not there\.$/,
  )
  assert.match(refusal({ LATCHKEY_DATA: import.meta.filename }), /LATCHKEY_DATA is .*which is no folder: name one/)
  const mail = (query: string) => refusal({ ...from, LATCHKEY_SMTP_URL: `smtps://u:hunter2@mail.acme.example${query}` })
  assert.match(
    mail('?ca=/nowhere.pem'),
    /^LATCHKEY_SMTP_URL names ca=\/nowhere\.pem, which cannot be read \(ENOENT\)\.$/,
  )
  assert.match(mail(`?ca=${import.meta.filename}`), /holds no certificate in PEM\.$/)
  assert.match(mail('?fingerprint=AB:CD'), /is not the SHA-256 of a certificate: 64 hexadecimal digits\.$/)
  assert.match(mail('?tls=off'), /takes the parameters ca and fingerprint only: in a password, \? is written %3F\.$/)
  assert.match(mail('/inbox'), /takes no path/)
  const [asked] = findMistakes({ ...least, LATCHKEY_SMTP_URL: 'smtps://mailer:12?marsh@mail.example' })
  assert.match(asked ?? '', /^LATCHKEY_SMTP_URL takes/)
  assert.doesNotMatch(asked ?? '', /marsh/, 'the rest of a password')
})

test('the domain of passkeys is the host of the origin or above it, or of the origin of before a move', () => {
  const rpId = (changes: Environment) => readConfig({ ...least, ...changes }).passkeyRpId
  assert.equal(rpId({}), undefined)
  for (const id of ['id.contoso.example', 'contoso.example']) assert.equal(rpId({ LATCHKEY_PASSKEY_RP_ID: id }), id)
  for (const id of ['example', 'ontoso.example', 'www.id.contoso.example', 'https://contoso.example', 'login.example'])
    assert.match(refusal({ LATCHKEY_PASSKEY_RP_ID: id }), /LATCHKEY_ORIGIN is at id\.contoso\.example: name that host/)

  const moved = { LATCHKEY_FORMER_ORIGIN: 'https://login.former.example' }
  assert.equal(rpId(moved), 'login.former.example')
  for (const id of ['former.example', 'login.former.example', 'id.contoso.example', 'contoso.example'])
    assert.equal(rpId({ ...moved, LATCHKEY_PASSKEY_RP_ID: id }), id)
  assert.match(
    refusal({ ...moved, LATCHKEY_PASSKEY_RP_ID: 'other.example' }),
    /LATCHKEY_FORMER_ORIGIN is at login\.former\.example/,
  )
  for (const [origin, expected] of [
    ['login.former.example', /LATCHKEY_FORMER_ORIGIN is .*needs the form/],
    ['https://login.former.example/', /neither a path nor a final slash/],
    ['http://login.former.example', /only https/],
  ] as const)
    assert.match(refusal({ LATCHKEY_FORMER_ORIGIN: origin }), expected)
})

test('all mistakes can be had at once', () => {
  assert.deepEqual(findMistakes(least), [])
  const found = findMistakes({ LATCHKEY_SMTP_URL: 'smtp://', LATCHKEY_ROLES: 'cron', LATCHKEY_LISTEN: 'here' })
  assert.deepEqual(
    found.map(sentence => /^\w+/.exec(sentence)?.[0]),
    ['LATCHKEY_LISTEN', 'LATCHKEY_ORIGIN', 'LATCHKEY_SECRETS', 'LATCHKEY_SMTP_URL', 'LATCHKEY_ROLES'],
  )
})

test('lesson 31: a missing, short or well-known secret is refused, and never printed', () => {
  const known = [
    'short',
    'change-me-change-me-change-me-change-me',
    'replace-this-with-your-own-secret-please',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '01234567890123456789012345678901234567',
    'latchkey-latchkey-latchkey-latchkey-key',
    `${SECRET},my-default-password-of-32-characters`,
  ]
  for (const secrets of known) {
    const sentence = refusal({ LATCHKEY_SECRETS: secrets })
    assert.match(sentence, /LATCHKEY_SECRETS/)
    for (const one of secrets.split(',')) assert.ok(!sentence.includes(one), sentence)
  }
  assert.match(refusal({ LATCHKEY_SECRETS: ' ' }), /is missing/)
  assert.match(refusal({ LATCHKEY_SECRETS: `${SECRET},short` }), /Secret 2/)
})

test('the demonstration needs nothing, makes its secrets once, and lets nobody else read them', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'latchkey-config-')), 'data')
  const env = { LATCHKEY_DATA: folder, LATCHKEY_SMTP_URL: 'smtp://mail.contoso.example', LATCHKEY_ROLES: 'web' }
  const several = await Promise.all(Array.from({ length: 8 }, () => readDemoConfig(env)))
  const [config] = several
  assert.ok(config)
  assert.ok(config.secrets[0]!.length >= 32)
  for (const other of several) assert.deepEqual(other, config)
  assert.deepEqual(await readdir(folder), ['demo-secrets'])
  assert.equal((await stat(join(folder, 'demo-secrets'))).mode & 0o777, 0o600)
  assert.equal(config.smtp, undefined)
  assert.equal(config.origin, undefined)
  assert.deepEqual(config.roles, ['web', 'worker'])
  assert.deepEqual(await readOperatorSecrets(env), config.secrets)
  await assert.rejects(readOperatorSecrets({ LATCHKEY_DATA: `${folder}-other` }), ConfigError)
})

test('the demonstration listens to this machine alone', async () => {
  const env = { LATCHKEY_DATA: await mkdtemp(join(tmpdir(), 'latchkey-config-')) }
  for (const host of ['0.0.0.0', '[::]', '192.0.2.1', 'demo.contoso.example', '127.evil.example', '1270.0.0.1'])
    await assert.rejects(readDemoConfig({ ...env, LATCHKEY_LISTEN: `${host}:8080` }), /shows every code/, host)
  for (const host of ['127.0.0.1', '127.1.2.3', '[::1]', 'localhost'])
    await readDemoConfig({ ...env, LATCHKEY_LISTEN: `${host}:8080` })
})

test('the demonstration serves https besides where it is asked, on a port of its own', async () => {
  const env = { LATCHKEY_DATA: await mkdtemp(join(tmpdir(), 'latchkey-config-')) }
  const secureListen = async (more: Environment) => (await readDemoConfig({ ...env, ...more })).secureListen
  assert.equal(await secureListen({}), undefined)
  const on = { LATCHKEY_DEMO_TLS: 'on' }
  assert.deepEqual(await secureListen(on), { host: '127.0.0.1', port: 8443 })
  assert.deepEqual(await secureListen({ ...on, LATCHKEY_LISTEN: '127.0.0.1:0' }), { host: '127.0.0.1', port: 0 })
  await assert.rejects(secureListen({ ...on, LATCHKEY_LISTEN: '127.0.0.1:65300' }), /adds 363/)
  await assert.rejects(secureListen({ LATCHKEY_DEMO_TLS: 'yes' }), /LATCHKEY_DEMO_TLS is on or off/)
})
