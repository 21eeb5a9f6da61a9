import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { assignRole, findTenantId, findUserByName, removeContactInfo, setContactInfo } from '../directory/index.ts'
import { resealAll } from '../runtime/seals.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { wrongLetters } from '../typos.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const act = (): Act => ({
  ...means(),
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(services.clock()) },
})
const userOf = (name: string) => inTenant(store, acme, async trx => (await findUserByName(trx, acme, name))!)
const fill = async (name: string, kind: 'mobilePhone' | 'email', value: string) => {
  const user = await userOf(name)
  await inTenant(store, acme, trx => setContactInfo(trx, means(), user, { kind, value, setBy: 'administrator' }))
}
const admin = await api.as('admin@acme.example')
const helpdesk = await api.as('helpdesk@acme.example')
const ask = async (query: string, by = helpdesk) => {
  const { status, json, text } = await by('POST', '/helpDesk/lookups', { query })
  assert.equal(status, 200, text)
  return json.value as { userPrincipalName: string; matchedBy: string; journeyId?: string }[]
}
const told = async (query: string, by = helpdesk) =>
  (await ask(query, by)).map(({ userPrincipalName, matchedBy }) => `${userPrincipalName} ${matchedBy}`)
const NEW = 'new@acme.example'

test('a caller is found by the beginnings of names and addresses, and by employee id', async () => {
  const { id } = await userOf(NEW)
  const profile = {
    displayName: 'Kim Vesterholm Quill',
    mail: 'quick@acme.example',
    employeeId: 'E-77',
    officeLocation: 'Oslo',
    department: 'Sales',
  }
  assert.equal((await admin('PATCH', `/users/${id}`, profile)).status, 204)
  const { employeeId: _, mail: __, displayName, officeLocation, department } = profile
  const [found, ...others] = await ask('vester')
  assert.deepEqual(others, [])
  assert.deepEqual(found, {
    id,
    displayName,
    userPrincipalName: NEW,
    officeLocation,
    department,
    matchedBy: 'displayName',
  })
  assert.deepEqual(await told('QUILL kim'), [`${NEW} displayName`])
  assert.deepEqual(await told('esterholm'), [])
  assert.deepEqual(await told('New@Acme'), [`${NEW} userPrincipalName`])
  assert.deepEqual(await told('quick@'), [`${NEW} mail`])
  assert.deepEqual(await told('e-77'), [`${NEW} employeeId`])
  assert.deepEqual(await told('e-7'), [])
  for (const query of ['%%', '\\\\', '" OR "', '^@']) assert.deepEqual(await told(query), [], query)
  for (const query of ['a', '  ', 'a\u0000b', 'a'.repeat(121)])
    assert.equal((await helpdesk('POST', '/helpDesk/lookups', { query })).status, 400, JSON.stringify(query))
})

test('the last four digits find contact info, and never a registered method', async () => {
  await fill(NEW, 'mobilePhone', '+46701749317')
  await fill(NEW, 'email', 'call9318@mail.example')
  assert.deepEqual(await told('9317'), [`${NEW} contactInfo`])
  for (const query of ['317', '49317', '+46701749317', '9318', '4670']) assert.deepEqual(await told(query), [], query)
  // registered@acme.example has registered +1 206 555 0110 as a method.
  const { json } = await admin('GET', '/users/registered@acme.example/authentication/phoneMethods')
  const numbers: string[] = json.value.map(({ phoneNumber }: { phoneNumber: string }) => phoneNumber)
  assert.ok(numbers.length > 0)
  for (const number of numbers)
    assert.ok(!(await told(number.slice(-4))).includes('registered@acme.example contactInfo'), number)
  await fill(NEW, 'mobilePhone', '+46701749319')
  assert.deepEqual([await told('9317'), await told('9319')], [[], [`${NEW} contactInfo`]])
  const other = await findTenantId(store, 'globex.example')
  await inTenant(store, other, async trx => {
    const { id } = (await findUserByName(trx, other, 'two-gates@globex.example'))!
    await assignRole(trx, act(), id, 'Global Administrator')
  })
  const globex = await testApi(server, 'globex.example').as('two-gates@globex.example')
  assert.deepEqual(await told('9319', globex), [])
})

test('numbers of an older version are filled by the job that seals anew', async () => {
  await fill(NEW, 'mobilePhone', '+46701748821')
  await store.pool.query('update contact_info set ending_hash = null')
  assert.deepEqual(await told('8821'), [])
  await resealAll(store, means())
  assert.deepEqual(await told('8821'), [`${NEW} contactInfo`])
  const { rows } = await store.pool.query("select kind from contact_info where ending_hash is null and kind <> 'email'")
  assert.deepEqual(rows, [])
  const user = await userOf(NEW)
  await inTenant(store, acme, trx => removeContactInfo(trx, user, 'mobilePhone'))
  assert.deepEqual(await told('8821'), [])
})

test('a support code finds whose reset it is of', async () => {
  const name = 'registered@acme.example'
  const { json } = await server.browser().post('/reset', { username: name })
  const [found, ...others] = await ask(json.supportCode.toLowerCase())
  assert.deepEqual(others, [])
  assert.deepEqual([found?.userPrincipalName, found?.matchedBy], [name, 'supportCode'])
  const { rows } = await store.pool.query(
    "select correlation_id from audit_events where support_code = $1 and activity = 'reset.started'",
    [json.supportCode],
  )
  assert.equal(found?.journeyId, rows[0].correlation_id)
  assert.equal((await helpdesk('GET', `/reset/journeys/${found?.journeyId}`)).status, 200)
})

test('the number of a case finds whose address it has proved, and nobody by a registered method', async () => {
  const open = async (address: string, domain = 'acme.example') => {
    const browser = server.browser()
    const asked = { kind: 'no-way-in', domain, address, text: 'Nothing works.' }
    const { json } = await browser.post('/cases', asked)
    const code = await server.code(address)
    const number: string = json.number
    const prove = () => browser.post(`/cases/${number}/proofs`, { challenge: json.challenge.id, code })
    return { number, prove }
  }
  await fill(NEW, 'email', 'call9318@mail.example')
  const { number, prove } = await open('Call9318+x@mail.example')
  assert.deepEqual(await ask(number), [], 'nobody has proved the mailbox')
  await prove()
  const [found, ...others] = await ask(` ${number.toLowerCase()} `)
  assert.deepEqual(others, [])
  assert.deepEqual(
    [found?.userPrincipalName, found?.matchedBy, found && 'caseNumber' in found && found.caseNumber],
    [NEW, 'caseNumber', number],
  )
  const { json } = await admin('GET', '/users/registered@acme.example/authentication/emailMethods')
  for (const [address, told] of [
    ['quick@acme.example', [NEW]],
    [json.value[0].emailAddress, []],
    ['admin@acme.example', []],
  ] as const) {
    const one = await open(address)
    await one.prove()
    assert.deepEqual(
      (await ask(one.number)).map(({ userPrincipalName }) => userPrincipalName),
      told,
      address,
    )
  }
  const elsewhere = await open('call9318@mail.example', 'globex.example')
  await elsewhere.prove()
  assert.deepEqual(await ask(elsewhere.number), [], 'it is a case of another company')
})

test('only people are found whom the caller may help, and the log says who was found', async () => {
  assert.deepEqual(await told('admin@acme', helpdesk), [])
  await fill('admin@acme.example', 'mobilePhone', '+46701747755')
  assert.deepEqual(await told('7755'), [])
  const colleague = await api.as('registered@acme.example')
  assert.equal((await colleague('POST', '/helpDesk/lookups', { query: 'new@acme' })).status, 403)
  const { headers, json } = await helpdesk('POST', '/helpDesk/lookups', { query: 'new@acme' })
  const { rows } = await store.pool.query(
    'select activity, actor_name, details from audit_events where correlation_id = $1',
    [headers.get('request-id')],
  )
  assert.deepEqual(rows, [
    {
      activity: 'users.looked_up',
      actor_name: 'helpdesk@acme.example',
      details: { found: '1', people: json.value[0].id, by: 'userPrincipalName' },
    },
  ])
  const { id } = await userOf(NEW)
  await inTenant(store, acme, trx => assignRole(trx, act(), id, 'Global Administrator'))
  assert.deepEqual(await told('new@acme'), [])
})

test('the code of a reset with a name of nobody tells that it does not exist, whom it is nearest to, and never the name', async () => {
  const begin = async (username: string) => (await server.browser().post('/reset', { username })).json.supportCode
  const look = async (query: string, by = helpdesk) => (await by('POST', '/helpDesk/lookups', { query })).json
  const code = await begin('regsitered@acme.example')
  const told = await look(code)
  assert.equal(told.isUnknownName, true)
  assert.deepEqual(
    told.value.map((one: { userPrincipalName: string; matchedBy: string }) => [one.userPrincipalName, one.matchedBy]),
    [['registered@acme.example', 'nearName']],
  )
  assert.doesNotMatch(JSON.stringify(told), /regsitered/)
  const far = await look(await begin('zzz-a-password-9@acme.example'))
  assert.deepEqual([far.isUnknownName, far.value], [true, []])
  assert.equal((await look(await begin(NEW))).isUnknownName, false)
  const globex = await testApi(server, 'globex.example').as('admin@globex.example')
  assert.deepEqual(await look(code, globex), { ...(await look('nobody at all', globex)) })
  assert.equal(wrongLetters('anna', 'nana'), 1)
  assert.equal(wrongLetters('anna', 'hannah'), 2)
  assert.equal(wrongLetters('abcdef', 'badcfe'), 3)
  assert.equal(wrongLetters('anna', 'a-stranger'), 3)
  assert.equal(wrongLetters('', 'ab'), 2)
})

test('eight are found at most, and sixty asked for a minute', async t => {
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(120_000)
  const by = await testApi(later).as('helpdesk@acme.example')
  assert.equal((await ask('acme.ex', by)).length, 0)
  const { rows } = await store.pool.query(
    "select count(*)::integer as count from users where tenant_id = $1 and user_principal_name_folded ^@ 's'",
    [acme],
  )
  assert.ok(rows[0].count > 0)
  await store.pool.query(
    "update accounts set display_name_folded = 'crowd ' || display_name_folded where tenant_id = $1",
    [acme],
  )
  const crowd = await ask('crowd', by)
  assert.equal(crowd.length, 8)
  const statuses = []
  for (let time = 0; time < 59; time++) statuses.push((await by('POST', '/helpDesk/lookups', { query: 'zz' })).status)
  assert.deepEqual([statuses.filter(status => status === 200).length, statuses.at(-1)], [58, 429])
})
