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

/** An event about somebody, so many days ago. */
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
}

interface Item {
  code: string
  severity: string
  count: number
  since: string | null
  targets: { id: string; displayName: string }[]
}

test('what happened lately and what stands open is listed, the gravest first', async () => {
  await write('account.reported', 'stale', 6)
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
  assert.equal(
    reported.since?.slice(0, 10),
    plus(services.clock(), -6 * DAY)
      .toISOString()
      .slice(0, 10),
  )
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
  assert.ok(json.value.every(({ code }: Item) => code.endsWith('_not_capable')))
  assert.equal((await (await api.as('prefilled@acme.example'))('GET', '/reports/attention')).status, 403)
  const stranger = await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All'])
  const other: Item[] = (await stranger('GET', '/reports/attention')).json.value
  assert.ok(other.every(({ code }) => code.endsWith('_not_capable')))
})
