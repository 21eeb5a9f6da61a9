import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PASSWORD } from './demo/index.ts'
import { findTenantId } from './directory/index.ts'
import { removeExpired } from './runtime/cleanup.ts'
import { testApi } from './testing/api.ts'
import { granted, post, refused } from './testing/contract.ts'
import { wrongCode, wrongPassword } from './testing/people.ts'
import { testServer } from './testing/server.ts'

// What a tenant of many people costs each of them. Journeys run through the app, whose connections may use tables only
// as a runtime role, so every plan is one under row-level security: the owner's plans would hide what reads too much.

const PEOPLE = 20_000
/** Blocks of 8 kB that a statement may read: some five for each index that it asks. The whole tenant has over a thousand. */
const AT_MOST = 100

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const ask = (text: string, values: unknown[] = []) => server.store.pool.query(text, values)
const { rows } = await ask('select rolsuper as may from pg_roles where rolname = current_user')
const skip = !rows[0].may && 'only a superuser may have every plan explained'

/** Rows that an index may lead to and a filter then removes: more come from the wrong index. */
const REMOVED_AT_MOST = 20

interface Explained {
  text: string
  blocks: number
  removed: number
}
const explained: Explained[] = []
/** Every statement that ran. */
const texts = new Set<string>()

type Plan = Record<string, number | string | undefined> & { Plans?: Plan[] }
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
const removedBy = (node: Plan) =>
  'Index Name' in node ? Number(node['Rows Removed by Filter'] ?? 0) * Number(node['Actual Loops']) : 0

/** From now on each new connection of requests tells how its statements ran. */
async function explainAll() {
  const { database } = (await ask('select current_database() as database')).rows[0]
  for (const setting of [
    "session_preload_libraries = 'auto_explain'",
    'auto_explain.log_min_duration = 0',
    'auto_explain.log_analyze = on',
    'auto_explain.log_timing = off',
    'auto_explain.log_buffers = on',
    'auto_explain.log_format = json',
    'auto_explain.log_level = notice',
    // What functions and foreign keys ask too.
    'auto_explain.log_nested_statements = on',
  ])
    await ask(`alter database ${database} set ${setting}`)
  server.store.requests.on('connect', client =>
    client.on('notice', ({ message }) => {
      const { 'Query Text': text, Plan: plan } = JSON.parse(message!.slice(message!.indexOf('{')))
      const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
      texts.add(text)
      explained.push({ text, blocks, removed: Math.max(...nodesOf(plan).map(removedBy)) })
    }),
  )
  await ask(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'latchkey_login' and datname = $1",
    [database],
  )
  // The pool gives out a connection until it has read that the other side closed it.
  for (let tries = 0; server.store.requests.totalCount > 0 && tries < 1_000; tries++) await sleep(10)
}

/** Gives the tenant so many people, each with a row of every kind. As superuser, so no policy and no foreign key slows it down. */
async function fill() {
  const id = (of: string) => `md5('${of}' || n)::uuid`
  const bytes = "decode(md5('some' || n), 'hex')"
  const lately = "now() - n * interval '1 second'"
  const soon = "now() + (10 + n % 50) * interval '1 minute'"
  const rowsOf: Record<string, Record<string, string>> = {
    users: {
      id: id('user'),
      user_principal_name: "'person' || n || '@acme.example'",
      user_principal_name_folded: "'person' || n || '@acme.example'",
      display_name: "'Person'",
      display_name_folded: "'person'",
      created_at: lately,
    },
    passwords: {
      user_id: id('user'),
      hash: "'$argon2id$v=19$m=19456,t=2,p=1$' || n",
      scheme: "'$argon2id$v=19$m=19456,t=2,p=1$'",
      set_at: lately,
    },
    password_history: { user_id: id('user'), id: id('old'), hash: "'$argon2id$' || n", set_at: lately },
    groups: {
      id: id('group'),
      display_name: "'Group ' || n",
      display_name_folded: "'group ' || n",
      created_at: lately,
    },
    group_members: { group_id: id('group'), member_kind: "'user'", member_id: id('user') },
    methods: {
      id: id('method'),
      user_id: id('user'),
      kind: "'email'",
      source: "'person'",
      value_sealed: bytes,
      value_hash: bytes,
      created_at: lately,
      confirmed_at: lately,
    },
    contact_info: {
      user_id: id('user'),
      kind: "'officePhone'",
      id: id('office'),
      value_sealed: bytes,
      value_hash: bytes,
      ending_hash: bytes,
      set_at: lately,
      set_by: "'administrator'",
    },
    security_answers: {
      user_id: id('user'),
      question: "'first-dish'",
      answer_hash: "'$argon2id$' || n",
      registered_at: lately,
    },
    former_addresses: { user_id: id('user'), id: id('address'), address_sealed: bytes, removed_at: lately },
    sessions: {
      id: id('session'),
      user_id: id('user'),
      token_hash: bytes,
      correlation_id: id('session'),
      security_epoch: '0',
      password_at: lately,
      language: "'en'",
      created_at: lately,
      expires_at: soon,
      address: "'192.0.2.1'",
      user_agent: "'a browser'",
    },
    devices: {
      id: id('device'),
      user_id: id('user'),
      token_hash: bytes,
      security_epoch: '0',
      created_at: lately,
      expires_at: soon,
    },
    journeys: {
      id: id('journey'),
      kind: "'reset'",
      user_id: id('user'),
      typed_name_sealed: bytes,
      browser_hash: bytes,
      may_unlock: 'false',
      language: "'en'",
      created_at: lately,
      expires_at: soon,
    },
    challenges: {
      id: id('challenge'),
      purpose: "'reset'",
      journey_id: id('journey'),
      user_id: id('user'),
      security_epoch: '0',
      kind: "'email'",
      channel: "'email'",
      language: "'en'",
      created_at: lately,
      expires_at: soon,
      delivery: "'sent'",
    },
    counters: {
      kind: "'password'",
      subject: bytes,
      browser: "'other'",
      failures: '1',
      window_ends_at: soon,
    },
    sends: { scope: "'account'", subject: bytes, sent: '1', window_ends_at: soon },
    notices: {
      id: id('notice'),
      correlation_id: id('journey'),
      template: "'password_changed'",
      to_sealed: bytes,
      variables: "'{}'",
      language: "'en'",
      created_at: lately,
      sent_at: lately,
    },
    audit_events: {
      at: lately,
      id: id('event'),
      activity: "'signin.succeeded'",
      result: "'success'",
      actor_kind: "'user'",
      actor_id: id('user'),
      target_id: id('user'),
      correlation_id: id('session'),
    },
  }
  const inserts = Object.entries(rowsOf).map(
    ([table, columns]) => `insert into latchkey.${table} (tenant_id, ${Object.keys(columns)})
      select '${acme}', ${Object.values(columns)} from generate_series(1, ${PEOPLE}) n`,
  )
  // As a replica: no foreign key is looked up.
  await ask(['begin', 'set local session_replication_role = replica', ...inserts, 'commit'].join('; '))
}

async function resetByMail() {
  const browser = server.browser()
  const { id, methods } = granted(await post(browser, '/reset', { username: 'registered@acme.example' }), 201)
  const [before] = await server.outbox()
  const method = methods.find(({ kind }: { kind: string }) => kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method }), 201)
  const code = await server.code('registered@mail.example', before)
  assert.equal((await browser.page(`/reset/${id}`)).status, 200)
  granted(await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code: wrongCode(code) }), 422)
  granted(await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code }))
  granted(await post(browser, `/reset/${id}/password`, { newPassword: PASSWORD }))
}

async function signIn() {
  const browser = server.browser()
  for (const name of ['registered', 'person7', 'nobody']) {
    const answer = await post(browser, '/signin', { username: `${name}@acme.example`, password: wrongPassword() })
    refused(answer, 401, 'invalid_credentials')
  }
  granted(await post(browser, '/signin', { username: 'registered@acme.example', password: PASSWORD }))
  assert.equal((await (await testApi(server).as('registered@acme.example'))('GET', '/me')).status, 200)
}

const isTooMuch = ({ blocks, removed }: Explained) => blocks > AT_MOST || removed > REMOVED_AT_MOST

/**
 * The statements of an act that read too much each time. Once is no fault: a connection reads the catalogue when it asks
 * something first, and after much was created beside it, in any database of the cluster.
 */
async function excessOf(act: () => Promise<void>, isTooMuch: (one: Explained) => boolean): Promise<Explained[]> {
  let excess: Explained[] | undefined
  for (let time = 0; time < 20 && excess?.length !== 0; time++) {
    explained.length = 0
    await act()
    const now = explained.filter(isTooMuch)
    excess = excess?.filter(({ text }) => now.some(one => one.text === text)) ?? now
  }
  return excess!
}

test('in a tenant of 20,000 people each statement of a reset and a sign-in reads a few blocks', { skip }, async t => {
  await fill()
  await explainAll()
  for (const statistics of ['none yet, as of a new database', 'fresh']) {
    if (statistics === 'fresh') await ask('analyze')
    for (const [journey, tables] of [
      [resetByMail, ['journeys', 'challenges', 'methods', 'sends', 'counters', 'passwords', 'notices', 'audit_events']],
      [signIn, ['passwords', 'counters', 'sessions', 'devices', 'audit_events']],
    ] as const) {
      assert.deepEqual(await excessOf(journey, isTooMuch), [], `statistics: ${statistics}`)
      for (const table of tables)
        assert.ok(
          explained.some(({ text }) => text.includes(table)),
          `${table} was explained`,
        )
      const most = Math.max(...explained.map(({ blocks }) => blocks))
      t.diagnostic(`${explained.length} statements, ${most} blocks at most; statistics: ${statistics}`)
    }
  }
})

test('and the clean-up reads little more than what is due', { skip }, async () => {
  const ends = {
    sessions: 'expires_at',
    devices: 'expires_at',
    journeys: 'expires_at',
    challenges: 'expires_at',
    former_addresses: 'removed_at',
    counters: 'window_ends_at',
    sends: 'window_ends_at',
    notices: 'created_at',
  }
  const all = async () =>
    (
      await Promise.all(
        Object.keys(ends).map(table => ask(`select from latchkey.${table} where tenant_id = $1`, [acme])),
      )
    ).map(({ rowCount }) => rowCount ?? 0)
  const isRemoval = ({ text }: Explained) => /ctid|select distinct tenant_id/.test(text)
  const removeOneOfEach = async () => {
    for (const [table, end] of Object.entries(ends))
      await ask(
        `update latchkey.${table} set ${end} = now() - interval '100 days'
         where ctid = (select ctid from latchkey.${table} where tenant_id = $1 limit 1 offset 100)`,
        [acme],
      )
    const before = await all()
    explained.length = 0
    await removeExpired(server.services)
    assert.deepEqual(
      await all(),
      before.map(count => count - 1),
    )
    assert.ok(explained.filter(isRemoval).length > 2 * before.length)
  }
  assert.deepEqual(await excessOf(removeOneOfEach, one => isRemoval(one) && one.blocks > AT_MOST), [])
})

test('what a conflict updates is worked out by immutable functions alone', { skip }, async () => {
  const ours = [...texts].filter(text => !text.includes('latchkey_jobs'))
  const updates = ours.flatMap(text => text.split(/do update set/i).slice(1))
  for (const column of ['failures', 'sent', 'count']) assert.ok(updates.some(update => update.includes(`${column} =`)))
  const names = updates.flatMap(update => [...update.matchAll(/\b([a-z]\w*)\(/g)].map(([, name]) => name))
  const { rows: changing } = await ask(
    "select proname from pg_proc where proname = any($1) group by 1 having bool_and(provolatile <> 'i')",
    [names],
  )
  assert.deepEqual(changing, [])
  // To add an interval to a moment follows the session's time zone.
  assert.deepEqual(
    updates.filter(update => /interval|timestamptz\s*[-+]/.test(update)),
    [],
  )
})
