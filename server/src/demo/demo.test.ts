import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listApplications } from '../applications/index.ts'
import { DAY } from '../clock.ts'
import { systemRandom } from '../crypto/index.ts'
import { findTenantId, listTenants, listUsers } from '../directory/index.ts'
import { inTenant, migrate, openStore } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { emptyDatabaseUrl, testDatabaseUrl } from '../testing/database.ts'
import { type TestServer, testServer } from '../testing/server.ts'
import { FreshError, PASSWORD, type SentMessage, seedDemonstration, seedPartners, startOver, tenants } from './index.ts'
import { partnersTenants } from './partnersTenants.ts'
import { answeredQuestions, type DemoMethods } from './tenants.ts'

/** What each account is to show: how its sign-in ends, and how its reset begins. */
const shown: Record<string, [signIn: string, reset: string, methods?: string]> = {
  'admin@acme.example': ['second-step', 'verify', 'mobilePhone email'],
  'helpdesk@acme.example': ['register', 'SSPR_0014'],
  'registered@acme.example': ['signed-in', 'verify', 'mobilePhone officePhone email securityQuestions'],
  'new@acme.example': ['register', 'SSPR_0014'],
  'prefilled@acme.example': ['confirm', 'verify', 'mobilePhone email'],
  'stale@acme.example': ['confirm', 'verify', 'mobilePhone email'],
  'temporary@acme.example': ['change-password', 'SSPR_0014'],
  'locked@acme.example': ['invalid_credentials', 'choose-problem', 'email'],
  'disabled@acme.example': ['account_disabled', 'SSPR_0014'],
  'onpremises@acme.example': ['signed-in', 'SSPR_0010'],
  'signer@acme.example': ['signed-in', 'verify', 'mobilePhone email'],
  'admin@acme-europe.example': ['second-step', 'verify', 'mobilePhone email'],
  'admin@globex.example': ['second-step', 'verify', 'mobilePhone email'],
  'two-gates@globex.example': ['signed-in', 'verify', 'mobilePhone email'],
  'outside@globex.example': ['signed-in', 'SSPR_0013'],
  'someone@initech.example': ['signed-in', 'SSPR_0009'],
  'first@umbrella.example': ['register', 'SSPR_0014'],
  'second@umbrella.example': ['register', 'SSPR_0014'],
}

test('every account shows what the demonstration says of it', async t => {
  const server = await testServer({ context: t })
  const names = tenants.flatMap(({ accounts }) => accounts.map(({ name }) => name))
  assert.deepEqual([...names].sort(), Object.keys(shown).sort())
  for (const [username, [signIn, reset, methods]] of Object.entries(shown)) {
    const signedIn = (await server.browser().post('/signin', { username, password: PASSWORD })).json
    assert.equal(signedIn.state ?? signedIn.code, signIn, username)
    const { json } = await server.browser().post('/reset', { username })
    assert.equal(json.refusal?.code ?? json.state, reset, username)
    if (methods) assert.equal(json.methods.map(({ kind }: { kind: string }) => kind).join(' '), methods, username)
    const gates = username.startsWith('two-gates') ? 2 : 1
    if (methods) assert.equal(json.gates.required, gates, username)
  }
})

test('the n-th question is answered by "demo answer n", in the order in which the questions are offered', async t => {
  const server = await testServer({ context: t })
  await server.post('/signin', { username: 'registered@acme.example', password: PASSWORD })
  const { json: info } = await server.get('/security-info')
  assert.ok(info.questions.choices.length >= 11)
  const texts = answeredQuestions.map(({ id }) => server.services.words.in('en').t(`questions.${id as 'first-sea'}`))
  assert.deepEqual(
    info.questions.choices.slice(0, 5).map((choice: { text: string }) => choice.text),
    texts,
  )
  const { json: journey } = await server.post('/reset', { username: 'registered@acme.example' })
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'securityQuestions')
  const { json: asked } = await server.post(`/reset/${journey.id}/challenges`, { method: method.id })
  const answers = asked.challenge.questions.map((one: { id: string; text: string }) => ({
    question: one.id,
    answer: `Demo  ANSWER ${texts.indexOf(one.text) + 1}`,
  }))
  assert.equal(answers.length, 3)
  const { json: passed } = await server.post(`/reset/${journey.id}/proofs`, { challenge: asked.challenge.id, answers })
  assert.equal(passed.state, 'choose-password')
})

test('lesson 6: no address and no number of the demonstration can belong to anybody', () => {
  // Names that nobody can register (RFC 2606), and numbers that are kept for fiction.
  const fiction = /^\+(120655501\d\d|4670174060\d|61491570(00\d|15[6-9]))$/
  for (const { domain, settings, accounts } of [...tenants, ...partnersTenants]) {
    assert.match(domain, /\.example$/)
    assert.match(('helpdesk' in settings ? settings.helpdesk : null) ?? 'https://x.example', /\.example$/)
    for (const account of accounts) {
      assert.match(account.name, /@[\w.-]+\.example$/)
      const { email, mobilePhone, officePhone }: DemoMethods = 'methods' in account ? account.methods : {}
      assert.match(email ?? 'x@mail.example', /@[\w.-]+\.example$/)
      for (const number of [mobilePhone, officePhone]) assert.match(number ?? '+12065550100', fiction)
    }
  }
})

test('a second start leaves the tenants as people have changed them', async t => {
  const server = await testServer({ context: t })
  const { store, services, clock } = server
  const before = await listTenants(store)
  const acme = await findTenantId(store, 'acme.example')
  await inTenant(store, acme, trx =>
    trx
      .updateTable('users')
      .set({ display_name: 'Changed' })
      .where('tenant_id', '=', acme)
      .where('user_principal_name_folded', '=', 'new@acme.example')
      .execute(),
  )
  const means = { now: clock.now(), random: services.random, keys: services.keys }
  await seedDemonstration(store, means, services.passwordChecks)
  assert.deepEqual(await listTenants(store), before)
  const users = await inTenant(store, acme, trx => listUsers(trx, acme))
  assert.equal(users.length, 11)
  assert.ok(users.some(({ displayName }) => displayName === 'Changed'))
})

test('a demonstration of an older version gets the accounts and applications that it lacks, once', async t => {
  const server = await testServer({ context: t })
  const { store, services, clock } = server
  const acme = await findTenantId(store, 'acme.example')
  const list = () => inTenant(store, acme, trx => listApplications(trx, acme))
  const seeded = await list()
  assert.deepEqual(seeded.map(({ appId }) => appId.at(-1)).sort(), ['1', '2', '3', '4', '5', '6', '7', '9'])
  const seed = () => {
    const means = { now: clock.now(), random: services.random, keys: services.keys }
    return seedDemonstration(store, means, services.passwordChecks)
  }
  await store.pool.query("delete from users where user_principal_name_folded = 'signer@acme.example'")
  await store.pool.query(
    "update facts set value = (value::jsonb - 'signer@acme.example')::text where name like 'demo%'",
  )
  await store.pool.query('delete from applications')
  await seed()
  const withoutTimes = (all: Awaited<ReturnType<typeof list>>) =>
    all.map(({ appId, displayName, platform, secrets, organizationConsent }) => [
      appId,
      displayName,
      platform,
      secrets.length,
      organizationConsent?.scopes,
      organizationConsent?.permissions,
    ])
  assert.deepEqual(withoutTimes(await list()), withoutTimes(seeded))
  assert.equal((await inTenant(store, acme, trx => listUsers(trx, acme))).length, 11)
  // What people remove stays away: an account would come back with a password that everybody knows.
  await store.pool.query("delete from applications where display_name = 'Notes'")
  const admin = await testApi(server).as('admin@acme.example')
  const remove = async (path: string) => assert.equal((await admin('DELETE', path)).status, 204, path)
  await remove('/users/locked@acme.example')
  const { id } = (await admin('GET', '/users/stale@acme.example')).json
  await remove('/users/stale@acme.example')
  await remove(`/directory/deletedItems/${id}`)
  await seed()
  assert.equal((await list()).length, 7)
  const names = async () =>
    (await inTenant(store, acme, trx => listUsers(trx, acme))).map(user => user.userPrincipalName)
  assert.equal((await names()).length, 9)
  // Also where an older version has not noted what it made, while they can be restored.
  await store.pool.query("delete from facts where name like 'demo%'")
  await seed()
  assert.ok(!(await names()).includes('locked@acme.example'))
})

test('the outbox shows each message once, newest first, and names the reset that it belongs to', async t => {
  const server = await testServer({ context: t })
  const { json: journey } = await server.post('/reset', { username: 'registered@acme.example' })
  const byKind = (kind: string) => journey.methods.find((one: { kind: string }) => one.kind === kind).id
  await send(server, journey.id, { method: byKind('mobilePhone'), channel: 'sms', phoneNumber: '+12065550110' })
  await send(server, journey.id, { method: byKind('mobilePhone'), channel: 'voice' })
  await send(server, journey.id, { method: byKind('email') })
  const { messages } = (await server.get('/demo/outbox')).json as { messages: SentMessage[] }
  assert.deepEqual(
    messages.map(({ channel, to, kind, journey }) => [channel, to, kind, journey]),
    [
      ['email', 'registered@mail.example', 'code', journey.id],
      ['voice', '+12065550110', 'code', journey.id],
      ['sms', '+12065550110', 'code', journey.id],
    ],
  )
  const [email, voice, sms] = messages
  assert.match(email!.subject!, /Acme/)
  assert.ok(!('subject' in sms!))
  assert.equal(email!.text.match(/\d{6}/g)?.length, 1)
  assert.match(sms!.text, /^(\d{6}) .*\n@localhost #\1$/s)
  assert.match(voice!.text, /(\d(?:, \d){5}).*\1/)
  assert.ok(Math.abs(Date.parse(email!.sentAt) - Date.now()) < 60_000)
  assert.ok(messages.every((message, place) => place === 0 || message.sentAt <= messages[place - 1]!.sentAt))

  const page = await server.page('/demo/outbox')
  assert.match(page.headers.get('content-type')!, /text\/html/)
  assert.match(page.headers.get('refresh')!, /^\d$/)
  for (const { to, text } of messages) {
    assert.ok(page.text.includes(to))
    assert.ok(page.text.includes(/\d{6}|(\d, ){5}\d/.exec(text)![0]))
  }

  // A code of a registration belongs to a session, which is no reset.
  const person = server.browser()
  await person.post('/signin', { username: 'new@acme.example', password: PASSWORD })
  await person.post('/security-info/challenges', { kind: 'email', address: 'new@mail.example' })
  const registration = await server.message(({ to }) => to === 'new@mail.example')
  assert.ok(!('journey' in registration))

  // A dump of the database shows neither code nor reader.
  const { rows } = await server.store.pool.query('select sealed from latchkey.demo_outbox')
  assert.equal(rows.length, 4)
  const codes = (await server.outbox()).flatMap(({ text }) => text.match(/\d{6}/g) ?? [])
  const told = new RegExp(['mail\\.example', 'verification', ...codes].join('|'))
  for (const { sealed } of rows) assert.doesNotMatch(String(sealed), told)
})

async function send(server: TestServer, id: string, asked: object) {
  const count = (await server.outbox()).length
  const { status } = await server.post(`/reset/${id}/challenges`, asked)
  assert.equal(status, 201)
  const end = performance.now() + 60_000
  while ((await server.outbox()).length === count && performance.now() < end)
    await new Promise(resolve => setTimeout(resolve, 10))
}

test('starting over empties a demonstration, and nothing else', async () => {
  const fresh = await openStore({ databaseUrl: await emptyDatabaseUrl() })
  await startOver(fresh)
  await migrate(fresh)
  await startOver(fresh)
  await migrate(fresh)
  // Nobody has said whose these tables are, and the schema beside them is another program's.
  await fresh.pool.query('create schema jobs; create table jobs.theirs ()')
  await fresh.pool.query("insert into latchkey.facts values ('theirs', '1')")
  await startOver(fresh)
  assert.equal((await fresh.pool.query('select from latchkey.facts')).rowCount, 1)
  await fresh.pool.query("insert into latchkey.facts values ('purpose', 'demonstration')")
  const { now, random } = { now: new Date(), random: systemRandom }
  const tenant = "insert into latchkey.tenants (tenant_id, display_name, created_at) values ($1, 'Left over', $2)"
  await fresh.pool.query(tenant, [random.uuid(now), now])
  await startOver(fresh)
  await migrate(fresh)
  assert.deepEqual(await listTenants(fresh), [])
  assert.equal((await fresh.pool.query('select from jobs.theirs')).rowCount, 0)
  await fresh.close()

  const url = await testDatabaseUrl()
  const store = await openStore({ databaseUrl: url })
  await store.pool.query("insert into latchkey.facts values ('purpose', 'production')")
  await assert.rejects(startOver(store), FreshError)
  await store.pool.query("update latchkey.facts set value = 'Demonstration'")
  await assert.rejects(startOver(store), FreshError)
  await store.pool.query("update latchkey.facts set value = 'demonstration'")
  const other = await openStore({ databaseUrl: url, applicationName: 'latchkey server' })
  await assert.rejects(startOver(store), /Another program/)
  assert.equal((await store.pool.query('select from latchkey.facts')).rowCount, 1)
  await other.close()
  await store.close()
})

test('the temporary password works anew from each start on', async t => {
  const server = await testServer({ context: t })
  const { services, clock } = server
  const signIn = async () =>
    (await server.browser().post('/signin', { username: 'temporary@acme.example', password: PASSWORD })).json
  clock.advance(4 * DAY)
  assert.equal((await signIn()).code, 'temporary_password_expired')
  const means = { now: clock.now(), random: services.random, keys: services.keys }
  await seedDemonstration(server.store, means, services.passwordChecks)
  assert.equal((await signIn()).state, 'change-password')
})

test('the partners of the demonstration have what the contract says, once, and act by it', async t => {
  const server = await testServer({ context: t })
  const { store, services, clock } = server
  const seed = () =>
    seedPartners(store, { now: clock.now(), random: services.random, keys: services.keys }, services.passwordChecks)
  await seed()
  const harbour = testApi(server, 'harbour.example')
  const one = await harbour.as('agent-one@harbour.example')
  const R = '/tenantRelationships/delegatedAdminRelationships'
  const relationships = async () =>
    Object.fromEntries(
      (await one('GET', R)).json.value.map((row: { displayName: string; id: string; status: string }) => [
        row.displayName,
        `${row.status} ${row.id}`,
      ]),
    )
  const before = await relationships()
  assert.deepEqual(
    Object.entries(before)
      .map(([name, told]) => `${name}: ${String(told).split(' ')[0]}`)
      .sort(),
    [
      ...['Fern old: expired', 'Moss care: active', 'Moss first: terminated', 'Quill rescue: active'],
      ...['Reed audit: approvalPending', 'Reed care: active', 'Reed draft: created'],
    ],
  )
  await seed()
  assert.deepEqual(await relationships(), before)
  const idOf = (domain: string) => findTenantId(store, domain)
  const resellers = (await one('GET', '/partner/partnerships')).json.value
  assert.deepEqual(
    resellers.map((row: { displayName: string; role: string }) => `${row.displayName}: ${row.role}`),
    ['Lantern: reseller', 'Quill: reseller'],
  )
  const customers = (await one('GET', '/partner/customers')).json.value
  assert.deepEqual(
    customers.map((row: { displayName: string; access: { gdap: boolean; dap: boolean } }) => [
      row.displayName,
      row.access.gdap,
      row.access.dap,
    ]),
    [
      ['Fern', false, true],
      ['Moss', true, true],
      ['Quill', true, false],
      ['Reed', true, false],
    ],
  )
  // Case 7: who is named reads the request, and nobody else.
  const audit = `/tenantRelationships/partnerRequests/${before['Reed audit'].split(' ')[1]}`
  const asked = await (await testApi(server, 'reed.example').as('admin@reed.example'))('GET', audit)
  assert.deepEqual([asked.json.partner.displayName, asked.json.requested.duration], ['Harbour', 'P180D'])
  assert.equal((await (await testApi(server, 'sedge.example').as('admin@sedge.example'))('GET', audit)).status, 404)
  // Cases 12, 20, 22, 30.
  const reset = async (name: string, domain: string, person: string) => {
    const { id } = await inTenant(
      store,
      await idOf(domain),
      async trx => (await listUsers(trx, trx.tenantId)).find(user => user.userPrincipalName === `${person}@${domain}`)!,
    )
    const ask = await harbour.asPartner(`${name}@harbour.example`, domain)
    const { status, code } = await ask(
      'POST',
      `/users/${id}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`,
      {},
    )
    return code ?? status
  }
  assert.equal(await reset('care', 'reed.example', 'person'), 202)
  assert.equal(await reset('care', 'reed.example', 'admin'), 'not_for_partners')
  assert.equal(await reset('agent-one', 'fern.example', 'person'), 202)
  assert.equal(await reset('agent-one', 'fern.example', 'admin'), 'not_for_partners')
  for (const domain of ['sedge.example', 'lantern.example'])
    assert.equal(await reset('care', domain, 'admin'), 'no_relationship', domain)
  // Case 18: somebody of both acts by the relationship.
  const via = async (name: string) => {
    const ask = await harbour.as(`${name}@harbour.example`)
    return (await ask('GET', `/partner/customers/${await idOf('moss.example')}/access`)).json.via
  }
  assert.deepEqual([await via('agent-one'), await via('agent-two'), await via('care')], ['dap', 'gdap', 'gdap'])
  const lantern = await testApi(server, 'lantern.example').as('admin@lantern.example')
  const agreed = (await lantern('GET', '/tenantRelationships/rescueAgreement')).json
  assert.deepEqual(
    [agreed.coolingOffHours, agreed.providers, agreed.pending],
    [24, [await idOf('harbour.example')], null],
  )
  const locked = await server.browser().post('/signin', { username: 'owner@quill.example', password: PASSWORD })
  assert.equal(locked.json.code, 'invalid_credentials')
  clock.advance(7 * DAY)
  const later = await (await harbour.as('agent-one@harbour.example'))('GET', `${R}?$filter=displayName eq 'Moss care'`)
  assert.equal(later.json.value[0].status, 'active', 'it is in use, and extended')
})
