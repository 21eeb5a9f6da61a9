import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Role } from '../access/index.ts'
import { operatorAct } from '../demo/index.ts'
import { findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import type { Contact } from './contacts.ts'
import { findSupport } from './find.ts'
import { ContactsFileError, importContacts, readContacts } from './index.ts'
import { pickContacts } from './pick.ts'

const server = await testServer()
const browser = server.browser()
const sample: { version: number; contacts: Contact[] } = JSON.parse(
  readFileSync(new URL('../demo/support-contacts.json', import.meta.url), 'utf8'),
)
const ask = async (query: string, language = 'en') =>
  (await browser.request('GET', `/support?${query}`, { headers: { 'accept-language': language } })).json

test('each country of the demonstration has its own contact, and every other one that for all', async () => {
  const france = await ask('country=FR&language=fr')
  assert.equal(france.contact.id, 'fr-technical')
  assert.deepEqual(france.contact.phones, [{ number: '+33199000050', from: 'anywhere', href: 'tel:+33199000050' }])
  const japan = await ask('country=JP', 'ja')
  assert.deepEqual([japan.contact.id, japan.language, japan.contact.zone], ['jp-technical', 'ja', 'Asia/Tokyo'])
  assert.deepEqual([japan.others.at(-1).contact.id, japan.others.at(-1).open], ['anywhere', true])
  assert.deepEqual([(await ask('country=ZZ')).contact.id, (await ask('country=zz')).changesAt], ['anywhere', null])
  const countries = new Set(sample.contacts.flatMap(one => one.countries))
  assert.equal(countries.size, 31)
  for (const country of countries)
    if (country !== '*') assert.deepEqual((await ask(`country=${country}`)).contact.countries, [country])
})

test('the country is the one asked for, then the company’s, then the browser’s region', async () => {
  assert.equal((await ask('', 'de-CH')).contact.id, 'ch-technical')
  await server.store.pool.query("update latchkey.tenants set country = 'SE' where display_name = 'Globex'")
  assert.equal((await ask('whr=globex.example', 'de-CH')).contact.id, 'se-technical')
  assert.equal((await ask('whr=globex.example&country=GB', 'de-CH')).contact.id, 'gb-technical')
  assert.equal((await ask('')).contact.id, 'anywhere')
})

test('hours stand by the reader’s clock too', async () => {
  const { contact, asked } = await ask('country=GB&zone=Asia/Tokyo')
  assert.equal(asked.zone, 'Asia/Tokyo')
  // Eight or nine hours ahead, by the season; in the weeks of the change both.
  for (const { from, to } of contact.inReaderZone.hours)
    assert.ok(['17:00-01:00', '18:00-02:00'].includes(`${from}-${to}`), `${from}-${to}`)
  assert.equal((await ask('country=GB&zone=Nowhere/Else')).asked.zone, 'UTC')
})

test('what no country, kind or language can be is refused', async () => {
  for (const query of ['country=FRA', 'country=%00', 'kind=other', 'language=_', 'language=a'])
    assert.deepEqual((await ask(query)).code, 'choice_unknown', query)
  assert.equal((await browser.page('/support?country=FRA')).status, 422)
})

test('a company’s own contacts come first, and those for administrators are shown to them alone', async () => {
  const acme = await findTenantId(server.store, 'acme.example')
  const act = operatorAct({ ...server.services, now: server.clock.now() })
  const own: Contact[] = [
    { ...sample.contacts[0]!, id: 'acme-administrators', countries: ['*'], audience: 'administrators' },
    { ...sample.contacts[0]!, id: 'acme', countries: ['NL'], languages: ['es'], notes: { en: 'Ask <b>for</b> Ada.' } },
  ]
  await inTenant(server.store, acme, trx => importContacts(trx, act, own))
  const signedIn = async (username: string) => {
    const one = server.browser()
    await one.post('/signin', { username, password: 'Demo-passphrase-2026!' })
    return one
  }
  const ids = async (one = browser, query = 'country=NL&whr=acme.example') => {
    const { contact, others } = (await one.get(`/support?${query}`)).json
    return [contact, ...others.map((other: { contact: Contact }) => other.contact)].map(({ id }) => id)
  }
  assert.deepEqual(await ids(), ['acme', 'nl-technical', 'anywhere'])
  assert.deepEqual(await ids(await signedIn('registered@acme.example'), 'country=NL'), [
    'acme',
    'nl-technical',
    'anywhere',
  ])
  // The help desk has a step to take first, which its session is for.
  assert.ok(!(await ids(await signedIn('helpdesk@acme.example'), 'country=NL')).includes('acme-administrators'))
  const reader = { tenantId: acme, country: 'NL', kind: 'technical', language: 'en' } as const
  const seen = async (roles: Role[]) =>
    (await findSupport(server.store, server.clock.now(), { ...reader, user: { roles } })).offers.map(
      ({ contact }) => contact.id,
    )
  assert.deepEqual(await seen(['Helpdesk Administrator']), ['acme', 'acme-administrators', 'nl-technical', 'anywhere'])
  assert.deepEqual(await seen([]), ['acme', 'nl-technical', 'anywhere'])
  const page = await browser.page('/support?country=NL&whr=acme.example')
  assert.match(page.text, /Ask &lt;b&gt;for&lt;\/b&gt; Ada\./)
  assert.match(page.text, /<a href="tel:\+12025550150"/)
  const { rows } = await server.store.pool.query(
    "select details->>'contacts' as contacts, actor_kind from latchkey.audit_events where activity = 'support.imported' and tenant_id = $1",
    [acme],
  )
  assert.deepEqual(rows, [{ contacts: '2', actor_kind: 'operator' }])
})

test('programs are told the same contacts, in the same order', async () => {
  const api = testApi(server)
  const all = await api.as('admin@acme.example')
  const { status, json } = await all('GET', '/supportContacts?country=nl&language=fr&zone=Asia/Tokyo')
  assert.equal(status, 200)
  const ids = json.value.map((one: { contact: Contact }) => one.contact.id)
  assert.deepEqual(ids, ['acme', 'acme-administrators', 'nl-technical', 'anywhere'])
  assert.equal(json.value[0].contact.inReaderZone.zone, 'Asia/Tokyo')
  const person = await api.as('registered@acme.example')
  assert.ok(!(await person('GET', '/supportContacts?country=NL')).text.includes('acme-administrators'))
  assert.equal((await person('GET', '/supportContacts?kind=other')).status, 422)
  const narrow = await api.as('registered@acme.example', { scopes: ['User.Read'] })
  assert.equal((await narrow('GET', '/supportContacts')).status, 403)
})

test('without any contact the page says whom to ask', async () => {
  const act = operatorAct({ ...server.services, now: server.clock.now() })
  await inTenant(server.store, NOBODYS_TENANT, trx => importContacts(trx, act, []))
  assert.deepEqual((await ask('country=FR')).contact, null)
  assert.match((await browser.page('/support?country=FR')).text, /Ask an administrator of your company/)
  await inTenant(server.store, NOBODYS_TENANT, trx => importContacts(trx, act, sample.contacts))
})

test('of contacts that fit, language comes before open hours, these before a free call, and then the file decides', () => {
  const base = { ...sample.contacts[0]!, countries: ['FR'], zone: 'UTC', hours: 'always' as const, phones: [] }
  const closed = [{ days: ['mon'] as const, from: '00:00', to: '01:00' }]
  const file: Contact[] = [
    { ...base, id: 'other-language', languages: ['de'] },
    { ...base, id: 'english', languages: ['en'] },
    { ...base, id: 'closed', languages: ['fr'], hours: closed },
    { ...base, id: 'open', languages: ['fr'] },
    { ...base, id: 'free', languages: ['fr-CA'], phones: [{ number: '+33199000050', tollFree: true }] },
    { ...base, id: 'everywhere', countries: ['*'], languages: ['fr'] },
    { ...base, id: 'administrators', languages: ['fr'], audience: 'administrators' },
    { ...base, id: 'billing', languages: ['fr'], kinds: ['billing'] },
    { ...base, id: 'elsewhere', countries: ['BE'], languages: ['fr'] },
  ]
  const wish = { country: 'FR', kind: 'technical', language: 'fr', administrator: false } as const
  const picked = pickContacts([file], wish, new Date('2026-03-04T12:00Z')).map(({ contact }) => contact.id)
  assert.deepEqual(picked, ['free', 'open', 'closed', 'english', 'other-language', 'everywhere'])
  const [first] = pickContacts([[file[5]!], [file[3]!]], wish, new Date('2026-03-04T12:00Z'))
  assert.equal(first?.contact.id, 'everywhere', 'the company’s file')
})

test('every fault of a file is told by its place, and nothing else is taken for one', () => {
  assert.equal(readContacts(`\uFEFF${JSON.stringify(sample)}`).length, sample.contacts.length)
  const faults = (file: unknown) => {
    try {
      readContacts(typeof file === 'string' ? file : JSON.stringify(file))
      return []
    } catch (error) {
      assert.ok(error instanceof ContactsFileError)
      return error.faults.map(({ pointer, why }) => `${pointer} ${why}`)
    }
  }
  const [first, second] = sample.contacts as [Contact, Contact]
  const broken = (changes: object) => faults({ ...sample, contacts: [first, { ...second, ...changes }] })
  const { phones: _, links: __, ...bare } = second
  assert.deepEqual(faults({ ...sample, contacts: [bare] }), ['/contacts/0 has neither phones nor links'])
  assert.deepEqual(faults('{'), [faults('{')[0]])
  assert.match(faults('{')[0]!, /^ is no JSON/)
  assert.deepEqual(faults({ ...sample, version: 2, more: 1 }).sort(), ['/more is unknown', '/version must be 1'])
  assert.deepEqual(broken({ id: first.id }), ['/contacts/1/id is that of /contacts/0 too'])
  assert.deepEqual(broken({ zone: 'Mars/Olympus' }), ['/contacts/1/zone is no time zone'])
  assert.deepEqual(broken({ countries: ['FR', 'QQ'] }), ['/contacts/1/countries/1 is no country'])
  assert.deepEqual(broken({ languages: ['zz'] }), ['/contacts/1/languages/0 is no language'])
  assert.deepEqual(broken({ phones: [{ number: '+3319900005012345' }] }).length, 1)
  assert.deepEqual(broken({ phones: [{ number: '+331' + '9900' }] }), ['/contacts/1/phones/0/number is no number'])
  assert.deepEqual(broken({ links: [{ kind: 'form', href: 'mailto:a@b.example' }] }), [
    '/contacts/1/links/0/href is no address of a page (https://)',
  ])
  assert.deepEqual(broken({ links: [{ kind: 'chat', href: 'javascript:alert(1)' }] }).length, 1)
  assert.deepEqual(broken({ closed: ['2026-02-30'] }).length, 1)
  assert.deepEqual(
    broken({ hours: [{ days: ['mon'], from: '9:00', to: '17:00' }] }).map(one => one.split(' ')[0]),
    ['/contacts/1/hours/0/from'],
  )
  assert.deepEqual(
    broken({ hours: 'never' }).map(one => one.split(' ')[0]),
    ['/contacts/1/hours'],
  )
  assert.deepEqual(broken({ hours: [{ days: ['mon'], from: '09:00', to: '17:00', languages: ['xh'] }] }), [
    '/contacts/1/hours/0/languages/0 is no language of the contact',
  ])
  assert.deepEqual(broken({ notes: { en: 'two\nlines' } }), ['/contacts/1/notes/en has signs that cannot be printed'])
})

test('administrators keep their company’s own contacts, all or nothing, and nobody else reads the list', async () => {
  const [acme, globex] = await Promise.all(
    ['acme.example', 'globex.example'].map(one => findTenantId(server.store, one)),
  )
  const api = testApi(server)
  const [admin, plain] = [await api.as('admin@acme.example'), await api.as('registered@acme.example')]
  const path = `/organization/${acme}/supportContacts`
  const own = { ...sample.contacts.find(({ id }) => id === 'se-technical')!, id: 'own', audience: 'administrators' }
  const put = (ask: typeof admin, contacts: object[], etag?: string) =>
    ask('PUT', path, { version: 1, contacts }, etag === undefined ? {} : { 'if-match': etag })
  assert.equal((await put(admin, [])).status, 204)
  const empty = await admin('GET', path)
  assert.deepEqual([empty.status, empty.json.contacts], [200, []])
  const wrong = await put(admin, [own, { ...own, zone: 'Nowhere/Else', hours: undefined }])
  assert.deepEqual(
    [wrong.status, wrong.json.error.details.map((one: { code: string; target: string }) => [one.target, one.code])],
    [400, [['contacts/1/hours', 'property_required']]],
  )
  const twice = await put(admin, [own, { ...own, zone: 'Nowhere/Else' }])
  assert.deepEqual(
    twice.json.error.details.map(({ target }: { target: string }) => target),
    ['contacts/1/id', 'contacts/1/zone'],
  )
  assert.deepEqual((await admin('GET', path)).json.contacts, [], 'a refused list changes nothing')
  assert.equal((await put(admin, [own], empty.json['@odata.etag'])).status, 204)
  assert.equal((await put(admin, [], empty.json['@odata.etag'])).status, 412)
  assert.deepEqual((await admin('GET', path)).json.contacts, [own])
  for (const [status, asked] of [
    [403, plain('GET', path)],
    [403, put(plain, [])],
    [404, admin('GET', `/organization/${globex}/supportContacts`)],
    [404, admin('PUT', `/organization/${globex}/supportContacts`, { version: 1, contacts: [] })],
  ] as const)
    assert.equal((await asked).status, status)
  assert.equal((await put(admin, [])).status, 204)
})
