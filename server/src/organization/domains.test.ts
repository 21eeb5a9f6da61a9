import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, MINUTE } from '../clock.ts'
import {
  createUser,
  findTenantId,
  giveInitialDomains,
  listDomains,
  NOBODYS_TENANT,
  type User,
} from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { nameServer } from '../testing/nameServer.ts'
import { meansAt, readEvents, readNotices, stage } from '../testing/people.ts'
import { openDns } from './dns.ts'
import { addDomain, deleteDomain, getDomain, makeDefault, promoteDomain } from './domains.ts'
import { verifyDomain } from './proof.ts'
import { forceDelete, removeDomain } from './removal.ts'

const { store, cast } = await stage()
const zone = await nameServer()
const dns = openDns([zone.address])

let tenants = 0
/** A tenant, its Global Administrator, and what they do. */
async function company(domain = `company${++tenants}.example`) {
  const tenantId = await cast.tenant(domain)
  const admin = await cast.person(tenantId, `admin@${domain}`, { roles: ['Global Administrator'] })
  const does = (at: number, user: User = admin): Act => ({
    ...meansAt(at),
    actor: {
      ...{ kind: 'user', id: user.id, tenantId, name: user.userPrincipalName, roles: user.roles },
      scopes: ['Domain.ReadWrite.All', 'User.ReadWrite.All'],
      proof: { acr: 'mfa', authTime: meansAt(at).now },
    },
  })
  const within = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, tenantId, work)
  const add = (id: string, at = 0) => within(trx => addDomain(trx, does(at), { id, reserved: ['id.example'] }))
  const verify = (name: string, at = 0) => verifyDomain(store, does(at), { tenantId, name, dns })
  return {
    ...{ tenantId, domain, admin, does, within, add, verify },
    get: (name: string) => within(trx => getDomain(trx, name)),
    remove: (name: string) => within(trx => deleteDomain(trx, does(0), name)),
    force: (name: string, disableUserAccounts = true, by?: User) =>
      within(trx => forceDelete(trx, does(0, by), { name, disableUserAccounts })),
    /** What the worker does then. */
    work: (name: string) => removeDomain(store, meansAt(), { tenantId, domain: name, correlationId: tenantId }),
    async prove(name: string) {
      const { proof } = await add(name)
      zone.texts[name] = [[proof!]]
      return verify(name)
    },
  }
}

const code = (expected: string) => (error: unknown) => (error as { code: string }).code === expected

test('a domain leads nobody to a tenant before it is proven, and no name is made in it', async () => {
  const { tenantId, within, add, verify } = await company()
  const { proof, verifiedAt } = await add('New.Example')
  assert.equal(verifiedAt, null)
  assert.match(proof!, /^latchkey-verification=[0-9a-z]{32}$/)
  assert.equal(await findTenantId(store, 'new.example'), NOBODYS_TENANT)
  const make = () =>
    within(trx => createUser(trx, meansAt(), tenantId, { userPrincipalName: 'x@new.example', displayName: 'X' }))
  await assert.rejects(make(), code('domain_invalid'))
  await assert.rejects(verify('new.example'), code('dns_record_not_found'))
  assert.ok(!(await within(trx => listDomains(trx, tenantId))).includes('new.example'))
  zone.texts['new.example'] = [['latchkey-verification=of-somebody-else'], [proof!]]
  assert.equal((await verify('new.example')).isRoot, true)
  assert.equal(await findTenantId(store, 'new.example'), tenantId)
  assert.equal((await make()).userPrincipalName, 'x@new.example')
  assert.deepEqual(
    (await readEvents(store, tenantId)).filter(line => line.startsWith('domain.')),
    ['domain.added success', 'domain.verified failure dns_record_not_found', 'domain.verified success'],
  )
})

test('several tenants add a domain, one proves it, and the others hear that only with a record of their own', async () => {
  const [one, other] = [await company(), await company()]
  const [ours, theirs] = [await one.add('shared.example'), await other.add('shared.example')]
  assert.notEqual(ours.proof, theirs.proof)
  zone.texts['shared.example'] = [[ours.proof!]]
  await assert.rejects(other.verify('shared.example'), code('dns_record_not_found'))
  await one.verify('shared.example')
  await assert.rejects(other.verify('shared.example', MINUTE), code('dns_record_not_found'), 'nothing is told yet')
  zone.texts['shared.example'] = [[theirs.proof!]]
  await assert.rejects(other.verify('shared.example', 2 * MINUTE), code('domain_taken'))
  assert.equal(await findTenantId(store, 'shared.example'), one.tenantId)
  await one.remove('shared.example')
  await other.verify('shared.example', 4 * MINUTE)
  assert.equal(await findTenantId(store, 'shared.example'), other.tenantId)
})

test('two tenants that prove a domain at once do not both get it', async () => {
  for (let round = 0; round < 5; round++) {
    const name = `race${round}.example`
    const both = [await company(), await company()]
    const added = await Promise.all(both.map(one => one.add(name)))
    zone.texts[name] = added.map(({ proof }) => [proof!])
    const outcomes = await Promise.allSettled(both.map(one => one.verify(name)))
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  }
})

test('names that can be no company’s are refused, and so is a domain that is there', async () => {
  const { add } = await company()
  for (const id of ['example', 'a b.example', 'a..example', '-a.example', '10.0.0.1', '', `${'x'.repeat(49)}.example`])
    await assert.rejects(add(id), code('property_invalid'), id)
  for (const id of ['id.example', 'acme.id.example']) await assert.rejects(add(id), code('domain_reserved'), id)
  assert.equal((await add('bücher.example')).name, 'xn--bcher-kva.example')
  await assert.rejects(add('BÜCHER.example'), code('ObjectConflict'))
})

test('below a proven domain of the tenant a domain is proven at once, but not one that another has proven', async () => {
  const [one, other] = [await company(), await company()]
  const held = `taken.${one.domain}`
  await other.prove(held)
  const sub = await one.add(`shop.${one.domain}`)
  assert.deepEqual([sub.isRoot, sub.verifiedAt !== null], [false, true])
  assert.equal((await one.add(held)).verifiedAt, null)
  await assert.rejects(one.verify(held), code('domain_taken'))
  assert.equal(await findTenantId(store, held), other.tenantId)
  // Its proof is gone with the domain above it, unless it stands by itself.
  await one.prove('root.example')
  await one.add('sub.root.example')
  await assert.rejects(one.remove('root.example'), code('in_use'))
  await one.within(trx => promoteDomain(trx, one.does(0), 'sub.root.example'))
  await one.remove('root.example')
  assert.equal((await one.get('sub.root.example')).isRoot, true)
})

test('a domain is looked up six times a minute at most, and fifty wait for their proof', async () => {
  const { add, verify } = await company()
  await add('often.example')
  for (let n = 0; n < 6; n++) await assert.rejects(verify('often.example', n * 1_000), code('dns_record_not_found'))
  zone.asked.length = 0
  await assert.rejects(verify('often.example', 59_000), code('throttled'))
  assert.deepEqual(zone.asked, [])
  await assert.rejects(verify('often.example', MINUTE), code('dns_record_not_found'))
  for (let n = 1; n < 50; n++) await add(`many${n}.example`)
  await assert.rejects(add('more.example'), code('quota_exceeded'))
})

test('the default domain is one, and proven', async () => {
  const { add, prove, within, does, tenantId, domain } = await company()
  await add('unproven.example')
  const make = (name: string) => within(trx => makeDefault(trx, does(0), name))
  await assert.rejects(make('unproven.example'), code('domain_not_verified'))
  await assert.rejects(make('nothing.example'), code('not_found'))
  await prove('default.example')
  await make('default.example')
  assert.deepEqual(await within(trx => listDomains(trx, tenantId)), ['default.example', domain])
})

test('the initial and the default domain stay, and the one of the actor’s own name, and one that people have', async () => {
  const { tenantId, prove, remove, force, domain, within, does } = await company()
  await prove('used.example')
  await assert.rejects(remove(domain), code('domain_needed'))
  await within(trx => makeDefault(trx, does(0), 'used.example'))
  await assert.rejects(remove('used.example'), code('domain_needed'))
  await within(trx => makeDefault(trx, does(0), domain))
  const helper = await cast.person(tenantId, 'helper@used.example', { roles: ['Domain Name Administrator'] })
  await assert.rejects(force('used.example', true, helper), code('domain_needed'))
  await assert.rejects(remove('used.example'), code('in_use'))
  await within(trx =>
    trx
      .updateTable('users')
      .set({ user_principal_name: `h@${domain}`, user_principal_name_folded: `h@${domain}`, mail: 'H@Used.example' })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', helper.id)
      .execute(),
  )
  await assert.rejects(remove('used.example'), code('in_use'), 'an address counts too')
})

test('a domain does not go while a name is made in it', async () => {
  const { tenantId, prove, remove, within, get } = await company()
  await prove('gone.example')
  const [made, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const making = within(async trx => {
    await createUser(trx, meansAt(), tenantId, { userPrincipalName: 'x@gone.example', displayName: 'X' })
    made.resolve()
    await asked.promise
  })
  await made.promise
  const removing = assert.rejects(remove('gone.example'), code('in_use'))
  await sleep(300)
  asked.resolve()
  await Promise.all([making, removing])
  assert.ok(await get('gone.example'))
})

test('a forced removal renames people to the initial domain, tells them, signs them out and frees the name', async () => {
  const { tenantId, prove, force, work, get, domain, within } = await company()
  await prove('forced.example')
  const person = await cast.person(tenantId, 'ada@forced.example', {
    mail: 'ada@forced.example',
    registered: { email: `ada-2@${domain}` },
  })
  await cast.person(tenantId, `ada@${domain}`)
  const many = await Promise.all(
    Array.from({ length: 30 }, (_, n) => cast.person(tenantId, `p${n}@forced.example`, { password: false })),
  )
  const session = await cast.session(meansAt(), person)
  await force('forced.example')
  assert.equal((await get('forced.example')).removal, 'Scheduled')
  const make = () =>
    within(trx => createUser(trx, meansAt(), tenantId, { userPrincipalName: 'y@forced.example', displayName: 'Y' }))
  await assert.rejects(make(), code('domain_invalid'))
  await work('forced.example')
  await work('forced.example')
  const now = await cast.again(person)
  assert.deepEqual([now.userPrincipalName, now.mail, now.accountEnabled], [`ada-2@${domain}`, `ada@${domain}`, false])
  assert.ok(now.securityEpoch > session.user.securityEpoch)
  const methods = await store.pool.query('select blocked_at from latchkey.methods where user_id = $1', [person.id])
  assert.ok(methods.rows[0].blocked_at, 'an address that is now the account itself proves nothing')
  assert.equal((await cast.again(many[29]!)).userPrincipalName, `p29@${domain}`)
  await assert.rejects(get('forced.example'), code('not_found'))
  assert.equal(await findTenantId(store, 'forced.example'), NOBODYS_TENANT)
  const told = (await readNotices(store, tenantId)).find(({ to }) => to === 'ada@forced.example')
  assert.deepEqual([told?.template, told?.variables.renamedTo], ['renamed_disabled', `ada-2@${domain}`])
  const events = await readEvents(store, tenantId)
  assert.equal(events.filter(line => line === 'user.renamed success').length, 31)
  assert.equal(events.filter(line => line === 'domain.removed success').length, 1)
})

test('people stay switched on where that is wanted', async () => {
  const { tenantId, prove, force, work, domain } = await company()
  await prove('kept.example')
  const person = await cast.person(tenantId, 'ada@kept.example')
  await force('kept.example', false)
  await work('kept.example')
  const now = await cast.again(person)
  assert.deepEqual([now.userPrincipalName, now.accountEnabled], [`ada@${domain}`, true])
  const notices = await readNotices(store, tenantId)
  assert.equal(notices.find(({ to }) => to === 'ada@kept.example')?.template, 'renamed')
  // The Global Administrator hears of both.
  const told = notices.filter(({ template }) => template === 'domain').map(({ variables }) => variables.about)
  assert.deepEqual(told.sort(), ['forced', 'verified'])
})

test('a forced removal reaches nobody whom the actor could not reach, and leaves a Global Administrator', async () => {
  const { tenantId, prove, force, work, get, admin } = await company()
  await prove('ranked.example')
  const roles: Role[] = ['Domain Name Administrator']
  const names = await cast.person(tenantId, `names@${admin.userPrincipalName.split('@')[1]}`, { roles })
  const other = await cast.person(tenantId, 'other@ranked.example', { roles: ['Global Administrator'] })
  await assert.rejects(force('ranked.example', false, names), code('protected_target'))
  await store.pool.query('update latchkey.users set account_enabled = false where id = $1', [admin.id])
  await assert.rejects(force('ranked.example'), code('last_global_administrator'))
  await store.pool.query('update latchkey.users set account_enabled = true where id = $1', [admin.id])
  await force('ranked.example')
  // Somebody switches the other one off before the job runs.
  await store.pool.query('update latchkey.users set account_enabled = false where id = $1', [admin.id])
  await work('ranked.example')
  assert.equal((await get('ranked.example')).removal, 'Failed')
  assert.equal((await cast.again(other)).accountEnabled, true)
  assert.ok((await readEvents(store, tenantId)).includes('domain.removal_failed failure last_global_administrator'))
})

test('a forced removal is for a thousand people at most', async () => {
  const { tenantId, prove, force, domain } = await company()
  await prove('crowd.example')
  const crowd = (count: number) =>
    store.pool.query(
      `insert into latchkey.users (tenant_id, id, user_principal_name, user_principal_name_folded, display_name, display_name_folded, created_at)
       select $1, gen_random_uuid(), n || '@crowd.example', n || '@crowd.example', 'P', 'p', now() from generate_series(1, $2::int) n`,
      [tenantId, count],
    )
  await crowd(1_001)
  await assert.rejects(force('crowd.example'), code('in_use'))
  await store.pool.query(`delete from latchkey.users where user_principal_name = '1@crowd.example'`)
  await force('crowd.example')
  assert.ok(domain)
})

test('only those who may change domains do', async () => {
  const { tenantId, within, does, domain, admin } = await company()
  const person = await cast.person(tenantId, `person@${domain}`)
  const rejects = (act: Act, expected: string) =>
    assert.rejects(
      within(trx => addDomain(trx, act, { id: 'x.example', reserved: [] })),
      code(expected),
    )
  await rejects(does(0, person), 'forbidden')
  await rejects({ ...does(0), now: meansAt(16 * MINUTE).now }, 'step_up')
  await rejects({ ...does(0), actor: { ...does(0).actor, tenantId: NOBODYS_TENANT } as Act['actor'] }, 'not_found')
  assert.ok(admin)
})

test('what nobody proves is gone after thirty days, and what is proven stays', async () => {
  const { add, prove, get } = await company()
  await prove('proven-old.example')
  await add('unproven-old.example')
  const { keys, random } = meansAt()
  const clean = (at: number) =>
    removeExpired({ db: store, clock: () => meansAt(at).now, random, keys } as Parameters<typeof removeExpired>[0])
  await clean(29 * DAY)
  assert.ok(await get('unproven-old.example'))
  await clean(30 * DAY)
  await assert.rejects(get('unproven-old.example'), code('not_found'))
  assert.ok(await get('proven-old.example'))
})

test('an operator’s suffix gives every tenant an initial domain, once', async () => {
  const [one, other] = [await company('same.one.example'), await company('same.two.example')]
  for (let n = 0; n < 2; n++) await giveInitialDomains(store, meansAt(), 'id.example')
  const names = await Promise.all([one, other].map(({ within, tenantId }) => within(trx => listDomains(trx, tenantId))))
  assert.deepEqual(
    names.map(list => list.length),
    [2, 2],
  )
  assert.deepEqual(names.map(list => list[1]!).sort(), ['same-2.id.example', 'same.id.example'])
  assert.deepEqual(
    [(await one.get('same.one.example')).isInitial, (await one.get(names[0]![1]!)).isInitial],
    [false, true],
  )
})
