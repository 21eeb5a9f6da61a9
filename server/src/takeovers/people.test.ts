import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import {
  addMember,
  createGroup,
  findGroupsOf,
  findTenantId,
  findUserByName,
  setContactInfo,
  setOtherMails,
} from '../directory/index.ts'
import { blocksOf, lock } from '../limits/index.ts'
import { keepFormerAddress, newSheet, prepareAnswers, saveAnswers, saveCodes, saveMethod } from '../methods/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { askOne, inPair, inTenant } from '../store/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { newBrowser } from '../testing/passkeyOwners.ts'
import { newTrail } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { followingGroups, followingPeople, movePeople } from './people.ts'

const server = await testServer()
const { store, services } = server
const NAME = 'first@umbrella.example'
const act = (): Act => ({
  ...{ now: services.clock(), random: services.random, keys: services.keys },
  ...{ actor: { kind: 'system' }, trail: newTrail() },
})
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll('@', 'latchkey.'), values)).rows

const acme = await findTenantId(store, 'acme.example')
const umbrella = await findTenantId(store, 'umbrella.example')
const answers = ['first-concert', 'first-dish', 'first-game'].map(question => ({ question, answer: `my ${question}` }))
const texts = JSON.parse(readFileSync(new URL('../../../locales/en/questions.json', import.meta.url), 'utf8'))
const sheet = newSheet(act())

/** Somebody of Umbrella with a row in every table that follows people. */
async function fill() {
  const user = (await inTenant(store, umbrella, trx => findUserByName(trx, umbrella, NAME)))!
  const device = newAuthenticator()
  await registerPasskey(await newBrowser(server, user), device)
  const questions = answers.map(({ question }) => ({ id: question }))
  const prepared = await prepareAnswers(services.passwordChecks.hasher, { questions, questionsToRegister: 3 }, answers)
  const then = { ...act(), now: plus(services.clock(), -DAY) }
  const group = await inTenant(store, umbrella, async trx => {
    await setContactInfo(trx, then, user, { kind: 'officePhone', value: '+12065550123', setBy: 'administrator' })
    await setOtherMails(trx, then, user, ['other@mail.example'])
    const own = { kind: 'email', source: 'person', provedAt: then.now, confirmedAt: then.now } as const
    await saveMethod(trx, then, user, { ...own, value: 'former@mail.example' })
    await saveMethod(trx, then, user, { ...own, value: 'own@mail.example' })
    await saveMethod(trx, then, user, { kind: 'securityQuestions', source: 'person', value: null })
    await saveAnswers(trx, then, user, prepared)
    const id = await saveMethod(trx, then, user, { kind: 'recoveryCode', source: 'person', value: sheet.key })
    await saveCodes(trx, { tenantId: umbrella, id }, sheet)
    const group = await createGroup(trx, then, umbrella, { displayName: 'Own' })
    await addMember(trx, umbrella, group, { kind: 'user', id: user.id })
    await lock(trx, then, umbrella, NAME)
    const former = services.random.uuid(then.now)
    const place = { purpose: 'former-password', tenantId: umbrella, rowId: former } as const
    await trx
      .insertInto('password_history')
      .values({
        ...{ tenant_id: umbrella, user_id: user.id, id: former, set_at: then.now },
        hash_sealed: then.keys.seal(place, 'some hash'),
      })
      .execute()
    await keepFormerAddress(trx, then, user)
    return group
  })
  return { user, device, group }
}

/** The rows that follow this person, without what each tenant writes itself. */
async function held(tenantId: string, { user, group }: Awaited<ReturnType<typeof fill>>) {
  const own = ['tenant_id', 'changed_in', 'version', 'security_epoch', 'sessions_valid_from', 'last_challenge_at']
  const read = async (table: string, column: string, id: string) =>
    (await rows(`select to_jsonb(t) as row from @${table} t where tenant_id = $1 and ${column} = $2`, tenantId, id))
      .map(({ row }) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !own.includes(name) && !/_sealed$/.test(name))),
      )
      .sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)))
  const found: Record<string, object[]> = {}
  for (const { table } of followingPeople)
    found[table] =
      table === 'recovery_codes'
        ? (
            await rows(
              'select code_hash, used_at, sheet from @recovery_codes where tenant_id = $1 order by code_hash',
              tenantId,
            )
          ).map(row => ({ ...row }))
        : await read(table, table === 'accounts' ? 'id' : 'user_id', user.id)
  for (const { table } of followingGroups)
    found[table] = await read(table, table === 'groups' ? 'id' : 'group_id', group)
  return found
}

/** Moves the domain, as a takeover does beside its people. */
const moveDomain = (to: string, isInitial: boolean) =>
  rows(
    "update @domains set tenant_id = $1, is_initial = $2, is_default = $2 where name = 'umbrella.example'",
    to,
    isInitial,
  )

const move = (from: string, to: string, people: readonly string[], groups: readonly string[]) =>
  inPair(store, [from, to], enter => movePeople({ enter, from, to }, act(), { people, groups }))

const counted = (tenantId: string) =>
  inTenant(store, tenantId, trx => askOne(trx, blocksOf(act(), tenantId, NAME, 'lock'))).then(found => found.length)

test('a person moves with all that is theirs, gets in there as before, and comes back', async () => {
  const filled = await fill()
  const { user, device, group } = filled
  const before = await held(umbrella, filled)
  for (const [table, found] of Object.entries(before))
    assert.ok(found.length > 0 || table === 'group_owners', `there is something to move: ${table}`)
  const old = server.browser()
  const signedIn = await newBrowser(server, user)
  granted(await signedIn.get('/account'))
  await moveDomain(acme, false)
  assert.deepEqual(await inTenant(store, umbrella, trx => findGroupsOf(trx, [user.id])), [group])
  await move(umbrella, acme, [user.id], [group])

  assert.equal((await signedIn.get('/account')).status, 401, 'what was open has ended')
  for (const [table, found] of Object.entries(await held(umbrella, filled))) assert.deepEqual(found, [], table)
  const there = await held(acme, filled)
  for (const table of ['methods', 'contact_info', 'other_mails']) {
    assert.equal(there[table]!.length, before[table]!.length)
    assert.notDeepEqual(there[table], before[table], 'hashes are of the tenant')
  }
  assert.deepEqual([await counted(umbrella), await counted(acme)], [0, 1], 'a lock holds on')
  refused(await post(old, '/signin', { username: NAME, password: PASSWORD }), 401, 'invalid_credentials')
  await rows("delete from @counters where kind = 'lock'")
  granted(await post(old, '/signin', { username: NAME, password: PASSWORD }))
  const browser = server.browser()
  const { options } = granted(await browser.get('/signin/passkey'))
  const credential = device.getJSON(services.origin, options)
  granted(await post(browser, '/signin/passkey', { credential }))
  assert.equal(granted(await browser.get('/session')).user.userPrincipalName, NAME)

  const methods = ['email', 'securityQuestions', 'recoveryCode', 'passkey'] as const
  const kept = await inTenant(store, acme, trx =>
    changeDefaultPolicy(trx, act(), acme, { gates: 2, methods: [...methods] }),
  )
  assert.equal(kept.enabled, true)
  const proofs = {
    email: async (_: unknown) => ({ code: await server.code('own@mail.example') }),
    securityQuestions: async ({ questions }: { questions: { id: string; text: string }[] }) => ({
      answers: questions.map(({ id, text }) => ({
        question: id,
        answer: answers.find(({ question }) => texts[question] === text)!.answer,
      })),
    }),
    recoveryCode: async (_: unknown) => ({ code: sheet.codes[0] }),
    passkey: async (challenge: { options: never }) => ({
      credential: device.getJSON(services.origin, challenge.options),
    }),
  }
  for (const kind of methods) {
    const resetting = server.browser()
    const journey = granted(await post(resetting, '/reset', { username: NAME }), 201)
    const method = journey.methods.find((one: { kind: string }) => one.kind === kind)
    assert.ok(method, kind)
    const { challenge } = granted(await post(resetting, `/reset/${journey.id}/challenges`, { method: method.id }), 201)
    const proof = { challenge: challenge.id, ...(await proofs[kind](challenge)) }
    assert.equal(granted(await post(resetting, `/reset/${journey.id}/proofs`, proof)).gates.passed, 1, kind)
  }
  const newer = newAuthenticator()
  await registerPasskey(
    await newBrowser(server, { ...user, tenantId: acme, securityEpoch: await epoch(user.id) }),
    newer,
  )

  await moveDomain(umbrella, true)
  await move(acme, umbrella, [user.id], [group])
  const after = await held(umbrella, filled)
  assert.equal(after.passkeys!.length, 2)
  for (const table of ['accounts', 'contact_info', 'security_answers', 'other_mails', 'former_addresses', 'groups'])
    assert.deepEqual(after[table], before[table], `back as before: ${table}`)
  for (const one of [device, newer]) {
    const back = server.browser()
    const asked = granted(await back.get('/signin/passkey')).options
    granted(await post(back, '/signin/passkey', { credential: one.getJSON(services.origin, asked) }))
    assert.equal(granted(await back.get('/session')).user.userPrincipalName, NAME)
  }
  await moveDomain(acme, false)
  await move(umbrella, acme, [user.id], [group])
  await moveDomain(umbrella, true)
  await move(acme, umbrella, [user.id], [group])
})

const epoch = async (id: string) =>
  (await rows('select security_epoch as epoch from @accounts where id = $1', id))[0].epoch

test('a move that a crash cuts off has not begun', async () => {
  const { id } = (await inTenant(store, umbrella, trx => findUserByName(trx, umbrella, 'second@umbrella.example')))!
  await assert.rejects(
    inPair(store, [umbrella, acme], async enter => {
      await movePeople({ enter, from: umbrella, to: acme }, act(), { people: [id], groups: [] })
      throw new Error('cut off')
    }),
    /cut off/,
  )
  assert.deepEqual(await rows('select tenant_id from @accounts where id = $1', id), [{ tenant_id: umbrella }])
  granted(await post(server.browser(), '/signin', { username: 'second@umbrella.example', password: PASSWORD }))
})

test('every table that knows people says what becomes of its rows when somebody moves', async () => {
  const readme = readFileSync(new URL('../store/README.md', import.meta.url), 'utf8')
  const section = readme.split(/^## /m).find(part => part.startsWith('Who moves into another tenant')) ?? ''
  const listed = [...section.matchAll(/^\| `(\w+)` +\| (moves|ends|comes back|is made anew|stays) +\| \S.* \|$/gm)].map(
    ([, table, fate]) => [table, fate] as const,
  )
  // By a foreign key to somebody, or by the name of a column.
  const known = await rows(`
    select distinct c.table_name as name from information_schema.columns c
    where c.table_schema = 'latchkey' and c.table_name not like 'audit_events_%' and c.table_name not in ('users', 'applications')
      and c.data_type = 'uuid' and (c.column_name ~ '^(user_id|emergency_id|password_of|told_after)$'
      or c.column_name ~ '_user_id$|_by$|^(owner|member|principal|creator|maker|actor|target|object)_id$')
    union select conrelid::regclass::text from pg_constraint where confrelid = '@accounts'::regclass
    union select unnest(array['accounts', 'recovery_codes', 'counters', 'groups', 'takeover_links'])
    order by 1`)
  assert.deepEqual(
    listed.map(([table]) => table),
    known.map(({ name }) => name.replace('latchkey.', '')),
  )
  const moving = [...followingPeople, ...followingGroups].map(({ table }) => table)
  assert.deepEqual(
    listed.filter(([, fate]) => fate === 'moves').map(([table]) => table),
    [...moving, 'counters', 'takeover_links', 'takeovers'].sort(),
  )
})
