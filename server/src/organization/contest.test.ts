import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { findTenantId } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { nameServer } from '../testing/nameServer.ts'
import { meansAt, readEvents, readNotices, stage } from '../testing/people.ts'
import { until } from '../testing/until.ts'
import { CONTEST_LASTS, contestDomain, decideContest, findDueContests, tellContester } from './contest.ts'
import { openDns } from './dns.ts'
import { addDomain, deleteDomain, getDomain, makeDefault } from './domains.ts'
import { checkDomain, verifyDomain } from './proof.ts'
import { removeDomain } from './removal.ts'
import { checkDue, checkDueDomains } from './upkeep.ts'

const { store, cast } = await stage()
const zone = await nameServer()
const dns = openDns([zone.address])
const system = (at: number): Act => ({ ...meansAt(at), actor: { kind: 'system' } })
const code = (expected: string) => (error: unknown) => (error as { code: string }).code === expected

let tenants = 0
/** A company with an administrator, as of a moment. */
async function company() {
  const domain = `contest${++tenants}.example`
  const tenantId = await cast.tenant(domain)
  const admin = await cast.person(tenantId, `admin@${domain}`, { roles: ['Global Administrator'] })
  const does = (at: number): Act => ({
    ...meansAt(at),
    actor: {
      ...{ kind: 'user', id: admin.id, tenantId, name: admin.userPrincipalName, roles: admin.roles },
      scopes: ['Domain.ReadWrite.All', 'User.ReadWrite.All'],
      proof: { acr: 'mfa', authTime: meansAt(at).now },
    },
  })
  const within = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, tenantId, work)
  const get = (name: string) => within(trx => getDomain(trx, name))
  return {
    ...{ tenantId, domain, admin, does, within, get },
    add: (name: string, at = 0) => within(trx => addDomain(trx, does(at), { id: name, reserved: [] })),
    contest: (name: string, at = 0) => contestDomain(store, does(at), { tenantId, name, dns }),
    check: (name: string, at: number) => checkDomain(store, does(at), { tenantId, name, dns }),
    decide: (name: string, at: number) =>
      decideContest(store, system(at), { tenantId, domain: name, correlationId: tenantId, dns }),
    tell: (name: string, at: number) =>
      tellContester(store, system(at), { tenantId, contester: tenantId, domain: name, correlationId: tenantId }),
    /** The news of the contest by mail, and the events of its log. */
    async told(name: string) {
      const news = ['contested', 'contesting', 'kept', 'contestOver', 'passed', 'contestLost', 'verified']
      return (await readNotices(store, tenantId))
        .filter(({ template, variables }) => template === 'domain' && variables.domain === name)
        .map(({ variables }) => String(variables.about))
        .filter(about => news.includes(about))
    },
    events: async () =>
      (await readEvents(store, tenantId)).filter(line => /contest|default_changed|removed/.test(line)),
  }
}

/** A company that has proven a domain, and another one that could prove it too. */
async function dispute(name: string) {
  const [holder, contester] = [await company(), await company()]
  const { proof: first } = await holder.add(name)
  zone.texts[name] = [[first!]]
  await verifyDomain(store, holder.does(0), { tenantId: holder.tenantId, name, dns })
  const { proof } = await contester.add(name)
  zone.texts[name] = [[proof!]]
  return { holder, contester, first: first!, proof: proof! }
}

test('who holds a contested domain keeps it by its new record, and neither side learns who the other is', async () => {
  const name = 'kept.example'
  const { holder, contester, first, proof } = await dispute(name)
  zone.texts[name] = []
  await assert.rejects(contester.contest(name), code('not_verified'), 'without its record nobody contests')
  zone.texts[name] = [[proof]]
  const begun = await Promise.all([contester.contest(name, MINUTE), contester.contest(name, MINUTE)])
  const until = new Date(meansAt(MINUTE).now.getTime() + 14 * DAY)
  assert.deepEqual(
    begun.map(({ contestingUntil }) => contestingUntil),
    [until, until],
  )
  const held = await holder.get(name)
  assert.deepEqual([held.contestedUntil, held.verifiedAt !== null, held.isRoot], [until, true, true])
  assert.notEqual(held.proof, first)
  assert.deepEqual([await holder.told(name), await contester.told(name)], [['verified', 'contested'], ['contesting']])
  for (const { tenantId, other } of [
    { tenantId: holder.tenantId, other: contester },
    { tenantId: contester.tenantId, other: holder },
  ]) {
    const notices = (await readNotices(store, tenantId)).filter(({ template }) => template === 'domain')
    const { rows } = await store.pool.query(
      "select e::text as line from latchkey.audit_events e where tenant_id = $1 and activity like 'domain.%'",
      [tenantId],
    )
    const known = JSON.stringify([notices, rows])
    for (const secret of [other.tenantId, other.domain, other.admin.id]) assert.ok(!known.includes(secret), secret)
  }
  const third = await company()
  const own = await third.add(name)
  zone.texts[name] = [[proof], [own.proof!]]
  await assert.rejects(third.contest(name, MINUTE), code('contest_closed'))
  // The older record is no proof any more, and nobody is warned of what is awaited.
  zone.texts[name] = [[first]]
  await holder.check(name, DAY)
  assert.deepEqual([(await holder.get(name)).contestedUntil, (await holder.get(name)).gone], [until, null])
  zone.texts[name] = [[proof], [held.proof!]]
  // As a program or an operator asks; the page asks for the same check.
  await verifyDomain(store, holder.does(2 * DAY), { tenantId: holder.tenantId, name, dns })
  await contester.tell(name, 2 * DAY)
  await contester.tell(name, 2 * DAY)
  const after = await holder.get(name)
  assert.deepEqual([after.contestedUntil, after.proof], [null, held.proof])
  assert.equal((await contester.get(name)).contestingUntil, null)
  assert.deepEqual(await holder.told(name), ['verified', 'contested', 'kept'])
  assert.deepEqual(await contester.told(name), ['contesting', 'contestLost'])
  assert.deepEqual(await holder.events(), ['domain.contested success', 'domain.contest_ended success'])
  assert.deepEqual(await contester.events(), ['domain.contested success', 'domain.contest_ended success'])
  await assert.rejects(contester.contest(name, 31 * DAY), code('contest_closed'), 'not for 30 days')
  assert.ok((await contester.contest(name, 32 * DAY)).contestingUntil)
})

test('a domain that nobody proves anew passes on after 14 days, and no people with it', async () => {
  const name = 'passed.example'
  const { holder, contester } = await dispute(name)
  await holder.add(`shop.${name}`)
  await holder.within(trx => makeDefault(trx, holder.does(0), name))
  const ada = await cast.person(holder.tenantId, `ada@${name}`, { password: false })
  const ben = await cast.person(holder.tenantId, `ben@shop.${name}`, { password: false })
  const session = await cast.session(meansAt(), ada)
  const { contestingUntil: until } = await contester.contest(name)
  const work = async (at: number) => {
    await findDueContests(store, system(at))
    await holder.decide(name, at)
  }
  await work(14 * DAY - 1_000)
  assert.deepEqual([(await holder.get(name)).contestedUntil, (await holder.get(name)).removal], [until, null])
  zone.faults[name] = 'servfail'
  zone.faults[`_latchkey.${name}`] = 'servfail'
  await work(14 * DAY)
  assert.equal((await holder.get(name)).removal, null, 'while nobody can tell, nothing passes')
  zone.faults = Object.assign(zone.faults, { [name]: undefined, [`_latchkey.${name}`]: undefined })
  await work(14 * DAY + HOUR)
  assert.equal((await holder.get(name)).removal, 'Scheduled')
  await work(14 * DAY + HOUR)
  for (const domain of [name, `shop.${name}`])
    await removeDomain(store, system(14 * DAY + HOUR), {
      ...{ tenantId: holder.tenantId, domain, correlationId: holder.tenantId },
    })
  const people = await Promise.all([ada, ben].map(one => cast.again(one)))
  assert.deepEqual(
    people.map(({ userPrincipalName, accountEnabled }) => [userPrincipalName, accountEnabled]),
    [
      [`ada@${holder.domain}`, true],
      [`ben@${holder.domain}`, true],
    ],
  )
  assert.ok(people[0]!.securityEpoch > session.user.securityEpoch, 'a new name ends every session')
  assert.equal((await holder.get(holder.domain)).isDefault, true)
  await assert.rejects(holder.get(name), code('not_found'))
  await contester.tell(name, 14 * DAY + HOUR)
  assert.deepEqual((await contester.get(name)).nextCheckAt, meansAt(14 * DAY + HOUR).now)
  await checkDue(store, system(14 * DAY + HOUR), { tenantId: contester.tenantId, domain: name, dns })
  assert.equal(await findTenantId(store, name), contester.tenantId)
  const { verifiedAt, contestingUntil } = await contester.get(name)
  assert.deepEqual([verifiedAt !== null, contestingUntil], [true, null])
  assert.deepEqual(await holder.told(name), ['verified', 'contested', 'passed'])
  assert.deepEqual(await contester.told(name), ['contesting', 'verified'])
  const renamed = (await readNotices(store, holder.tenantId)).filter(({ template }) => template === 'renamed')
  assert.equal(renamed.length, 2)
  const queued = await store.pool.query('select count(*)::int as n from latchkey_jobs.jobs where key like $1', [
    `%contest ${holder.tenantId}%`,
  ])
  assert.equal(queued.rows[0].n, 1, 'one job however often it is due')
})

test('the last look keeps a domain whose holder has set the record, and asked for no check', async () => {
  const name = 'last-look.example'
  const { holder, contester, proof } = await dispute(name)
  await contester.contest(name)
  zone.texts[name] = [[proof], [(await holder.get(name)).proof!]]
  await holder.decide(name, 14 * DAY)
  assert.deepEqual(
    [(await holder.get(name)).removal, await holder.told(name)],
    [null, ['verified', 'contested', 'kept']],
  )
})

test('a contest ends for the holder where the record of who contests is gone, or the domain is not theirs any more', async () => {
  for (const name of ['record-gone.example', 'row-gone.example']) {
    const { holder, contester, first } = await dispute(name)
    await contester.contest(name)
    if (name === 'record-gone.example') zone.texts[name] = []
    else await contester.within(trx => deleteDomain(trx, contester.does(0), name))
    await holder.decide(name, 14 * DAY)
    const { contestedUntil, proof, verifiedAt } = await holder.get(name)
    assert.deepEqual([contestedUntil, proof, verifiedAt !== null], [null, first, true], 'its record of before counts')
    assert.deepEqual(await holder.told(name), ['verified', 'contested', 'contestOver'])
    if (name === 'record-gone.example') await contester.tell(name, 14 * DAY)
  }
  // Who gives the domain up leaves it to who contests it.
  const name = 'given-up.example'
  const { holder, contester } = await dispute(name)
  await contester.contest(name)
  await holder.within(trx => deleteDomain(trx, holder.does(0), name))
  const queued = await store.pool.query(
    "select count(*)::int as n from latchkey_jobs._private_jobs where payload->>'contester' = $1 and payload->>'domain' = $2",
    [contester.tenantId, name],
  )
  assert.equal(queued.rows[0].n, 1)
})

test('a clock that was ahead neither passes a domain on nor keeps a contest open for ever', async () => {
  const name = 'ahead.example'
  const { holder, contester } = await dispute(name)
  const ahead = 400 * DAY
  await contester.contest(name, ahead)
  await findDueContests(store, system(DAY))
  const end = new Date(meansAt(DAY).now.getTime() + CONTEST_LASTS)
  assert.deepEqual((await holder.get(name)).contestedUntil, end, 'it lasts 14 days from now')
  await holder.decide(name, DAY)
  assert.equal((await holder.get(name)).removal, null)
  await holder.decide(name, 15 * DAY)
  assert.equal((await holder.get(name)).removal, 'Scheduled')
})

test('nobody contests an initial domain or what nobody administers, nor a sixth, and nothing moves while people can undo a takeover', async () => {
  const [holder, contester] = [await company(), await company()]
  const { proof } = await contester.add(holder.domain)
  zone.texts[holder.domain] = [[proof!]]
  await assert.rejects(contester.contest(holder.domain), code('ask_operator'))
  assert.equal((await contester.get(holder.domain)).check?.holder, 'managed')
  const unmanaged = (since: Date | null) =>
    store.pool.query('update latchkey.tenants set unmanaged_since = $2 where tenant_id = $1', [holder.tenantId, since])
  await unmanaged(meansAt().now)
  await assert.rejects(contester.contest(holder.domain, HOUR), code('domain_unmanaged'))
  assert.equal((await contester.get(holder.domain)).check?.holder, 'unmanaged')

  const name = 'settling.example'
  const one = await dispute(name)
  const ada = await cast.person(one.holder.tenantId, `ada@${name}`, { password: false })
  await one.contester.contest(name)
  const settling = (until: Date | null) =>
    store.pool.query('update latchkey.tenants set settling_until = $2 where tenant_id = $1', [
      ...[one.holder.tenantId, until],
    ])
  await settling(meansAt(15 * DAY).now)
  await one.holder.decide(name, 14 * DAY)
  assert.equal((await one.holder.get(name)).removal, null)
  await settling(null)
  await one.holder.decide(name, 14 * DAY + HOUR)
  assert.equal((await one.holder.get(name)).removal, 'Scheduled')
  // Nor where people may undo one by the time that the job runs.
  const asked = { tenantId: one.holder.tenantId, domain: name, correlationId: one.holder.tenantId }
  await settling(meansAt(20 * DAY).now)
  for (let times = 0; times < 2; times++) await removeDomain(store, system(14 * DAY + HOUR), asked)
  assert.equal((await cast.again(ada)).userPrincipalName, `ada@${name}`)
  assert.equal((await one.holder.get(name)).removal, 'Scheduled')
  const { rows: waiting } = await store.pool.query(
    'select run_at > now() + $2 as later from latchkey_jobs.jobs where key = $1',
    [...[`${one.holder.tenantId} remove-domain ${name}`, '5 days']],
  )
  assert.deepEqual(waiting, [{ later: true }], 'it waits for the end, once')
  await removeDomain(store, system(20 * DAY), asked)
  assert.equal((await cast.again(ada)).userPrincipalName, `ada@${one.holder.domain}`)
  await assert.rejects(one.holder.get(name), code('not_found'))

  for (let n = 0; n < 5; n++)
    await store.pool.query(
      `insert into latchkey.domains (tenant_id, name, added_at, proof, contesting_until) values ($1, $2, $3, 'x', $4)`,
      [contester.tenantId, `open${n}.example`, meansAt().now, meansAt(14 * DAY).now],
    )
  await assert.rejects(contester.contest(holder.domain, 2 * HOUR), code('throttled'))
})

test('what contests is kept until the contest has ended, is looked up daily meanwhile, and then goes', async () => {
  const name = 'waits.example'
  const { holder, contester } = await dispute(name)
  await contester.contest(name, 20 * DAY)
  await checkDueDomains(store, system(21 * DAY))
  assert.deepEqual((await contester.get(name)).nextCheckAt, meansAt(22 * DAY).now)
  const { keys, random } = meansAt()
  const clean = (at: number) =>
    removeExpired({ db: store, clock: () => meansAt(at).now, random, keys } as Parameters<typeof removeExpired>[0])
  await clean(33 * DAY)
  assert.ok((await contester.get(name)).contestingUntil)
  await clean(41 * DAY)
  await assert.rejects(contester.get(name), code('not_found'))
  assert.ok(await holder.get(name))
})

test('a contest waits for who works on a company before it touches the domain', async t => {
  /** A transaction that holds companies, and the one that waits for it. */
  const turn = async () => {
    const other = await store.pool.connect()
    t.after(() => other.release(true))
    await other.query('begin')
    const { rows } = await other.query('select pg_backend_pid() as pid')
    const hold = (tenantId: string) =>
      other.query('select from latchkey.tenants where tenant_id = $1 for no key update', [tenantId])
    const isWaitedFor = async () =>
      (await store.pool.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [rows[0].pid]))
        .rowCount !== 0
    return { other, hold, isWaitedFor }
  }
  /** Does `work` while another transaction holds the company, from when `work` says so, and then goes on to the domain. */
  const inTurn = async (tenantId: string, name: string, work: (hold: () => Promise<unknown>) => Promise<unknown>) => {
    const { other, hold, isWaitedFor } = await turn()
    let isDone = false
    const pending = work(() => hold(tenantId)).then(() => {
      isDone = true
    })
    await until(async () => isDone || (await isWaitedFor()))
    // Were the domain taken first, each would now wait for the other.
    const own = [tenantId, name]
    await other.query('select from latchkey.domains where tenant_id = $1 and name = $2 for update nowait', own)
    assert.equal(isDone, false, 'it waits')
    await other.query('commit')
    await pending
  }
  const name = 'in-turn.example'
  const { holder, contester } = await dispute(name)
  // The look-ups of both are counted before the DNS is asked.
  await inTurn(contester.tenantId, name, async hold => {
    await hold()
    await contester.check(name, 0)
  })
  await inTurn(contester.tenantId, name, async hold => {
    const first = await turn()
    await first.hold(holder.tenantId)
    const contesting = contester.contest(name, HOUR)
    await until(first.isWaitedFor)
    assert.equal((await holder.get(name)).contestedUntil, null)
    await hold()
    await first.other.query('commit')
    await contesting
  })
  assert.ok((await holder.get(name)).contestedUntil && (await contester.get(name)).contestingUntil)
  await inTurn(holder.tenantId, name, async hold => {
    await hold()
    await holder.decide(name, 15 * DAY)
  })
  assert.equal((await holder.get(name)).removal, 'Scheduled')
  const next = 'in-turn-too.example'
  const { holder: other, contester: by } = await dispute(next)
  await inTurn(other.tenantId, next, async hold => {
    await hold()
    await by.contest(next)
  })
})
