import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { granted } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { testServer } from '../testing/server.ts'
import { askProof, takeDueStep } from '../testing/steps.ts'
import { openDns } from './dns.ts'
import { guessRegistrar, type RegistrarId, registrarIds } from './registrars.ts'

const zone = await nameServer()
const server = await testServer({ dns: openDns([zone.address]) })
const acme = await findTenantId(server.store, 'acme.example')

/** A browser of somebody of Acme, with a fresh proof. */
async function signIn(username: string) {
  const browser = server.browser()
  await browser.post('/signin', { username, password: PASSWORD })
  await takeDueStep(server, browser)
  return browser
}
const admin = await signIn('admin@acme.example')
const prove = async () => {
  const { methods } = granted(await admin.get('/security-info'))
  const email = methods.find(({ kind }: { kind: string }) => kind === 'email')
  granted(await admin.post('/session/proofs', await askProof(server, admin, email)))
}

const add = async (name: string) => granted(await admin.post('/domains', { name }), 201)
const check = async (name: string) => granted(await admin.post(`/domains/${name}/check`, {}))
const refused = async (asked: Promise<{ status: number; json: { code: string } }>, status: number, code: string) => {
  const { status: found, json } = await asked
  assert.deepEqual([found, json?.code], [status, code])
}

test('a domain is added and looked up, is told what is wrong, and is proven', async () => {
  zone.zones['shop.example'] = ['ns-1.awsdns-07.co.uk']
  const added = await admin.post('/domains', { name: ' Shop.Example ' })
  assert.deepEqual([added.status, added.headers.get('location')], [201, '/domains/shop.example'])
  const { name, state, isPrimary, isInitial, record, registrar, check: none, nextCheckAt, autoCheckUntil } = added.json
  assert.deepEqual([name, state, isPrimary, isInitial, none], ['shop.example', 'unverified', false, false, null])
  assert.deepEqual([record.type, record.hosts, record.ttl], ['TXT', ['@', '_latchkey'], 3600])
  assert.match(record.value, /^latchkey-verification=(?!.*\d{6})\w{32}$/)
  assert.deepEqual(registrar, {
    id: 'route53',
    fields: [
      { label: 'Record type', value: 'TXT' },
      { label: 'Record name', value: '' },
      { label: 'Value', value: `"${record.value}"` },
      { label: 'TTL (seconds)', value: '3600' },
    ],
  })
  const minutes = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / MINUTE)
  assert.equal(minutes(nextCheckAt, autoCheckUntil), 72 * 60 - 1)
  const missing = await check('shop.example')
  assert.deepEqual([missing.state, missing.check.result], ['unverified', 'pending'])
  assert.equal(missing.check.diagnosis[0].code, 'not_found')
  assert.match(missing.check.diagnosis[0].advice, /no such record at shop\.example/)
  const asked = missing.check.asked.map((one: { resolver: string; name: string }) => `${one.resolver} ${one.name}`)
  for (const host of ['shop.example', '_latchkey.shop.example']) assert.ok(asked.includes(`${zone.address} ${host}`))
  // A name in another script is asked for by its A-labels, and told as it is written.
  const own = await add('Bücher.example')
  assert.deepEqual([own.name, own.displayName], ['xn--bcher-kva.example', 'bücher.example'])
  zone.texts['_latchkey.xn--bcher-kva.example'] = [[own.record.value]]
  assert.equal((await check('xn--bcher-kva.example')).state, 'verified')
  assert.match((await admin.page('/domains/xn--bcher-kva.example')).text, /bücher\.example/)
  assert.equal((await admin.request('DELETE', '/domains/xn--bcher-kva.example')).status, 204)
  zone.texts['shop.example'] = [[record.value]]
  const proven = await check('shop.example')
  assert.deepEqual([proven.state, proven.check.diagnosis[0].code], ['verified', 'verified'])
  assert.deepEqual([proven.health.record, proven.health.domain], ['present', 'present'])
  const primary = granted(await admin.post('/domains/shop.example/primary', {}))
  assert.equal(primary.isPrimary, true)
  await refused(admin.request('DELETE', '/domains/shop.example'), 409, 'domain_needed')
  granted(await admin.post('/domains/acme.example/primary', {}))
  assert.deepEqual(granted(await admin.get('/domains/shop.example/uses')), {
    ...{ counts: { users: 0, domains: 0 }, users: [], domains: [] },
  })
  assert.equal((await admin.request('DELETE', '/domains/shop.example')).status, 204)
  await refused(admin.get('/domains/shop.example'), 404, 'not_found')
})

test('what cannot be added is told by its code, and so is what cannot be done', async () => {
  for (const [name, status, code] of [
    ['a b', 422, 'domain_invalid'],
    ['co.uk', 422, 'domain_public_suffix'],
    ['ac.jp', 422, 'domain_public_suffix'],
    ['ACME.example', 409, 'already_added'],
  ] as const)
    await refused(admin.post('/domains', { name }), status, code)
  // The operator's own name; a test server is at localhost, which is no domain at all.
  await refused(admin.post('/domains', { name: 'localhost' }), 422, 'domain_invalid')
  await add('plain.example')
  await refused(admin.post('/domains/plain.example/primary', {}), 409, 'not_verified')
  await refused(admin.request('DELETE', '/domains/acme.example'), 409, 'domain_needed')
  await refused(admin.post('/domains/acme.example/forced-removal', { disableUserAccounts: true }), 409, 'domain_needed')
  await refused(admin.get('/domains/nothing.example/uses'), 404, 'not_found')
})

test('a domain that another company has proven is a conflict, which names nobody', async () => {
  const { record } = await add('globex.example')
  zone.texts['_latchkey.globex.example'] = [[record.value]]
  const found = await admin.post('/domains/globex.example/check', {})
  assert.equal(found.status, 200)
  assert.deepEqual([found.json.state, found.json.check.result], ['conflict', 'conflict'])
  assert.equal(found.json.conflict.kind, 'managed')
  assert.deepEqual(
    found.json.conflict.acts.map(({ act, method, href }: Record<string, string>) => [act, method, href]),
    [['contest', 'POST', '/domains/globex.example/contest']],
  )
  await refused(admin.post('/domains/globex.example/contest', {}), 409, 'ask_operator')
  assert.deepEqual(
    found.json.check.diagnosis.map((one: { code: string }) => one.code),
    ['taken'],
  )
  assert.doesNotMatch(found.text, /globex(?!\.example)|\w@/i)
  assert.doesNotMatch((await admin.page('/domains/globex.example')).text, /Globex/)
})

test('a domain that nobody administers is told so, and leads to its takeover', async () => {
  const name = 'umbrella.example'
  const { record } = await add(name)
  zone.texts[name] = [[record.value]]
  const { state, conflict } = await check(name)
  assert.deepEqual([state, conflict.kind], ['conflict', 'unmanaged'])
  assert.deepEqual(
    conflict.acts.map(({ act, method, href }: Record<string, string>) => [act, method, href]),
    [
      ['take-in', 'POST', `/domains/${name}/takeover`],
      ['take-over', 'GET', `/takeovers?domain=${name}`],
    ],
  )
  const page = await admin.page(`/domains/${name}`)
  assert.match(page.text, /href="\/takeovers\?domain=umbrella\.example"/)
  assert.doesNotMatch(page.text, /\/contest"/)
  await refused(admin.post(`/domains/${name}/contest`, {}), 409, 'domain_unmanaged')
})

test('case 28: a domain of another company is contested, and its holder keeps it by a new record', async () => {
  const name = 'labs.example'
  const holder = await signIn('admin@globex.example')
  const first = granted(await holder.post('/domains', { name }), 201)
  zone.texts[name] = [[first.record.value]]
  assert.equal(granted(await holder.post(`/domains/${name}/check`, {})).state, 'verified')
  const { record } = await add(name)
  await refused(admin.post(`/domains/${name}/contest`, {}), 409, 'not_verified')
  zone.texts[name] = [[record.value]]
  const begun = await admin.post(`/domains/${name}/contest`, {})
  assert.deepEqual([begun.status, begun.json.state], [202, 'contested'])
  assert.match((await admin.page(`/domains/${name}`)).text, /You’ve asked for this domain/)
  const held = granted(await holder.get(`/domains/${name}`))
  assert.deepEqual([held.state, held.contestedUntil], ['contested', begun.json.contestedUntil])
  const page = await holder.page(`/domains/${name}`)
  assert.match(page.text, /Somebody outside of your organization/)
  assert.doesNotMatch(page.text, /acme/i)
  zone.texts[name].push([held.record.value])
  const kept = granted(await holder.post(`/domains/${name}/check`, {}))
  assert.deepEqual([kept.state, kept.contestedUntil], ['verified', undefined])
  await server.message(({ to, subject }) => to === 'admin@acme.example' && /stays with its holder/.test(subject ?? ''))
  await refused(admin.post(`/domains/${name}/contest`, {}), 409, 'contest_closed')
})

test('only those who keep the domains read them, with a fresh proof they change them, and nobody of another company does', async () => {
  const member = await signIn('registered@acme.example')
  await refused(member.get('/domains'), 403, 'forbidden')
  await refused(member.get('/domains/acme.example'), 403, 'forbidden')
  await refused(member.post('/domains', { name: 'member.example' }), 403, 'forbidden')
  await refused(member.post('/domains/plain.example/check', {}), 403, 'forbidden')
  await refused(member.post('/domains/plain.example/contest', {}), 403, 'forbidden')
  await refused(server.browser().get('/domains'), 401, 'not_signed_in')
  const other = await signIn('two-gates@globex.example')
  // The right counts as it is now, not as it was at the sign-in.
  await server.store.pool.query(
    `insert into latchkey.role_assignments (tenant_id, id, principal_kind, principal_id, role, assigned_at)
     select tenant_id, gen_random_uuid(), 'user', id, 'Domain Name Administrator', now() from latchkey.users
     where user_principal_name in ('registered@acme.example', 'two-gates@globex.example')`,
  )
  await refused(other.get('/domains/acme.example'), 404, 'not_found')
  assert.equal((await member.get('/domains')).status, 200)
  server.clock.advance(16 * MINUTE)
  for (const [path, body] of [
    ['/domains', { name: 'stale.example' }],
    ['/domains/plain.example/check', {}],
    ['/domains/plain.example/primary', {}],
    ['/domains/plain.example/forced-removal', { disableUserAccounts: true }],
  ] as const)
    await refused(admin.post(path, body), 403, 'proof_needed')
  await refused(admin.request('DELETE', '/domains/plain.example'), 403, 'proof_needed')
  const form = { page: true, form: {} } as const
  const led = await admin.request('POST', '/domains/plain.example/check', form)
  assert.equal(led.headers.get('location'), '/session/proof?next=%2Fdomains%2Fplain.example')
  assert.doesNotMatch((await admin.page('/domains')).text, /name="name"/)
  await prove()
})

test('without script the same is done by forms, and a refusal is told beside the form', async () => {
  const page = await admin.page('/domains')
  assert.match(page.text, /<form[^>]*action="\/domains"/)
  const sent = await admin.submit('/domains', { name: 'paper.example' })
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, '/domains/paper.example?added'])
  const shown = await admin.follow(sent)
  assert.match(shown.text, /latchkey-verification=\w{32}/)
  assert.match(shown.text, /data-copy="latchkey-verification=/)
  assert.ok(shown.text.length < 16_000, String(shown.text.length))
  const checked = await admin.follow(await admin.submit('/domains/paper.example/check', {}))
  assert.match(checked.text, /The DNS doesn’t know paper\.example/)
  assert.match((await admin.page('/domains/paper.example?registrar=ionos&lang=fr')).text, /Nom d’hôte/)
  assert.match((await admin.page('/domains/paper.example?registrar=onamae&lang=ja')).text, /ホスト名/)
  await admin.page('/domains?lang=en')
  const again = await admin.follow(await admin.submit('/domains', { name: 'paper.example' }))
  assert.match(again.text, /has this domain already/)
  assert.match(again.text, /value="paper\.example"/)
  const gone = await admin.submit('/domains/paper.example/removal', {})
  assert.equal(gone.headers.get('location'), '/domains?removed')
})

test('each of the ten registrars is known by its servers, and tells the record in its own words', async () => {
  // The labels of type, host, value and TTL, and what stands for the domain itself; a form without other words is in English everywhere.
  const forms: Record<RegistrarId, { server: string; en: string[]; fr?: string[]; ja?: string[]; apex?: '' }> = {
    cloudflare: {
      ...{ server: 'ada.ns.cloudflare.com', en: ['Type', 'Name', 'Content', 'TTL'] },
      ...{ fr: ['Type', 'Nom', 'Contenu', 'TTL'], ja: ['タイプ', '名前', 'コンテンツ', 'TTL'] },
    },
    gandi: {
      ...{ server: 'ns-12-a.gandi.net', en: ['Type', 'Name', 'Text value', 'TTL'] },
      fr: ['Type', 'Nom', 'Valeur texte', 'TTL'],
    },
    godaddy: {
      ...{ server: 'ns07.domaincontrol.com', en: ['Type', 'Name', 'Value', 'TTL'] },
      fr: ['Type', 'Nom', 'Valeur', 'TTL'],
    },
    hostinger: {
      ...{ server: 'ns1.dns-parking.com', en: ['Type', 'Name', 'TXT value', 'TTL'] },
      fr: ['Type', 'Nom', 'Valeur TXT', 'TTL'],
    },
    ionos: {
      ...{ server: 'ns1011.ui-dns.de', en: ['Type', 'Host name', 'Value', 'TTL'] },
      fr: ['Type', 'Nom d’hôte', 'Valeur', 'TTL'],
    },
    namecheap: { server: 'dns1.registrar-servers.com', en: ['Type', 'Host', 'Value', 'TTL'] },
    onamae: { server: '01.dnsv.jp', en: ['TYPE', 'ホスト名', 'VALUE', 'TTL'], apex: '' },
    ovh: {
      ...{ server: 'dns200.anycast.me', en: ['Type', 'Sub-domain', 'Value', 'TTL'], apex: '' },
      fr: ['Type', 'Sous-domaine', 'Valeur', 'TTL'],
    },
    route53: {
      ...{ server: 'ns-7.awsdns-07.co.uk', en: ['Record type', 'Record name', 'Value', 'TTL (seconds)'], apex: '' },
      fr: ['Type d’enregistrement', 'Nom de l’enregistrement', 'Valeur', 'TTL (secondes)'],
      ja: ['レコードタイプ', 'レコード名', '値', 'TTL (秒)'],
    },
    squarespace: { server: 'ns-cloud-a1.googledomains.com', en: ['Type', 'Host', 'Data', 'TTL'] },
  }
  assert.deepEqual(Object.keys(forms), registrarIds)
  const { record } = granted(await admin.get('/domains/plain.example'))
  for (const [id, { server: one, apex = '@', ...words }] of Object.entries(forms)) {
    assert.equal(guessRegistrar(['ns1.elsewhere.example', one]), id)
    const value = id === 'route53' ? `"${record.value}"` : record.value
    for (const language of ['en', 'fr', 'ja'] as const) {
      const { registrar } = granted(await admin.get(`/domains/plain.example?registrar=${id}&lang=${language}`))
      const labels = words[language] ?? words.en
      const values = ['TXT', apex, value, '3600']
      assert.deepEqual(
        registrar,
        { id, fields: labels.map((label, n) => ({ label, value: values[n] })) },
        `${id} ${language}`,
      )
    }
  }
  await admin.page('/domains?lang=en')
  assert.equal(guessRegistrar(['ns1.notovh.net.example', 'awsdns-07.example']), undefined)
})

test('a domain in use is removed by force, from its page', async () => {
  const { record } = await add('used.example')
  zone.texts['used.example'] = [[record.value]]
  await check('used.example')
  await server.store.pool.query(
    `update latchkey.accounts set user_principal_name = 'prefilled@used.example', user_principal_name_folded = 'prefilled@used.example'
     where tenant_id = $1 and user_principal_name = 'prefilled@acme.example'`,
    [acme],
  )
  await refused(admin.request('DELETE', '/domains/used.example'), 409, 'domain_in_use')
  const uses = granted(await admin.get('/domains/used.example/uses'))
  assert.deepEqual([uses.counts.users, uses.users[0].userPrincipalName], [1, 'prefilled@used.example'])
  assert.match((await admin.page('/domains/used.example/uses')).text, /1 person has a name/)
  const { status, json } = await admin.post('/domains/used.example/forced-removal', { disableUserAccounts: false })
  assert.deepEqual([status, json.state], [202, 'removing'])
  for (const end = performance.now() + 60_000; (await admin.get('/domains/used.example')).status === 200; ) {
    assert.ok(performance.now() < end)
    await sleep(100)
  }
})

const inProof = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' }

test('by the usual deadline a check of servers that say nothing is answered within 8 seconds', inProof, async t => {
  const patient = await testServer({ context: t, dns: openDns([zone.address]) })
  const browser = patient.browser()
  await browser.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  await takeDueStep(patient, browser)
  granted(await browser.post('/domains', { name: 'mute.example' }), 201)
  zone.zones['mute.example'] = ['ns1.mute.example']
  for (const name of ['mute.example', '_latchkey.mute.example']) zone.faults[name] = 'silence'
  const begun = performance.now()
  const { check: found } = granted(await browser.post('/domains/mute.example/check', {}))
  const took = performance.now() - begun
  assert.deepEqual([found.result, found.diagnosis[0].code], ['error', 'timeout'])
  assert.ok(took > 2_000 && took < 8_500, `${took}`)
})

test('a company has sixty checks made in an hour', async () => {
  await server.store.pool.query(
    'update latchkey.tenants set domain_checks = 60, domain_checks_at = $2 where tenant_id = $1',
    [acme, server.clock.now()],
  )
  const { status, json } = await admin.post('/domains/plain.example/check', {})
  assert.deepEqual([status, json.code, json.retryAfter], [429, 'throttled', 3_600])
})

test('case 29: who has proven a domain hears when a stranger proves one below it, and not who', async () => {
  const other = await signIn('admin@globex.example')
  const { record, state } = granted(await other.post('/domains', { name: 'outlet.acme.example' }), 201)
  assert.equal(state, 'unverified', 'the domain above is not theirs')
  zone.texts['outlet.acme.example'] = [[record.value]]
  assert.equal(granted(await other.post('/domains/outlet.acme.example/check', {})).state, 'verified')
  const told = await server.message(
    one => one.to === 'admin@acme.example' && one.subject === 'Somebody else has verified outlet.acme.example',
  )
  assert.doesNotMatch(told.text, /globex/i)
  assert.ok(!(await server.outbox()).some(one => /globex/.test(one.to) && /Somebody else/.test(one.subject ?? '')))
  const { rows } = await server.store.pool.query(
    "select tenant_id, details from latchkey.audit_events where activity = 'domain.warned' and target_name = 'outlet.acme.example'",
  )
  assert.deepEqual(rows, [{ tenant_id: acme, details: { proven: 'elsewhere' } }])
})

test('who makes a domain the primary one can move their own name to it, and signs in by it', async () => {
  const { rows } = await server.store.pool.query('update latchkey.tenants set domain_checks = 0 returning 1')
  assert.ok(rows.length > 0)
  const browser = await signIn('admin@acme.example')
  const { record } = granted(await browser.post('/domains', { name: 'moved.example' }), 201)
  zone.texts['moved.example'] = [[record.value]]
  granted(await browser.post('/domains/moved.example/check', {}))
  const shown = await browser.page('/domains/moved.example')
  assert.match(shown.text, /move my own name to it/)
  // Somebody has that name: then nothing changes.
  const name = "user_principal_name = 'admin@moved.example', user_principal_name_folded = 'admin@moved.example'"
  await server.store.pool.query(
    `update latchkey.accounts set ${name} where tenant_id = $1 and user_principal_name = 'new@acme.example'`,
    [acme],
  )
  await refused(browser.post('/domains/moved.example/primary', { renameMe: true }), 422, 'user_name_taken')
  assert.equal(granted(await browser.get('/domains/moved.example')).isPrimary, false)
  await server.store.pool.query(
    `update latchkey.accounts set user_principal_name = 'new@acme.example', user_principal_name_folded = 'new@acme.example'
     where tenant_id = $1 and user_principal_name = 'admin@moved.example'`,
    [acme],
  )
  const moved = granted(await browser.post('/domains/moved.example/primary', { renameMe: true }))
  assert.deepEqual([moved.isPrimary, moved.next], [true, '/signin?username=admin%40moved.example'])
  await refused(browser.get('/domains'), 401, 'not_signed_in')
  const again = await signIn('admin@moved.example')
  assert.equal(granted(await again.post('/domains/acme.example/primary', { renameMe: false })).next, undefined)
  const sent = await again.submit('/domains/moved.example/primary', { renameMe: 'true' })
  assert.equal(sent.headers.get('location'), '/signin?username=admin%40moved.example')
})
