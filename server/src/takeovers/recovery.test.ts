import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Act } from '../act.ts'
import { closeCase, getOpenedCase } from '../cases/index.ts'
import { DAY, HOUR } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, createTenant, createUser, findTenantId, findUserByName, stopRecovery } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { inTenant } from '../store/index.ts'
import { granted, refused } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { allowTakeover, getTakeoverOf, grantRecovery, refuseTakeover } from './index.ts'
import { checkDueTakeover, moveDueTakeovers } from './move.ts'
import { insertTakeover } from './queries.ts'

const zone = await nameServer()
const dns = openDns([zone.address])
const server = await testServer({ dns })
const { store, services, clock } = server
const NEW = { givenName: 'New', surname: 'Person', newPassword: 'Quite-another-kestrel-1' }

const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })
const operator = (): Act => ({ ...means(), actor: { kind: 'operator' }, trail: { correlationId: 'operator' } })
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll(/(from|join|update) /g, '$1 latchkey.'), values)).rows

/** A company whose only Global Administrator, `root@`, never signs in, and `ann@`, who works there. */
async function company(domain: string): Promise<string> {
  const tenantId = services.random.uuid(clock.now())
  await inTenant(store, tenantId, async trx => {
    await createTenant(trx, means(), tenantId, { displayName: domain, domain })
    const people = []
    for (const name of ['root', 'ann'])
      people.push(
        await createUser(trx, means(), tenantId, { userPrincipalName: `${name}@${domain}`, displayName: name }),
      )
    await assignRole(trx, means(), people[0]!.id, 'Global Administrator')
  })
  await rows('update tenants set technical_notification_mails = $2 where tenant_id = $1', tenantId, [`tech@${domain}`])
  return tenantId
}

/** Opens a case from this mailbox, and proves the domain in it. */
async function openCase(domain: string, address = `boss@${domain}`, { proveDns = true } = {}) {
  const browser = server.browser()
  const [before] = await server.outbox()
  const begun = granted(
    await browser.post('/cases', { kind: 'no-administrator', domain, address, text: 'Nobody is left.' }),
    201,
  )
  const path = `/cases/${begun.number}`
  const code = await server.code(address, before)
  const { record } = granted(await browser.post(`${path}/proofs`, { challenge: begun.challenge.id, code }))
  if (proveDns) {
    zone.texts[domain] = [[record.value]]
    assert.equal(granted(await browser.post(`${path}/check`)).proved.dns, true)
  }
  return { browser, number: begun.number as string }
}

const grant = async ({ number }: { number: string }) =>
  grantRecovery(store, operator(), await getOpenedCase(store, means(), number))
const denied = (one: { number: string }, code: string) => assert.rejects(grant(one), { code })
const stateOf = async (domain: string) => {
  const { state, refusal } = await getTakeoverOf(store, means(), domain)
  return [state, refusal]
}

/** Grants it, and waits until its DNS was looked up. */
async function recover(domain: string) {
  const one = await openCase(domain)
  const id = await grant(one)
  await until(domain, 'waiting')
  const path = `/takeovers/${id}`
  return { ...one, path, finish: () => one.browser.post(`${path}/finish`, NEW) }
}

/** Sets the clock forward, and does what fell due. */
async function pass(milliseconds: number, tenantId: string) {
  clock.advance(milliseconds)
  await moveDueTakeovers(store, means())
  for (const { id } of await rows('select id from takeovers where tenant_id = $1 and ended_at is null', tenantId))
    await checkDueTakeover(store, means(), { tenantId, takeoverId: id, dns })
}

const mailTo = (address: string, subject: RegExp) =>
  server.message(one => one.to === address && subject.test(one.subject ?? ''))

/** Has the company's administrator sign in with a second step. */
const signInFully = (tenantId: string, name: string) =>
  inTenant(store, tenantId, async trx => stopRecovery(trx, means(), (await findUserByName(trx, tenantId, name))!))

/** Whether an administrator's sign-in was noted, which the job may not have told of yet. */
const isStopped = (tenantId: string) =>
  rows('select administrator_at is not null as stopped from takeovers where tenant_id = $1', tenantId)

/** Waits for what a job does. */
async function until(domain: string, state: string) {
  const end = performance.now() + 60_000
  while ((await stateOf(domain))[0] !== state) {
    if (performance.now() > end) assert.fail(`${domain} never came to ${state}`)
    await sleep(20)
  }
}

test('a recovery is granted where the mailbox and the DNS are proved and no administrator was seen, and nowhere else', async () => {
  await company('soylent.example')
  await denied(await openCase('soylent.example', 'a@soylent.example', { proveDns: false }), 'domain_unproved')
  await denied(await openCase('soylent.example', 'a@private.example'), 'mailbox_outside')
  await denied(await openCase('soylent.example', 'a@mail.soylent.example'), 'mailbox_outside')
  await denied(await openCase('nobodys.example'), 'domain_of_nobody')
  await denied(await openCase('umbrella.example'), 'company_unmanaged')
  const raised = await openCase('soylent.example', 'c@soylent.example')
  await rows('update cases set raised_by = id where number = $1', raised.number)
  await denied(raised, 'mailbox_outside')
  const closed = await openCase('soylent.example', 'b@soylent.example')
  const as = { by: 'operator', holds: () => true } as const
  await closeCase(store, operator(), await getOpenedCase(store, means(), closed.number), { ...as, result: 'refused' })
  await denied(closed, 'case_closed')
  const below = await openCase('labs.soylent.example', 'a@labs.soylent.example')
  await denied(below, 'domain_of_nobody')

  const globex = await openCase('globex.example', 'early@globex.example')
  const browser = server.browser()
  granted(await browser.post('/signin', { username: 'admin@globex.example', password: PASSWORD }))
  await denied(globex, 'administrator_there')
  assert.deepEqual(await rows("select id from takeovers where kind = 'recovery'"), [])
})

test('a company without a reachable administrator gets one: told, objected to, allowed, waited for, settled', async () => {
  const domain = 'hooli.example'
  const tenantId = await company(domain)
  // People whom it has taken in can still undo that: it needs an administrator all the same.
  const taking = { id: services.random.uuid(clock.now()), kind: 'external', domain: 'taken.example' } as const
  const claimed = { address: 'boss@taken.example', language: 'en', browserHashes: [], proof: 'a record' }
  await inTenant(store, tenantId, trx => insertTakeover(trx, means(), { ...taking, ...claimed }))
  const settles = new Date(clock.now().getTime() + 60 * DAY)
  await rows(
    `update takeovers set proved_at = $2, finished_at = $2, former = '{"people":[]}', ends_at = $3, due_at = $3 where id = $1`,
    ...[taking.id, clock.now(), settles],
  )
  const { browser, path, finish, number } = await recover(domain)
  await denied({ number }, 'recovery_open')
  const waiting = granted(await browser.get(path))
  assert.deepEqual([waiting.state, waiting.kind, waiting.people], ['waiting', 'recovery', 2])
  assert.ok(Math.abs(Date.parse(waiting.waitUntil) - clock.now().getTime() - 7 * DAY) < 60_000)
  await mailTo(`boss@${domain}`, /the waiting begins/)
  await mailTo(`tech@${domain}`, /recovers the administration/)
  const told = await mailTo(`root@${domain}`, /wants to administer/)
  assert.match(told.text, /Administrators stop it by signing in/)
  assert.doesNotMatch(told.text, /export your data/)
  refused(await finish(), 409, 'wrong_state')
  const ann = server.browser()
  const { next } = granted(
    await ann.post(/\/links\/[\w-]+/.exec((await mailTo(`ann@${domain}`, /wants to administer/)).text)![0]),
  )
  const page = await ann.page(next)
  assert.match(page.text, /Sign in with your second step/)
  assert.doesNotMatch(page.text, /account\/closure/)
  granted(await ann.post(`${next}/objection`, { reason: 'We have one.' }))
  await allowTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
  await pass(7 * DAY - HOUR, tenantId)
  refused(await finish(), 409, 'wrong_state')
  await pass(HOUR, tenantId)
  assert.deepEqual(await stateOf(domain), ['ready', null])
  assert.equal(granted(await finish(), 201).state, 'finished')
  await mailTo(`root@${domain}`, /have an administrator/)
  const settling = async () => (await rows('select settling_until from tenants where tenant_id = $1', tenantId))[0]
  assert.ok((await settling()).settling_until)
  await pass(7 * DAY, tenantId)
  assert.equal((await settling()).settling_until, null)
  const events = await rows(
    "select activity, details->>'case' as number from audit_events where tenant_id = $1 and activity = 'takeover.begun'",
    tenantId,
  )
  assert.deepEqual(events, [{ activity: 'takeover.begun', number }])
})

test('an administrator’s full sign-in stops a recovery at once, and the operator decides', async () => {
  const domain = 'globex.example'
  const tenantId = await findTenantId(store, domain)
  clock.advance(31 * DAY)
  const { browser, path, finish } = await recover(domain)
  const admin = server.browser()
  granted(await admin.post('/signin', { username: 'admin@globex.example', password: PASSWORD }))
  assert.deepEqual(await isStopped(tenantId), [{ stopped: false }], 'a password alone proves too little')
  await takeDueStep(server, admin)
  await until(domain, 'disputed')
  await mailTo(`boss@${domain}`, /an administrator is there/)
  const disputed = granted(await browser.get(path))
  assert.deepEqual([disputed.state, disputed.refusal], ['disputed', 'administrator_present'])
  assert.match((await browser.page(path)).text, /An administrator is there[\s\S]*has signed in/)
  refused(await finish(), 409, 'wrong_state')
  await pass(14 * DAY, tenantId)
  assert.deepEqual(await stateOf(domain), ['refused', 'administrator_present'])
})

test('what an administrator has stopped is not finished before the job has told of it, and the operator may let it go on', async () => {
  const domain = 'initrode.example'
  const tenantId = await company(domain)
  const { finish } = await recover(domain)
  await pass(7 * DAY, tenantId)
  await rows("update takeovers set administrator_at = now() where tenant_id = $1 and kind = 'recovery'", tenantId)
  refused(await finish(), 409, 'wrong_state')
  await rows('update takeovers set administrator_at = null where tenant_id = $1', tenantId)
  await signInFully(tenantId, `ann@${domain}`)
  await signInFully(tenantId, `root@${domain}`)
  await until(domain, 'disputed')
  await allowTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
  await signInFully(tenantId, `root@${domain}`)
  await pass(HOUR, tenantId)
  assert.deepEqual(await stateOf(domain), ['ready', null])
  granted(await finish(), 201)
})

test('one who comes back while it settles takes the rights away, and the operator’s no gives the company back', async () => {
  const domain = 'massive.example'
  const tenantId = await company(domain)
  await inTenant(store, tenantId, trx =>
    createUser(trx, means(), tenantId, { userPrincipalName: `boss@${domain}`, displayName: 'Locked out' }),
  )
  const { browser, path, finish } = await recover(domain)
  await pass(7 * DAY, tenantId)
  assert.match((await browser.page(path)).text, /boss-2@massive\.example/)
  granted(await finish(), 201)
  const holders = () =>
    rows(
      `select user_principal_name as name from users u join role_assignments r on r.principal_id = u.id
       where u.tenant_id = $1 order by 1`,
      tenantId,
    )
  assert.deepEqual(await holders(), [{ name: `boss-2@${domain}` }, { name: `root@${domain}` }])
  // Who got the role by it stops nothing.
  await signInFully(tenantId, `boss-2@${domain}`)
  assert.deepEqual(await isStopped(tenantId), [{ stopped: false }])
  await signInFully(tenantId, `root@${domain}`)
  await until(domain, 'disputed')
  assert.deepEqual(await holders(), [{ name: `root@${domain}` }])
  assert.equal((await browser.get('/session')).status, 401)
  await refuseTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
  assert.deepEqual(await stateOf(domain), ['undone', 'operator'])
  assert.deepEqual(
    await rows('select user_principal_name from users where tenant_id = $1 and not account_enabled', tenantId),
    [{ user_principal_name: `boss-2@${domain}` }],
  )
})

test('before anybody was told, an administrator’s sign-in ends it', async () => {
  const domain = 'virtucon.example'
  const tenantId = await company(domain)
  const one = await openCase(domain)
  zone.texts[domain] = []
  await grant(one)
  await signInFully(tenantId, `root@${domain}`)
  await until(domain, 'refused')
  assert.deepEqual(await stateOf(domain), ['refused', 'administrator_present'])
  await mailTo(`boss@${domain}`, /was refused/)
})
