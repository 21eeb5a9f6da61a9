import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type Activity, record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const userOf = async (name: string) =>
  (await inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`)))!

/** An event about somebody, so many days ago. Gives its moment. */
async function write(activity: Activity, name: string, days: number) {
  const user = await userOf(name)
  const act = {
    ...means(),
    now: plus(services.clock(), -days * DAY),
    actor: { kind: 'system' },
    trail: { correlationId: randomUUID() },
  } as const
  await inTenant(store, acme, trx =>
    record(trx, act, { activity, result: 'failure', target: { id: user.id, name: user.userPrincipalName } }),
  )
  return act.now
}

interface Item {
  code: string
  severity: string
  count: number
  since: string | null
  targets: { id: string; displayName: string }[]
}

test('what happened lately and what stands open is listed, the gravest first', async () => {
  const first = await write('account.reported', 'stale', 6)
  await write('account.reported', 'registered', 1)
  await write('account.reported', 'locked', 8)
  await write('message.failed', 'registered', 0.5)
  const { json } = await (await api.as('admin@acme.example'))('GET', '/reports/attention')
  const value: Item[] = json.value
  const grave = value.map(({ severity }) => ['high', 'medium', 'low'].indexOf(severity))
  assert.deepEqual(grave, grave.toSorted())
  const [registered, stale] = [await userOf('registered'), await userOf('stale')]
  const reported = value.find(({ code }) => code === 'account_reported')!
  assert.equal(reported.count, 2)
  assert.deepEqual(
    reported.targets.map(({ id }) => id),
    [registered.id, stale.id],
  )
  assert.equal(reported.since, first.toISOString())
  assert.equal(value.find(({ code }) => code === 'messages_failing')?.count, 1)
  // The demonstration's help desk has registered nothing.
  const helpless = value.find(({ code }) => code === 'administrators_not_capable')!
  assert.ok(helpless.targets.some(({ displayName }) => displayName === 'Helpdesk Administrator'))
  assert.ok(!value.some(({ code }) => code === 'token_reused'))
})

test('only what the caller may read is listed', async () => {
  const signer = await userOf('signer')
  await inTenant(store, acme, trx => assignRole(trx, means(), signer.id, 'Application Administrator'))
  const { json } = await (await api.as('signer@acme.example'))('GET', '/reports/attention')
  assert.ok(json.value.length > 0)
  assert.ok(json.value.every(({ since }: Item) => since === null))
  assert.equal((await (await api.as('prefilled@acme.example'))('GET', '/reports/attention')).status, 403)
  const stranger = await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All'])
  const other: Item[] = (await stranger('GET', '/reports/attention')).json.value
  assert.ok(other.every(({ code }) => code !== 'account_reported'))
})

test('what a company lacks is listed until it is mended', async () => {
  const globex = testApi(server, 'globex.example')
  const owner = await globex.as('admin@globex.example')
  const lacks = async () => {
    const value: Item[] = (await owner('GET', '/reports/attention')).json.value
    const states = value.filter(({ code }) => /^(few|reset|secrets|domains)_/.test(code))
    return Object.fromEntries(
      states.map(({ code, count, targets }) => [code, [count, targets.map(one => one.displayName)]]),
    )
  }
  const id = await findTenantId(store, 'globex.example')
  const inGlobex = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, id, work)
  const set = (statement: string) => store.pool.query(`${statement} where tenant_id = $1`, [id])
  // Of the application that asked above.
  await set('delete from latchkey.application_secrets')
  assert.deepEqual(await lacks(), { few_administrators: [1, ['Globex Administrator']] })

  const second = await inGlobex(async trx => (await findUserByName(trx, id, 'two-gates@globex.example'))!)
  await inGlobex(trx => assignRole(trx, means(), second.id, 'Global Administrator'))
  assert.deepEqual(await lacks(), {})
  // Neither somebody who cannot sign in nor the emergency account is a second one.
  const away = 'update latchkey.users set account_enabled = false where tenant_id = $1 and id = $2'
  await store.pool.query(away, [id, second.id])
  assert.deepEqual(Object.keys(await lacks()), ['few_administrators'])
  await store.pool.query(away.replace('false', 'true'), [id, second.id])
  await store.pool.query('update latchkey.tenants set emergency_user_id = $2 where tenant_id = $1', [id, second.id])
  assert.deepEqual(Object.keys(await lacks()), ['few_administrators'])
  await set('update latchkey.tenants set emergency_user_id = null')

  assert.equal((await owner('POST', '/domains', { id: 'globex-shop.example' })).status, 201)
  await set(`update latchkey.reset_policies set settings = settings || '{"enabled":false}'`)
  const made = (await owner('POST', '/applications', { displayName: 'Expenses' })).json
  const end = (days: number) => ({
    passwordCredential: { endDateTime: plus(services.clock(), days * DAY).toISOString() },
  })
  assert.equal((await owner('POST', `/applications/${made.id}/addPassword`, end(29))).status, 200)
  assert.deepEqual(await lacks(), {
    reset_off: [1, ['Default']],
    secrets_ending: [1, ['Expenses']],
    domains_unproven: [1, ['globex-shop.example']],
  })
  assert.equal((await owner('POST', `/applications/${made.id}/addPassword`, end(31))).status, 200)
  await set(
    `update latchkey.domains set gone = case when is_default then 'record' end, gone_since = case when is_default then now() end, verified_at = now()`,
  )
  await set(`update latchkey.reset_policies set settings = settings || '{"enabled":true}'`)
  assert.deepEqual(await lacks(), { domains_slipping: [1, ['globex.example']] })
})
