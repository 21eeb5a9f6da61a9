import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { type NoticeKind, noticeKinds } from '../notifications/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { languages } from '../words/index.ts'

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const api = testApi(server)
const admin = await api.as('admin@acme.example')
const notices = `/organization/${acme}/notices`
const worded = (kind: string, language = 'en') => `${notices}/${kind}/wordings/${language}`
const read = async (kind: string) => (await admin('GET', `${notices}/${kind}`)).json

const person = 'prefilled@acme.example'
const { id } = (await admin('GET', `/users/${person}?$select=id`)).json
/** Where that person is told. */
const reader = 'prefilled@mail.example'
let addresses = 0
/** Adds an address to somebody's security info and removes it, and gives the mail that they get of the former. */
async function told() {
  const methods = `/users/${id}/authentication/emailMethods`
  const before = new Set((await server.outbox()).map(one => one.id))
  const { status, json, text } = await admin('POST', methods, { emailAddress: `own${++addresses}@mail.example` })
  assert.equal(status, 201, text)
  const mail = await server.message(
    one => one.to === reader && !one.subject!.includes('removed') && !before.has(one.id),
  )
  assert.equal((await admin('DELETE', `${methods}/${json.id}`)).status, 204)
  return mail
}

test('a company’s own words stand in its notices, to readers of that language, and the facts stay', async () => {
  const usual = await told()
  const own = {
    subject: '{organization}: a change for {username}',
    opening: 'Hello,\n\n{kind} was added. Ask at help.acme.example or it@acme.example.',
    closing: 'The service desk of {organization} answers from 8 to 18.',
  }
  assert.equal((await admin('PUT', worded('security_info_added'), own)).status, 204)
  assert.equal(
    (await admin('PUT', worded('security_info_added', 'ja'), { opening: '{kind} を追加しました。' })).status,
    204,
  )
  const mail = await told()
  assert.equal(mail.subject, `Acme: a change for ${person}`)
  assert.ok(mail.text.startsWith('Hello,\n\nPrivate email was added. Ask at help.acme.example or it@acme.example.\n\n'))
  assert.ok(mail.text.endsWith('\n\nThe service desk of Acme answers from 8 to 18.\n'))
  // Who, when, where from and what to do about it are in nobody's hands.
  const facts = usual.text.split('\n\n').slice(1)
  assert.match(facts[0]!, /^Account: .+\nWhen: /)
  for (const fact of [facts[0]!.split('\n')[0]!, facts.at(-1)!.trimEnd()]) assert.ok(mail.text.includes(fact), fact)
  const kept = await read('security_info_added')
  assert.deepEqual(
    kept.wordings.map((one: { language: string }) => one.language),
    ['en', 'ja'],
  )
  assert.equal((await admin('DELETE', worded('security_info_added'))).status, 204)
  assert.equal((await admin('DELETE', worded('security_info_added'))).status, 404)
  assert.equal((await told()).subject, usual.subject)
})

test('nobody’s words lead elsewhere, hide anything, or leave out what happened', async () => {
  const refused: [string, Record<string, string>, string, string][] = [
    ['renamed', { opening: 'You have another name.' }, 'placeholder_missing', 'opening'],
    ['renamed', { subject: 'Hello {password}' }, 'placeholder_unknown', 'subject'],
    ['password_reset', { closing: 'Hello {newName}' }, 'placeholder_unknown', 'closing'],
    ['password_reset', { closing: 'Hello {{username}}' }, 'placeholder_unknown', 'closing'],
    ['domain', { opening: 'All is well.' }, 'wording_fixed', 'opening'],
    ['emergency_code_used', { subject: 'Nothing to see' }, 'wording_fixed', 'subject'],
    ['password_reset', { subject: 'One\nBcc: a@acme.example' }, 'property_invalid', 'subject'],
    ['password_reset', { closing: 'gro.live\u202e' }, 'property_invalid', 'closing'],
    ['password_reset', { closing: 'ac\u200bme.evil' }, 'property_invalid', 'closing'],
    ['password_reset', { closing: 'x'.repeat(1_001) }, 'property_invalid', 'closing'],
    ...[
      'See https://evil.example/acme.example',
      'See https://acme.example@evil.example',
      'See https://acme.example@intranet/',
      'See https://intranet:1/',
      'Write to help@evil.example.',
      'See www.evil.example.',
      'acme.example.evil.example',
      'notacme.example',
      'ＥＶＩＬ．ＥＸＡＭＰＬＥ',
      'evil。example',
      'http://3232235521/',
      'See 192.0.2.1 for more',
      'パスワードはevil.exampleで',
      'acme.example.みんな',
      'ftp://evil',
    ].map((closing): [string, Record<string, string>, string, string] => [
      ...(['password_reset', { closing }, 'foreign_address', 'closing'] as const),
    ]),
  ]
  for (const [kind, own, code, target] of refused)
    for (const [method, path, body] of [
      ['PUT', worded(kind), own],
      ['POST', `${notices}/${kind}/previews`, { language: 'en', ...own }],
    ] as const) {
      const { status, json } = await admin(method, path, body)
      const [detail] = json.error.details
      assert.deepEqual([status, detail.code, detail.target], [400, code, target], JSON.stringify([method, kind, own]))
    }
  assert.deepEqual((await read('password_reset')).wordings, [])
  for (const closing of [
    'Call 555 0100, Mon.–Fri. 8.30 to 18.00, e.g. today. Version 2.10.',
    'https://ACME.example/help?x=1#y, https://it.acme.example:8443, it@acme.example',
    '詳しくはhelp.acme.exampleをご覧ください。お電話でも承ります。',
    'Le 01.02.2027, M. Léger répond.',
  ])
    assert.equal((await admin('PUT', worded('password_reset'), { closing })).status, 204, closing)
  // Nothing but blanks is nothing.
  assert.equal((await admin('PUT', worded('password_reset'), { closing: ' \r\n ' })).status, 204)
  assert.deepEqual((await read('password_reset')).wordings, [])
})

test('what was typed is no markup, and a name that looks like a placeholder is none', async () => {
  await admin('PATCH', `/organization/${acme}`, { displayName: 'Acme {username}' })
  const own = { language: 'en', opening: '<b>{kind}</b> at {organization}', closing: 'See https://acme.example/help' }
  const { status, json } = await admin('POST', `${notices}/security_info_added/previews`, own)
  assert.equal(status, 200)
  assert.ok(json.text.startsWith('<b>Authenticator app</b> at Acme {username}\n\n'), json.text)
  assert.match(json.html, /&lt;b&gt;Authenticator app&lt;\/b&gt; at Acme \{username\}/)
  // Only addresses of this server become links.
  assert.doesNotMatch(json.html, /href="https:\/\/acme/)
  await admin('PATCH', `/organization/${acme}`, { displayName: 'Acme' })
})

test('every kind shows its true mail in every language, and says what it may be called', async () => {
  const { value } = (await admin('GET', notices)).json
  assert.deepEqual(
    value.map((one: { id: string }) => one.id),
    Object.keys(noticeKinds),
  )
  for (const [place, { id: kind, words, placeholders, neededPlaceholders }] of value.entries()) {
    const language = languages[place % languages.length]
    const plain = (await admin('POST', `${notices}/${kind}/previews`, { language })).json
    assert.ok(plain.subject && plain.html.includes('<html lang'), kind)
    assert.doesNotMatch(plain.text, /\{|\}|undefined|messages\./, kind)
    // Its first paragraph is what `opening` takes the place of: what it has to say is what it says by itself.
    const every = placeholders.map((name: string) => `{${name}}`).join(' ')
    const own = words === 'all' ? { subject: `S ${every}`, opening: `O ${every}` } : {}
    const mine = (await admin('POST', `${notices}/${kind}/previews`, { language, ...own, closing: `C ${every}` })).json
    assert.doesNotMatch(mine.text + mine.subject, /\{|\}/, kind)
    // A minute may pass between the two.
    const paragraphs = (text: string) =>
      text
        .trimEnd()
        .replace(/\d+:\d\d/g, '')
        .split('\n\n')
    const first = words === 'all' ? 1 : 0
    assert.deepEqual(paragraphs(mine.text).slice(first, -1), paragraphs(plain.text).slice(first), kind)
    assert.ok(neededPlaceholders.every((name: string) => placeholders.includes(name)))
  }
})

test('some notices can be turned off, and those that protect an account never', async () => {
  const off = async (kind: string, isOn: boolean) => admin('PATCH', `${notices}/${kind}`, { isOn })
  const required = () => admin('POST', `/users/${id}/authentication/requireRegistration`, { keepMethods: true })
  const isNotice = (one: { subject?: string; to: string }) =>
    one.to === reader && /check your security/.test(one.subject!)
  const count = async () => (await server.outbox()).filter(isNotice).length
  assert.equal((await off('registration_required', false)).status, 204)
  assert.equal((await read('registration_required')).isOn, false)
  assert.equal((await required()).status, 204)
  // A later mail of the same lane has come, and so had that one.
  await told()
  assert.equal(await count(), 0)
  assert.equal((await off('registration_required', true)).status, 204)
  assert.equal((await required()).status, 204)
  await server.message(isNotice)
  assert.equal(await count(), 1)
  for (const [kind, { canBeOff }] of Object.entries<NoticeKind>(noticeKinds)) {
    if (canBeOff) continue
    const { status, json } = await off(kind, false)
    assert.deepEqual([status, json.error.details[0].code], [400, 'notice_always_sent'], kind)
  }
  // Not even where the row says so: who reaches the database switches no warning off by it.
  const write = (kinds: string[]) =>
    inTenant(server.store, acme, trx =>
      trx.updateTable('tenants').set({ notices_off: kinds }).where('tenant_id', '=', acme).execute(),
    )
  await write(['security_info_added'])
  await told()
  await write([])
})

test('what somebody else has changed since it was read is not changed unseen', async () => {
  const kind = 'account_closed'
  const { headers, json } = await admin('GET', `${notices}/${kind}`)
  const etag = { 'if-match': headers.get('etag')! }
  assert.equal(json['@odata.etag'], headers.get('etag'))
  // Of two at once, one is refused.
  const put = (closing: string) => admin('PUT', worded(kind), { closing }, etag)
  const both = await Promise.all([put('Ours'), put('Theirs')])
  assert.deepEqual(both.map(({ status }) => status).sort(), [204, 412])
  assert.equal((await admin('DELETE', worded(kind), undefined, etag)).status, 412)
  assert.equal((await read(kind)).wordings.length, 1)
  const fresh = (await read(kind))['@odata.etag']
  assert.equal((await admin('DELETE', worded(kind), undefined, { 'if-match': fresh })).status, 204)
  const { '@odata.etag': guessing } = await read('guessing')
  assert.equal((await admin('PATCH', `${notices}/guessing`, { isOn: false })).status, 204)
  const late = await admin('PATCH', `${notices}/guessing`, { isOn: true }, { 'if-match': guessing })
  assert.deepEqual([late.status, late.json.error.code], [412, 'resourceModified'])
  assert.equal((await admin('PATCH', `${notices}/guessing`, { isOn: true })).status, 204)
})

test('who may not, and other companies, change nothing; who did is written down', async () => {
  const plain = await api.as(person)
  const globex = await testApi(server, 'globex.example').as('admin@globex.example')
  for (const [ask, status] of [
    [plain, 403],
    [globex, 404],
  ] as const) {
    assert.equal((await ask('PUT', worded('password_reset'), { closing: 'Mine' })).status, status)
    assert.equal((await ask('PATCH', `${notices}/guessing`, { isOn: false })).status, status)
    assert.equal((await ask('POST', `${notices}/guessing/previews`, { language: 'en' })).status, status)
  }
  for (const path of [
    worded('none'),
    worded('code'),
    worded('password_reset', 'de'),
    worded('password_reset', 'toString'),
  ])
    assert.equal((await admin('PUT', path, { closing: 'Mine' })).status, 404, path)
  const events = await inTenant(server.store, acme, trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'target_name', 'details'])
      .where('tenant_id', '=', acme)
      .where('activity', 'in', ['notice.worded', 'notice.switched'])
      .execute(),
  )
  const saidOf = (activity: string, name: string) =>
    events
      .filter(one => one.activity === activity && one.target_name === name)
      .map(({ details }) => details as Record<string, string>)
  assert.ok(saidOf('notice.worded', 'security_info_added').some(one => one.language === 'en' && one.closing))
  assert.deepEqual(
    saidOf('notice.switched', 'registration_required')
      .map(one => one.on)
      .sort(),
    ['false → true', 'true → false'],
  )
})
