import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId, findUserByName, setContactInfo } from '../directory/index.ts'
import { newKey, saveMethod } from '../methods/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer({ roles: ['web'] })
const { services, store } = server
const api = testApi(server)

const acme = await findTenantId(store, 'acme.example')
const key = newKey()
const registered = await inTenant(store, acme, async trx => {
  const user = await findUserByName(trx, acme, 'registered@acme.example')
  assert.ok(user)
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  await saveMethod(trx, means, user, { kind: 'authenticatorCode', source: 'person', value: key })
  await setContactInfo(trx, means, user, { kind: 'mobilePhone', setBy: 'administrator', value: '+46701740606' })
  return user
})
const hashes = await inTenant(store, acme, async trx => {
  const answers = await trx
    .selectFrom('security_answers')
    .select('answer_sealed as sealed')
    .where('tenant_id', '=', acme)
    .execute()
  const passwords = await trx
    .selectFrom('passwords')
    .select('hash_sealed as sealed')
    .where('tenant_id', '=', acme)
    .execute()
  return [...answers, ...passwords].flatMap(({ sealed }) => [sealed!.toString('hex'), sealed!.toString('base64')])
})

const methodsOf = (named: string) => `/users/${named}/authentication/methods`
const names = [registered.id, 'registered@acme.example', 'Registered%40ACME.example']

test('oneself: what one registered, whole, and no secret', async () => {
  const own = await api.as('registered@acme.example')
  for (const named of names) {
    const { status, json, text } = await own('GET', methodsOf(named))
    assert.equal(status, 200, named)
    const byType = new Map<string, Record<string, unknown>>(
      json.value.map((one: Record<string, unknown>) => [String(one['@odata.type']).split('.').at(-1), one]),
    )
    assert.deepEqual(
      [...byType.keys()],
      [
        'passwordAuthenticationMethod',
        'phoneAuthenticationMethod',
        'emailAuthenticationMethod',
        'softwareOathAuthenticationMethod',
        'securityQuestionsAuthenticationMethod',
      ],
    )
    assert.equal(byType.get('passwordAuthenticationMethod')?.password, null)
    assert.equal(byType.get('phoneAuthenticationMethod')?.phoneNumber, '+1 2065550110')
    assert.equal(byType.get('emailAuthenticationMethod')?.emailAddress, 'registered@mail.example')
    assert.equal(byType.get('softwareOathAuthenticationMethod')?.secretKey, null)
    const questions = byType.get('securityQuestionsAuthenticationMethod')?.questions as string[]
    assert.equal(questions.length, 5)
    for (const question of questions) assert.match(question, /^\S+ .+\?$/)
    // Contact info is no method that the person registered.
    assert.equal(text.includes('46 701740606'), false)
    assert.ok(hashes.length > 10)
    for (const secret of [key, 'demo answer', '$argon2', ...hashes]) assert.equal(text.includes(secret), false)
  }
})

test('a colleague and a help desk are refused, and read nothing of it', async () => {
  for (const name of ['prefilled@acme.example', 'helpdesk@acme.example']) {
    const colleague = await api.as(name)
    for (const named of names) {
      const { status, json, text } = await colleague('GET', methodsOf(named))
      assert.deepEqual([status, json.error.code], [403, 'Authorization_RequestDenied'], `${name} ${named}`)
      assert.deepEqual(Object.keys(json), ['error'])
      assert.equal(/2065550110|mail\.example|registered@/i.test(text), false)
    }
  }
})

test('a Global Administrator reads what somebody registered, but not which questions they chose', async () => {
  const { status, json, text } = await (await api.as('admin@acme.example'))('GET', methodsOf(registered.id))
  assert.equal(status, 200)
  assert.ok(text.includes('+1 2065550110'))
  const types = json.value.map((one: Record<string, unknown>) => one['@odata.type'])
  assert.equal(types.includes('#latchkey.securityQuestionsAuthenticationMethod'), false)
  for (const secret of [key, 'demo answer', '$argon2', ...hashes]) assert.equal(text.includes(secret), false)
})

test('somebody of another tenant reads like nobody at all, word for word', async () => {
  const stranger = await testApi(server, 'globex.example').as('two-gates@globex.example')
  const said = async (named: string) => {
    const { status, json } = await stranger('GET', methodsOf(named))
    const { innerError: _, ...error } = json.error
    return { status, error }
  }
  const expected = await said(services.random.uuid(services.clock()))
  assert.deepEqual([expected.status, expected.error.code], [404, 'Request_ResourceNotFound'])
  for (const named of [...names, 'nobody@acme.example', 'nobody@globex.example', 'x', '%00@acme.example'])
    assert.deepEqual(await said(named), expected, named)
})
