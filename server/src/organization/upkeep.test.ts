import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { inTenant } from '../store/index.ts'
import { nameServer } from '../testing/nameServer.ts'
import { meansAt, readEvents, readNotices, stage } from '../testing/people.ts'
import { openDns } from './dns.ts'
import { addDomain, getDomain } from './domains.ts'
import { nextCheckOf } from './schedule.ts'
import { checkDue, checkDueDomains } from './upkeep.ts'

const { store, cast } = await stage()
const zone = await nameServer()
const dns = openDns([zone.address])

let tenants = 0
/** A company that has added a domain, whose jobs run when a test says so. */
async function company(name: string) {
  const tenantId = await cast.tenant(`upkeep${++tenants}.example`)
  const admin = await cast.person(tenantId, `admin@upkeep${tenants}.example`, { roles: ['Global Administrator'] })
  const adder = await cast.person(tenantId, `adder@upkeep${tenants}.example`, { roles: ['User Administrator'] })
  const system = (at: number): Act => ({ ...meansAt(at), actor: { kind: 'system' } })
  const get = () => inTenant(store, tenantId, trx => getDomain(trx, name))
  const added = await inTenant(store, tenantId, trx => addDomain(trx, system(0), { id: name, reserved: [] }))
  await store.pool.query('update latchkey.domains set added_by = $2 where tenant_id = $1 and name = $3', [
    ...[tenantId, adder.id, name],
  ])
  return {
    ...{ tenantId, admin, adder, get, proof: added.proof! },
    /** When it is looked up next, after it was added. */
    next: async () => ((await get()).nextCheckAt?.getTime() ?? Number.NaN) - meansAt(0).now.getTime(),
    /** Claims what is due at a moment, and does the job where there is one. */
    async run(at: number) {
      const before = (await get()).nextCheckAt
      await checkDueDomains(store, system(at))
      const claimed = (await get()).nextCheckAt?.getTime() !== before?.getTime()
      if (claimed) await checkDue(store, system(at), { tenantId, domain: name, dns })
      return claimed
    },
    /** What was mailed about the domain, and to whom. */
    async mailed() {
      const notices = await readNotices(store, tenantId)
      return notices
        .filter(({ template }) => template === 'domain')
        .map(({ to, variables }) => `${to.split('@')[0]} ${variables.about}`)
        .sort()
    },
    events: async () => (await readEvents(store, tenantId)).filter(line => line.startsWith('domain.')),
  }
}

test('an unproven domain is looked up after 1, 2, 5, 10, 15 and 30 minutes, then hourly until the 72nd', () => {
  const added = meansAt(0).now
  const times: number[] = []
  for (let next = nextCheckOf(added, added); next; next = nextCheckOf(added, next))
    times.push((next.getTime() - added.getTime()) / MINUTE)
  assert.deepEqual(times, [1, 2, 5, 10, 15, 30, ...Array.from({ length: 72 }, (_, hour) => (hour + 1) * 60)])
})

test('the job proves a domain, once, and tells those who keep the domains and who added it', async () => {
  const { run, get, proof, mailed, next, events } = await company('late.example')
  assert.equal(await run(59_000), false, 'nothing is due yet')
  assert.equal(await run(MINUTE), true)
  assert.equal(await run(MINUTE), false, 'a claim sets the next one')
  assert.deepEqual([(await get()).check?.diagnosis[0]?.code, await next()], ['no_domain', 2 * MINUTE])
  assert.deepEqual([await mailed(), await events()], [[], ['domain.added success']])
  zone.texts['late.example'] = [[proof]]
  await run(2 * MINUTE)
  assert.ok((await get()).verifiedAt)
  assert.equal(await next(), 2 * MINUTE + DAY)
  await run(5 * MINUTE)
  await run(2 * MINUTE + DAY)
  assert.deepEqual(await mailed(), ['adder verified', 'admin verified'])
  assert.deepEqual(await events(), ['domain.added success', 'domain.verified success'])
})

test('after 72 hours nobody looks any more, which is told once with what is wrong', async () => {
  const { run, proof, mailed, next, tenantId, get, events } = await company('never.example')
  zone.zones['never.example'] = []
  zone.texts['www.never.example'] = [[proof]]
  await run(71 * HOUR)
  assert.deepEqual([await mailed(), await next()], [[], 72 * HOUR])
  await run(72 * HOUR)
  assert.equal((await get()).nextCheckAt, null)
  assert.equal(await run(73 * HOUR), false)
  assert.deepEqual(await mailed(), ['adder gaveUp', 'admin gaveUp'])
  const [notice] = (await readNotices(store, tenantId)).filter(({ template }) => template === 'domain')
  const { diagnosis }: Record<string, unknown> = notice!.variables
  assert.deepEqual(diagnosis, [{ code: 'wrong_host', host: 'www.never.example', found: proof }])
  assert.deepEqual(await events(), ['domain.added success', 'domain.verified failure dns_record_not_found'])
})

test('a proven record that goes is told at once and weekly, and the domain stays; a resolver that fails tells nothing', async () => {
  const { run, get, proof, mailed, events } = await company('lapsing.example')
  const start = MINUTE
  zone.texts['lapsing.example'] = [[proof]]
  await run(start)
  zone.faults['lapsing.example'] = zone.faults['_latchkey.lapsing.example'] = 'servfail'
  await run(start + DAY)
  assert.equal((await get()).gone, null)
  zone.faults = Object.assign(zone.faults, { 'lapsing.example': undefined, '_latchkey.lapsing.example': undefined })
  zone.zones['lapsing.example'] = []
  delete zone.texts['lapsing.example']
  for (let day = 2; day <= 8; day++) await run(start + day * DAY)
  const warned = ['adder recordGone', 'admin recordGone', 'adder verified', 'admin verified']
  assert.deepEqual(await mailed(), [...warned].sort())
  const { gone, goneSince, verifiedAt } = await get()
  assert.deepEqual([gone, goneSince, verifiedAt !== null], ['record', meansAt(start + 2 * DAY).now, true])
  delete zone.zones['lapsing.example']
  await run(start + 9 * DAY)
  assert.equal((await get()).gone, 'domain')
  assert.deepEqual(await mailed(), [...warned, 'adder domainGone', 'admin domainGone'].sort())
  assert.equal((await events()).filter(line => line.startsWith('domain.warned')).length, 2)
  zone.texts['lapsing.example'] = [[proof]]
  await run(start + 10 * DAY)
  assert.deepEqual([(await get()).gone, (await get()).goneSince], [null, null])
})
