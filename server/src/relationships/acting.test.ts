// A long file: one partner acts for one customer in every way that there is, and a third company stands beside.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Role, templateIds } from '../access/index.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import {
  addMember,
  createGroup,
  createUser,
  deleteUser,
  findUserByName,
  removeMember,
  setGroupDeleted,
} from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { makePartner } from '../testing/partners.ts'
import { payloadOf, redeem, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { store, services } = server
const { random, keys } = services
const partner = testApi(server)
const customer = testApi(server, 'globex.example')
const acme = await makePartner(server, 'acme.example', ['admin@acme.example'])
const home = await testProvider(server)
const there = await testProvider(server, 'globex.example')
const third = await testProvider(server, 'acme-europe.example')
const globex = there.tenantId
const means = () => ({ now: services.clock(), random, keys })
const R = '/tenantRelationships/delegatedAdminRelationships'
const CARE = 'registered@acme.example'
const details = (names: readonly Role[]) => ({
  unifiedRoles: names.map(name => ({ roleDefinitionId: templateIds[name] })),
})
const userOf = async (tenantId: string, name: string) =>
  (await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, name)))!
const PERSON = (await userOf(globex, 'outside@globex.example')).id
const ADMIN = (await userOf(globex, 'admin@globex.example')).id
let count = 0
const care = await inTenant(store, acme, async trx => {
  const id = await createGroup(trx, means(), acme, { displayName: 'Customer care' })
  await addMember(trx, acme, id, { kind: 'user', id: (await findUserByName(trx, acme, CARE))!.id })
  return id
})

/** A relationship with these roles, given to a group whole or in part. */
async function give(
  roles: readonly Role[],
  { groupId = care, part = roles, duration = 'P180D', name = `Care ${count++}` } = {},
) {
  const agent = await partner.as('admin@acme.example')
  const { json, text } = await agent('POST', R, {
    ...{ displayName: name, duration, accessDetails: details(roles), customer: { tenantId: globex } },
  })
  assert.ok(json.id, text)
  await agent('POST', `${R}/${json.id}/requests`, { action: 'lockForApproval' })
  const decider = await customer.as('admin@globex.example')
  const approved = await decider('POST', `/tenantRelationships/partnerRequests/${json.id}/approve`, {})
  assert.equal(approved.status, 200, approved.text)
  if (part.length > 0) {
    const assigned = await agent('POST', `${R}/${json.id}/accessAssignments`, {
      accessContainer: { accessContainerId: groupId, accessContainerType: 'securityGroup' },
      accessDetails: details(part),
    })
    assert.equal(assigned.status, 201, assigned.text)
  }
  return json.id as string
}
const end = async (id: string) =>
  (await customer.as('admin@globex.example'))('POST', `/tenantRelationships/partnerRelationships/${id}/terminate`)
/** Ends everything that the two have. */
async function endAll() {
  await store.pool.query('delete from latchkey.daps')
  await store.pool.query(
    "update latchkey.gdap_grants set ended_at = $1, end_reason = 'terminatedByCustomer', due_at = null where ended_at is null",
    [services.clock()],
  )
}
const delegate = (ends = plus(services.clock(), 90 * DAY)) =>
  store.pool.query(
    'insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, $3, $4, $3)',
    [globex, acme, services.clock(), ends],
  )
const asCare = (signIn?: Parameters<typeof partner.asPartner>[2]) => partner.asPartner(CARE, 'globex.example', signIn)
const asAgent = () => partner.asPartner('admin@acme.example', 'globex.example')
const reset = (ask: Awaited<ReturnType<typeof asCare>>, id: string) =>
  ask('POST', `/users/${id}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`, {})
const code = ({ status, code }: { status: number; code: string | undefined }) => `${status} ${code}`

test('cases 10, 24, 25: a person signs in at home, with a second step, and gets a token of the customer’s issuer', async () => {
  const desk = await home.register(
    { web: ['http://localhost:3999/callback'] },
    { partnerAccess: true, displayName: 'Desk' },
  )
  const plain = await home.register({ web: ['http://localhost:3999/callback'] }, { displayName: 'No desk' })
  const ask = (app = desk) => there.ask(app, { scope: 'openid profile offline_access User.Read' })
  const signIn = async (username: string, app = desk) => {
    const browser = server.browser()
    const asked = await ask(app)
    const answer = await there.signInTo(browser, asked.to, username, PASSWORD)
    return { browser, asked, answer }
  }
  // An application that is not for it reads like one that is not there.
  const unknown = await ask(plain)
  const page = await server.browser().page(unknown.to.pathname + unknown.to.search)
  assert.match(page.text, /700016/)
  // A wrong password says the same of everybody, whatever they may do there.
  const wrong = async (username: string) => {
    const browser = server.browser()
    const { headers } = await browser.page((await ask()).to.pathname + (await ask()).to.search)
    const at = new URL(headers.get('location')!, services.origin).pathname
    await browser.post(`${at}/name`, { username })
    const { status, json } = await browser.post(`${at}/password`, { password: 'No such passphrase 1!' })
    return `${status} ${json.code}`
  }
  const relationship = await give(['Helpdesk Administrator', 'Directory Readers'])
  const alike = new Set<string>()
  for (const name of [CARE, 'signer@acme.example', 'nobody@acme.example']) alike.add(await wrong(name))
  assert.equal(alike.size, 1, [...alike].join())
  const stranger = await signIn('signer@acme.example')
  assert.match(stranger.answer.searchParams.get('error_description') ?? '', /AADSTS50020/)
  const { asked, answer } = await signIn(CARE)
  assert.equal(answer.searchParams.get('error'), null, answer.href)
  assert.equal(answer.searchParams.get('iss'), `${services.origin}/${globex}/v2.0`)
  const tokens = await redeem(asked, answer)
  assert.equal(tokens.refresh_token, undefined)
  const claims = payloadOf(tokens.access_token)
  const user = await userOf(acme, CARE)
  assert.deepEqual(
    [claims.iss, claims.tid, claims.idtyp, claims.oid, claims.sub, claims.home_tid, claims.acr, claims.roles],
    [`${services.origin}/${globex}/v2.0`, globex, 'partner', user.id, user.id, acme, 'mfa', undefined],
  )
  assert.deepEqual([claims.exp - claims.iat, claims.preferred_username], [600, CARE])
  const id = payloadOf(tokens.id_token!)
  assert.deepEqual([id.tid, id.home_tid, id.idtyp, id.roles], [globex, acme, 'partner', undefined])
  const read = await customer.with(tokens.access_token)('GET', `/users/${PERSON}`)
  assert.equal(read.status, 403, 'only User.Read was agreed to')
  // The firm's own code is nobody's there, and the customer's is nobody's at home.
  const redeemAt = async (tenantId: string, { verifier }: { verifier: string }, to: URL) => {
    const response = await fetch(`${server.url}/${tenantId}/v2.0/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${desk.appId}:${desk.secret}`).toString('base64')}` },
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', code: to.searchParams.get('code')!, code_verifier: verifier },
        redirect_uri: 'http://localhost:3999/callback',
      }),
    })
    return ((await response.json()) as { error?: string }).error
  }
  const own = await home.ask(desk)
  const ownAnswer = await home.signInTo(server.browser(), own.to, CARE, PASSWORD)
  assert.equal(await redeemAt(globex, own, ownAnswer), 'invalid_grant')
  assert.equal(await redeemAt(acme, own, ownAnswer), undefined)
  const again = await signIn(CARE)
  assert.equal(await redeemAt(acme, again.asked, again.answer), 'invalid_grant')
  assert.equal(await redeemAt(globex, again.asked, again.answer), undefined)
  await end(relationship)
  // A code from before the end gives nothing after it.
  const before = await give(['Directory Readers'])
  const last = await signIn(CARE)
  await end(before)
  await assert.rejects(redeem(last.asked, last.answer))
})

test('the built-in application opens customers too: the name says whose people sign in', async () => {
  const name = 'Built in'
  const relationship = await give(['Helpdesk Administrator', 'Directory Readers'], { name })
  const verifier = 'v'.repeat(43)
  const callback = `${services.origin}/admin/callback`
  const begin = async (username: string) => {
    const to = new URL(`${services.origin}/${globex}/v2.0/authorize`)
    to.search = new URLSearchParams({
      ...{ client_id: 'latchkey-admin', response_type: 'code', redirect_uri: callback, state: 'state' },
      ...{ scope: 'openid profile Directory.AccessAsUser.All', domain_hint: 'acme.example' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString()
    return there.signInTo(server.browser(), to, username, PASSWORD)
  }
  const stranger = await begin('signer@acme.example')
  assert.match(stranger.searchParams.get('error_description') ?? '', /AADSTS50020/)
  const answer = await begin(CARE)
  const trade = async (hint: object) => {
    const form = { grant_type: 'authorization_code', code: answer.searchParams.get('code')!, redirect_uri: callback }
    const body = new URLSearchParams({ ...form, client_id: 'latchkey-admin', code_verifier: verifier, ...hint })
    return (await fetch(`${server.url}/${globex}/v2.0/token`, { method: 'POST', body })).json()
  }
  // Its codes are records of the home alone.
  assert.equal((await trade({})).error, 'invalid_grant')
  const { access_token: token } = (await trade({ domain_hint: 'acme.example' })) as { access_token: string }
  const claims = payloadOf(token)
  assert.deepEqual([claims.tid, claims.home_tid, claims.idtyp, claims.azp], [globex, acme, 'partner', 'latchkey-admin'])
  const ask = customer.with(token)
  const { json } = await ask('GET', '/delegatedAccess')
  assert.deepEqual(
    [json.customer.displayName, json.home.displayName, json.via, json.relationships],
    ['Globex', 'Acme', 'gdap', [name]],
  )
  const opened = ['passwords.reset', 'users.create', 'domains.write', 'partners.read'].map(one =>
    json.actions.includes(one),
  )
  assert.deepEqual(opened, [true, false, false, false])
  assert.equal((await ask('GET', `/users/${PERSON}/allowedActions`)).status, 200)
  assert.equal((await ask('GET', `/users/${ADMIN}/allowedActions`)).code, 'not_for_partners')
  assert.equal((await (await customer.as('admin@globex.example'))('GET', '/delegatedAccess')).status, 404)
  assert.equal(
    (await (await customer.as('outside@globex.example'))('GET', `/users/${ADMIN}/allowedActions`)).status,
    403,
  )
  await end(relationship)
  assert.equal(code(await ask('GET', '/delegatedAccess')), '403 no_relationship')
})

test('cases 12, 13: a reset shows the person and the firm in log and mail, and ends with the relationship', async () => {
  const id = await give(['Helpdesk Administrator', 'Directory Readers'])
  const ask = await asCare()
  assert.equal((await reset(ask, PERSON)).status, 202)
  const mail = await server.message(one => /outside@globex/.test(one.text) && /of Acme/.test(one.text))
  assert.match(mail.text, /Done by: Registered Person, of Acme/)
  await server.message(
    one => one.to === 'admin@globex.example' && /Acme acts in your organization/.test(one.subject ?? ''),
  )
  const auditor = await customer.as('admin@globex.example')
  const { json } = await auditor(
    'GET',
    "/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Reset user password'",
  )
  const [event] = json.value
  assert.deepEqual(
    [
      event.initiatedBy.user.displayName,
      event.initiatedBy.user.userPrincipalName,
      event.initiatedBy.user.homeTenantName,
    ],
    ['Registered Person', CARE, 'Acme'],
  )
  const more = Object.fromEntries(
    event.additionalDetails.map((one: { key: string; value: string }) => [one.key, one.value]),
  )
  assert.deepEqual([more.relationshipId, more.application], [id.slice(0, 36), 'Desk'])
  assert.equal((await end(id)).status, 204)
  assert.equal(code(await reset(ask, PERSON)), '403 no_relationship')
})

test('whatever ends an authority ends it at once, on another server too', async t => {
  const beside = testApi(await testServer({ context: t, beside: server }))
  const agent = await partner.as('admin@acme.example')
  const decider = await customer.as('admin@globex.example')
  const { id: userId } = await userOf(acme, CARE)
  const query = (text: string, ...values: unknown[]) => store.pool.query(text, values)
  const account = (change: string) => query(`update latchkey.accounts set ${change} where id = $1`, userId)
  const suspend = (reason: string | null) =>
    query(
      'update latchkey.partner_accounts set suspended_at = $1, suspension = $2 where tenant_id = $3',
      ...[reason && services.clock(), reason, acme],
    )
  const done = (answer: { status: number; text: string }) => assert.ok(answer.status < 300, answer.text)
  /** What ends it, and what makes up for it. */
  const ends: Record<string, (id: string) => Promise<unknown>> = {
    'the customer’s end': async id => done(await end(id)),
    'the firm’s end': async id => done(await agent('POST', `${R}/${id}/requests`, { action: 'terminate' })),
    'the customer’s end of everything': async () =>
      done(await decider('POST', `/tenantRelationships/partners/${acme}/end`)),
    'a role less': async id =>
      done(
        await decider('PATCH', `/tenantRelationships/partnerRelationships/${id}`, details(['Helpdesk Administrator'])),
      ),
    'a group less': async id => {
      const [one] = (await agent('GET', `${R}/${id}/accessAssignments`)).json.value
      done(await agent('DELETE', `${R}/${id}/accessAssignments/${one.id}`, undefined, { 'if-match': '*' }))
    },
    'leaving the group': () => inTenant(store, acme, trx => removeMember(trx, means(), care, userId)),
    'a new password': () => account('security_epoch = security_epoch + 1'),
    'a blocked account': () => account('account_enabled = false'),
    'a suspension for abuse': () => suspend('abuse'),
  }
  const names = Object.keys(ends)
  for (const name of process.env.PROOF === 'long' ? names : fc.sample(fc.constantFrom(...names), 3)) {
    const id = await give(['Directory Readers', 'Helpdesk Administrator'])
    const ask = await beside.asPartner(CARE, 'globex.example')
    // A token that is known is read beside what is asked for.
    for (const _ of 'two') assert.equal((await ask('GET', `/users/${PERSON}`)).status, 200, name)
    await ends[name]!(id)
    const { status } = await ask('GET', `/users/${PERSON}`)
    assert.ok(status === 401 || status === 403, `${name}: ${status}`)
    await account('account_enabled = true')
    await suspend(null)
    if (name === 'leaving the group')
      await inTenant(store, acme, trx => addMember(trx, acme, care, { kind: 'user', id: userId }))
    await endAll()
  }
})

test('case 45: the firm reads what its people did in its activity log, and the customer the same act in its own', async () => {
  const id = await give(['Helpdesk Administrator', 'Directory Readers'])
  assert.equal((await reset(await asCare(), PERSON)).status, 202)
  assert.equal((await end(id)).status, 204)
  const agent = await partner.as('admin@acme.example')
  const list = async (filter = '', ask = agent) =>
    ask('GET', `/partner/activities?$top=500${filter && `&$filter=${encodeURIComponent(filter)}`}`)
  const { json, text } = await list(`customerId eq ${globex}`)
  const told = json.value.map((one: { operationType: string }) => one.operationType)
  assert.deepEqual(told.slice(0, 2), ['granular_admin_relationship_terminated', 'reset_customer_user_password'], text)
  const [ended, done] = json.value
  assert.deepEqual(
    [done.userPrincipalName, done.userDisplayName, done.customerName, done.resourceType, done.operationStatus],
    [CARE, 'Registered Person', 'Globex', 'customer_user', 'succeeded'],
  )
  assert.deepEqual([done.relationshipId, ended.relationshipId], [id, id])
  assert.deepEqual([ended.userPrincipalName, ended.customerId], ['admin@globex.example', globex])
  assert.ok(done.applicationId)
  // The same act, from the other side.
  const auditor = await customer.as('admin@globex.example')
  for (const one of [ended, done]) {
    const { json: theirs } = await auditor(
      'GET',
      `/auditLogs/directoryAudits?$filter=correlationId eq ${one.correlationId}`,
    )
    const same = (event: { activityDateTime: string; initiatedBy: { user: { userPrincipalName: string } | null } }) =>
      event.activityDateTime === one.activityDateTime &&
      event.initiatedBy.user?.userPrincipalName === one.userPrincipalName
    assert.ok(theirs.value.some(same), JSON.stringify(theirs.value))
  }
  assert.equal((await agent('GET', `/partner/activities/${done.id}`)).json.id, done.id)
  // The customer's own acts, and the firm's outside of customers, are not there; nor is anything of it for others.
  assert.deepEqual((await auditor('GET', '/partner/activities')).json.value, [])
  assert.equal((await list('', await partner.as(CARE))).status, 403)
  const rows = (tenantId: string) =>
    inTenant(store, tenantId, trx =>
      trx.selectFrom('partner_activities').select('id').where('id', '=', done.id).execute(),
    )
  assert.deepEqual([(await rows(acme)).length, (await rows(globex)).length], [1, 1])
  assert.equal((await rows(third.tenantId)).length, 0)
  const file = await agent('POST', `/bulk/jobs?kind=partnerActivityExport&$select=operationType,correlationId`)
  assert.equal(file.status, 202, file.text)
  const csv = await agent('GET', `/bulk/jobs/${file.json.id}/content`)
  assert.ok(csv.text.includes(`reset_customer_user_password,${done.correlationId}`), csv.text)
  const since = (days: number) => `activityDateTime ge ${plus(services.clock(), -days * DAY).toISOString()}`
  server.clock.advance(31 * DAY)
  const later = await partner.as('admin@acme.example')
  assert.deepEqual((await list('', later)).json.value, [], 'thirty days, where nobody asks for more')
  assert.ok((await list(since(60), later)).json.value.length >= told.length)
  for (const answer of [
    await list(since(366), later),
    await later('POST', `/bulk/jobs?kind=partnerActivityExport&$filter=${encodeURIComponent(since(366))}`),
  ])
    assert.deepEqual([answer.status, answer.code], [400, 'range_invalid'])
})

test('case 14: who leaves the group, is disabled or gets a new password acts no more', async () => {
  const relationship = await give(['Helpdesk Administrator', 'Directory Readers'])
  const ask = await asCare()
  const status = async () => (await ask('GET', `/users/${PERSON}`)).status
  assert.equal(await status(), 200)
  const { id } = await userOf(acme, CARE)
  await inTenant(store, acme, trx => removeMember(trx, means(), care, id))
  assert.equal(code(await ask('GET', `/users/${PERSON}`)), '403 no_relationship')
  await inTenant(store, acme, trx => addMember(trx, acme, care, { kind: 'user', id }))
  assert.equal(await status(), 200)
  const disable = (enabled: boolean) =>
    store.pool.query('update latchkey.accounts set account_enabled = $1 where id = $2', [enabled, id])
  await disable(false)
  assert.equal(await status(), 401)
  await disable(true)
  // The application loses what opened it.
  const open = (isOpen: boolean) =>
    store.pool.query(
      "update latchkey.registered_applications set settings = settings || jsonb_build_object('partnerAccess', $1::boolean) where display_name = 'Desk'",
      [isOpen],
    )
  await open(false)
  assert.equal(await status(), 401)
  await open(true)
  // The customer takes a role away: the group keeps it, and has nothing of it.
  const decider = await customer.as('admin@globex.example')
  const at = `/tenantRelationships/partnerRelationships/${relationship}`
  assert.equal((await decider('PATCH', at, details(['Helpdesk Administrator']))).status, 200)
  assert.equal(code(await ask('GET', `/users/${PERSON}`)), '403 forbidden')
  await store.pool.query('update latchkey.accounts set security_epoch = security_epoch + 1 where id = $1', [id])
  assert.equal(await status(), 401)
  await endAll()
})

test('case 18: nine cells say by what somebody acts', async () => {
  const agentOnly = 'admin@acme.example'
  const inBoth = 'signer@acme.example'
  const agents = (
    await store.pool.query("select group_id from latchkey.partner_agent_groups where role = 'Admin agent'")
  ).rows[0].group_id
  const both = (await userOf(acme, inBoth)).id
  for (const groupId of [agents, care])
    await inTenant(store, acme, trx => addMember(trx, acme, groupId, { kind: 'user', id: both }))
  const via = async (name: string) => {
    const ask = await partner.asPartner(name, 'globex.example')
    const { status } = await ask('GET', '/users?$top=1')
    if (status === 403) return 'none'
    assert.equal(status, 200)
    // A Global Administrator by DAP may read policies; Directory Readers may not.
    return (await ask('GET', '/policies/passwordResetPolicy')).status === 200 ? 'DAP' : 'GDAP'
  }
  const cells = async () => [await via(agentOnly), await via(inBoth), await via(CARE)]
  await delegate()
  assert.deepEqual(await cells(), ['DAP', 'DAP', 'none'])
  const agent = await partner.as(agentOnly)
  const { json: mine } = await agent('GET', `/partner/customers/${globex}/access`)
  assert.deepEqual([mine.via, mine.roles], ['dap', details(['Global Administrator']).unifiedRoles])
  const listed = async () => (await agent('GET', '/partner/customers')).json.value
  const [only, ...others] = await listed()
  assert.deepEqual([only.domain, only.access.dap, only.access.gdap, others], ['globex.example', true, false, []])
  assert.equal((await agent('GET', `/partner/customers/${third.tenantId}/access`)).status, 404)
  await give(['Directory Readers'])
  assert.deepEqual(await cells(), ['DAP', 'GDAP', 'GDAP'])
  await store.pool.query('delete from latchkey.daps')
  assert.deepEqual(await cells(), ['none', 'GDAP', 'GDAP'])
  assert.equal((await agent('GET', `/partner/customers/${globex}/access`)).json.via, null)
  const helper = await partner.as(CARE)
  const { json: theirs } = await helper('GET', `/partner/customers/${globex}/access`)
  assert.deepEqual([theirs.via, theirs.roles], ['gdap', details(['Directory Readers']).unifiedRoles])
  assert.equal((await helper('GET', '/partner/customers')).status, 403)
  await inTenant(store, acme, trx => removeMember(trx, means(), agents, both))
  await inTenant(store, acme, trx => removeMember(trx, means(), care, both))
  await endAll()
  assert.deepEqual(await listed(), [])
})

test('case 19: a delegation sleeps sixty days after its last use, and ends at its time', async () => {
  await delegate()
  const status = async () => (await (await asAgent())('GET', `/users/${PERSON}`)).status
  assert.equal(await status(), 200)
  server.clock.advance(61 * DAY)
  assert.equal(await status(), 403)
  await store.pool.query('update latchkey.daps set awake_at = $1', [services.clock()])
  assert.equal(await status(), 200)
  server.clock.advance(29 * DAY)
  assert.equal(await status(), 403)
  await endAll()
})

test('cases 20, 21: nobody of a partner acts on the highest, gives what the relationship lacks, or reaches what is never theirs', async () => {
  await give(['Global Administrator'])
  const ask = await asCare()
  assert.equal(code(await reset(ask, ADMIN)), '403 not_for_partners')
  assert.equal((await reset(ask, PERSON)).status, 202)
  const assign = (role: Role) =>
    ask('POST', '/roleManagement/directory/roleAssignments', {
      ...{ principalId: PERSON, roleDefinitionId: templateIds[role], directoryScopeId: '/' },
    })
  for (const role of ['Reports Reader', 'User Administrator', 'Privileged Role Administrator'] as const)
    assert.equal(code(await assign(role)), '403 not_for_partners', role)
  const roleGroup = await inTenant(store, globex, trx =>
    createGroup(trx, means(), globex, { displayName: 'Holders', isRoleAssignable: true }),
  )
  const gone = await inTenant(store, globex, async trx => {
    const name = { userPrincipalName: 'gone@globex.example', displayName: 'Gone' }
    const { id: user } = await createUser(trx, means(), globex, name)
    await deleteUser(trx, means(), (await findUserByName(trx, globex, name.userPrincipalName))!)
    const group = await createGroup(trx, means(), globex, { displayName: 'Gone' })
    await setGroupDeleted(trx, group, services.clock())
    return { user, group }
  })
  const subscription = {
    ...{ changeType: 'updated', resource: 'users', notificationUrl: 'https://mail.example/x' },
    expirationDateTime: plus(services.clock(), DAY).toISOString(),
  }
  const never: [string, string, object?][] = [
    ['POST', `/groups/${roleGroup}/members/$ref`, { '@odata.id': `${services.origin}/v1.0/users/${PERSON}` }],
    ['PATCH', `/users/${PERSON}`, { mobilePhone: '+12065550190' }],
    ['POST', `/users/${PERSON}/authentication/phoneMethods`, { phoneNumber: '+12065550190', phoneType: 'mobile' }],
    ['POST', `/users/${PERSON}/authentication/temporaryAccessPassMethods`, {}],
    ['GET', `/users/${PERSON}/authentication/methods`],
    ['POST', '/applications', { displayName: 'x' }],
    ['POST', '/domains', { id: 'x.globex.example' }],
    ['PATCH', '/policies/signInPolicy', { secondStep: 'off' }],
    ['PATCH', `/organization/${globex}`, { technicalNotificationMails: ['x@mail.example'] }],
    ['DELETE', `/directory/deletedItems/${gone.user}`],
    ['DELETE', `/directory/deletedItems/${gone.group}`],
    ['POST', '/bulk/jobs?kind=auditExport'],
    ['POST', '/bulk/jobs?kind=usersExport'],
    [
      'POST',
      '/groups',
      { displayName: 'H', isAssignableToRole: true, securityEnabled: true, mailEnabled: false, mailNickname: 'h' },
    ],
    ['PATCH', `/users/${ADMIN}`, { accountEnabled: false }],
    ['DELETE', `/users/${ADMIN}`],
    ['POST', `/users/${PERSON}/authentication/emailMethods`, { emailAddress: 'x@mail.example' }],
    ['GET', `/servicePrincipals/${PERSON}/scimTokens`],
    ['POST', '/subscriptions', { ...subscription }],
    ['GET', '/tenantRelationships/partners'],
  ]
  for (const [method, path, body] of never) {
    const answer = await ask(method, path, body)
    assert.equal(code(answer), '403 not_for_partners', `${method} ${path} ${answer.text}`)
  }
  await endAll()
})

test('cases 22, 23: a token reaches its customer alone, and opens nothing of its firm', async () => {
  await give(['Global Administrator'])
  const ask = await asCare()
  const foreign = (await userOf(third.tenantId, 'admin@acme-europe.example')).id
  const own = (await userOf(acme, CARE)).id
  for (const id of [foreign, own]) assert.equal((await ask('GET', `/users/${id}`)).status, 404)
  assert.equal((await reset(ask, foreign)).status, 404)
  const elsewhere = await partner.asPartner(CARE, 'acme-europe.example')
  assert.equal(code(await elsewhere('GET', `/users/${foreign}`)), '403 no_relationship')
  for (const path of ['/partner', R, '/partner/access', '/tenantRelationships/partnerRequests'])
    assert.equal((await ask('GET', path)).status, 403, path)
  assert.equal(code(await ask('GET', '/me')), '400 partner_token')
  // The firm itself is nobody's customer.
  const atHome = await partner.asPartner(CARE, 'acme.example')
  assert.equal((await atHome('GET', `/users/${own}`)).status, 401)
  await endAll()
})

test('a partner’s auditor reads the log, but nothing of another partner', async () => {
  await give(['Global Reader'])
  const ask = await asCare()
  await ask('GET', `/users/${PERSON}`)
  await store.pool.query(
    "update latchkey.audit_events set details = details || '{\"homeTenantId\":\"other\"}' where tenant_id = $1 and actor_kind = 'partner' and activity = 'password.given'",
    [globex],
  )
  // What the company has with others, and does as a firm itself, is told to nobody of a partner.
  const foreign = ['resale.begun', 'dap.given', 'invitation.accepted', 'rescue.taken', 'customer.tagged'] as const
  await inTenant(store, globex, trx => {
    const trail = { correlationId: random.uuid(services.clock()) }
    const events = foreign.map(activity => ({ activity, result: 'success', target: { name: 'Another' } }) as const)
    return record(trx, { ...means(), actor: { kind: 'system' }, trail }, ...events)
  })
  const activities = async (one: typeof ask) =>
    (await one('GET', '/auditLogs/directoryAudits?$top=999')).json.value.flatMap(
      (event: { additionalDetails: { key: string; value: string }[] }) =>
        event.additionalDetails.filter(({ key }) => key === 'activity').map(({ value }) => value),
    )
  const own = await activities(await customer.as('admin@globex.example'))
  const theirs = await activities(ask)
  assert.ok(own.includes('password.given') && own.includes('relationship.approved'))
  assert.ok(foreign.every(activity => own.includes(activity) && !theirs.includes(activity)))
  assert.ok(theirs.length > 0 && !theirs.includes('password.given') && !theirs.includes('relationship.approved'))
  await endAll()
})

test('case 26: a reset takes a second step of the last fifteen minutes, proved at home', async () => {
  await give(['Helpdesk Administrator', 'Directory Readers'])
  const late = await reset(await asCare({ ago: 16 }), PERSON)
  assert.equal(late.status, 401)
  assert.match(late.headers.get('www-authenticate') ?? '', /max_age="900"/)
  assert.equal((await (await asCare({ acr: 'pwd' }))('GET', `/users/${PERSON}`)).status, 401, 'always a second step')
  await endAll()
})

test('a firm that is suspended for abuse reaches nobody, and for anything else what stands goes on', async () => {
  await give(['Directory Readers'])
  const ask = await asCare()
  const suspend = (reason: string | null) =>
    store.pool.query('update latchkey.partner_accounts set suspended_at = $1, suspension = $2 where tenant_id = $3', [
      reason && services.clock(),
      reason,
      acme,
    ])
  await suspend('verification')
  assert.equal((await ask('GET', `/users/${PERSON}`)).status, 200)
  await suspend('abuse')
  assert.equal(code(await ask('GET', `/users/${PERSON}`)), '403 no_relationship')
  await suspend(null)
  await endAll()
})
