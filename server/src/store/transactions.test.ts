import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type pg from 'pg'
import { testDatabase } from '../testing/database.ts'
import {
  askSystem,
  askTenant,
  demandClaim,
  inSystem,
  inTenant,
  isUnclaimed,
  logIn,
  openStore,
  type Store,
  type Trx,
} from './index.ts'

const a = randomUUID()
const b = randomUUID()
const store = await testDatabase()
const newTenant = (id: string) =>
  inTenant(store, id, trx =>
    trx.insertInto('tenants').values({ tenant_id: id, display_name: id, created_at: new Date() }).execute(),
  )
const names = (id: string) =>
  inTenant(store, id, trx => trx.selectFrom('tenants').select('display_name').execute()).then(rows =>
    rows.map(row => row.display_name),
  )

test('a transaction sees its own tenant alone, and keeps everything or nothing', async () => {
  await Promise.all([newTenant(a), newTenant(b)])
  assert.deepEqual([await names(a), await names(b)], [[a], [b]])
  await assert.rejects(
    inTenant(store, "x'; reset role; --", async () => {}),
    TypeError,
  )
  // Forty transactions of two tenants over ten connections: none is left with another's tenant or role.
  const many = await Promise.all(Array.from({ length: 40 }, (_, at) => names(at % 2 ? a : b)))
  assert.ok(many.every(([name], at) => name === (at % 2 ? a : b)))

  const failure = new Error('changed my mind')
  const rename = (id: string, then: () => void) =>
    inTenant(store, id, async trx => {
      await trx.updateTable('tenants').set({ display_name: 'changed' }).where('tenant_id', '=', id).execute()
      then()
    })
  await assert.rejects(
    rename(a, () => {
      throw failure
    }),
    failure,
  )
  assert.deepEqual(await names(a), [a])
  await assert.rejects(
    inTenant(store, a, async trx => {
      await trx.updateTable('tenants').set({ display_name: 'changed' }).where('tenant_id', '=', a).execute()
      await sql`select 1 / 0`.execute(trx).catch(() => {})
    }),
    { name: 'AbortedTransactionError' },
    'a swallowed SQL error surfaces at commit',
  )
  assert.deepEqual(await names(a), [a])
  await assert.rejects(
    inTenant(store, a, trx => Promise.resolve().then(() => Reflect.apply(trx.transaction, trx, []))),
    /not supported/,
  )
  const read = await inSystem(store, trx => trx.selectFrom('tenants').select('tenant_id').execute())
  assert.ok(read.length >= 2)
  await assert.rejects(
    inSystem(store, trx => trx.selectFrom('users').select('id').execute()),
    { code: '42501' },
  )
})

test('a question of the system is one message, one transaction and one role, whatever its values hold', async () => {
  const value = `it's; reset role; select '\\ $1 $2`
  const asked = await askSystem<{ role: string; text: string; bytes: Buffer; at: Date; one: number }>(
    store,
    'select current_user as role, $1 as text, $2::bytea as bytes, $3::timestamptz as at, $4::int as one',
    [value, Buffer.from([0, 255]), new Date(5), 1],
  )
  assert.deepEqual(asked, [
    { role: 'latchkey_system', text: value, bytes: Buffer.from([0, 255]), at: new Date(5), one: 1 },
  ])
  await assert.rejects(askSystem(store, 'select * from users', []), { code: '42501' })
  await assert.rejects(askSystem(store, 'select $1', ['a\0b']), { code: '22021' })
  await assert.rejects(
    askSystem(store, "insert into facts values ('asked', 'x'), ('asked', 'y')", []),
    { code: '23505' },
    'and all of it is undone where it fails',
  )
  const { rows } = await store.pool.query('select current_user <> $1 as back', ['latchkey_system'])
  assert.equal(rows[0].back, true, 'the connection comes back as its own role')
  await inSystem(store, () => assert.rejects(askSystem(store, 'select 1', []), /transaction is open/))
})

test('a transaction inside another is refused, however far down the chain of calls, and beside it is not', async () => {
  const nested = /a transaction is open here already/
  for (const outer of [(work: () => Promise<unknown>) => inTenant(store, a, work), inSystem.bind(undefined, store)])
    for (const inner of [() => names(b), () => inSystem(store, async () => {})]) {
      await assert.rejects(outer(inner), nested)
      await assert.rejects(
        outer(() => sleep(1).then(() => Promise.all([inner()]))),
        nested,
      )
      await assert.rejects(
        outer(() => new Promise((resolve, reject) => setTimeout(() => inner().then(resolve, reject), 1))),
        nested,
      )
    }
  await inTenant(store, a, async () => {})
  assert.deepEqual(await names(a), [a], 'one after another is fine')
  // Each of twenty holds its connection while the others begin: only nested ones are refused.
  const beside = await Promise.all(Array.from({ length: 20 }, () => inTenant(store, b, () => sleep(5))))
  assert.equal(beside.length, 20)
})

test('a connection that dies fails its own transaction and no other', async () => {
  await assert.rejects(
    inTenant(store, a, async trx => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
      await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(store.owner)
      await trx.selectFrom('tenants').select('tenant_id').execute()
    }),
  )
  assert.deepEqual(await names(a), [a])
})

const addGroup = (trx: Trx, name: string) =>
  trx
    .insertInto('groups')
    .values({ tenant_id: a, id: randomUUID(), display_name: name, display_name_folded: name, created_at: new Date() })
    .execute()

/** A value that cannot be written. */
function knot() {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

test('what is asked at once runs in order, and an error undoes all of it', async () => {
  const groups = () =>
    inTenant(store, a, trx => trx.selectFrom('groups').select('display_name').orderBy('id').execute())
  const count = (trx: Trx) => sql<{ n: number }>`select count(*)::int as n from groups`.execute(trx)
  const counted = await inTenant(store, a, trx =>
    Promise.all([count(trx), addGroup(trx, 'one'), count(trx), addGroup(trx, 'two'), count(trx)]),
  )
  assert.deepEqual(
    counted.flatMap(answer => ('rows' in answer ? [answer.rows[0]?.n] : [])),
    [0, 1, 2],
  )
  const flight = await inTenant(store, a, async trx => {
    const answers = await Promise.allSettled([
      addGroup(trx, 'three'),
      sql`select 1 / 0`.execute(trx),
      addGroup(trx, 'four'),
    ])
    assert.deepEqual(
      answers.map(answer => (answer.status === 'rejected' ? answer.reason.code : 'fine')),
      ['fine', '22012', '25P02'],
    )
    throw new Error('seen')
  }).catch(error => error.message)
  assert.equal(flight, 'seen')
  await assert.rejects(
    inTenant(store, a, trx =>
      Promise.all([addGroup(trx, 'five'), sql`select 1 / 0`.execute(trx), addGroup(trx, 'six')]),
    ),
    { code: '22012' },
  )
  const behind = inTenant(store, a, async trx => {
    const failed = sql`select 1 / 0`.execute(trx)
    const followed = addGroup(trx, 'seven')
    await Promise.allSettled([failed])
    await followed
  })
  await assert.rejects(behind, { code: '22012' }, 'the cause is told, though what followed it failed too')
  const unwritten = inTenant(store, a, async trx => {
    const asked = [addGroup(trx, 'eight'), sql`select ${knot()}::json`.execute(trx), addGroup(trx, 'nine')]
    await Promise.allSettled(asked)
  })
  await assert.rejects(
    unwritten,
    { name: 'AbortedTransactionError' },
    'also where a value cannot be written, and nobody heard of it',
  )
  assert.equal((await groups()).length, 2)
})

test('nothing is asked through a transaction that has ended', async () => {
  const ended = /transaction has ended/
  const kept = await inTenant(store, a, async trx => trx)
  await assert.rejects(kept.selectFrom('tenants').select('tenant_id').execute(), ended)
  // One that comes while the rollback travels would run in the next transaction of the connection.
  let late: Promise<unknown> | undefined
  await assert.rejects(
    inTenant(store, a, async trx => {
      const failed = sql`select 1 / 0`.execute(trx)
      late = failed.catch(() => new Promise(resolve => setImmediate(resolve))).then(() => addGroup(trx, 'late'))
      late.catch(() => {})
      await failed
    }),
    { code: '22012' },
  )
  await assert.rejects(late!, ended)
})

test('the last statements commit, nothing follows them, and an error among them undoes all', async () => {
  const count = async () => (await inTenant(store, a, trx => trx.selectFrom('groups').select('id').execute())).length
  const before = await count()
  await inTenant(store, a, async trx => {
    await addGroup(trx, 'first')
    await trx.last(() => Promise.all([addGroup(trx, 'last'), addGroup(trx, 'last too')]))
    await assert.rejects(addGroup(trx, 'too late'), /transaction has ended/)
  })
  assert.equal(await count(), before + 3)
  await assert.rejects(
    inTenant(store, a, async trx => {
      await addGroup(trx, 'first')
      await trx.last(() => Promise.all([addGroup(trx, 'last'), sql`select 1 / 0`.execute(trx)]))
    }),
    { code: '22012' },
  )
  await assert.rejects(
    inTenant(store, a, trx =>
      trx.last(() => Promise.all([addGroup(trx, 'last'), sql`select ${knot()}::json`.execute(trx)])),
    ),
    /circular/,
    'also where a value cannot be written',
  )
  await assert.rejects(
    inTenant(store, a, trx => trx.last(() => addGroup(trx, 'at once').then(() => addGroup(trx, 'after an answer')))),
    /transaction has ended/,
    'what waits for an answer comes too late, and is told so',
  )
  assert.equal(await count(), before + 4)
})

test('a claim that takes no row undoes what travels with it, COMMIT among it', async () => {
  const count = async () => (await inTenant(store, a, trx => trx.selectFrom('groups').select('id').execute())).length
  const before = await count()
  const rename = (from: string, to: string) =>
    inTenant(store, a, trx => {
      const claim = sql`update tenants set display_name = ${to} where tenant_id = ${a} and display_name = ${from}`
      return trx.last(() => Promise.all([demandClaim(trx, claim), addGroup(trx, to)]))
    })
  await rename(a, 'claimed')
  await assert.rejects(rename(a, 'claimed again'), isUnclaimed)
  assert.deepEqual([await names(a), await count()], [['claimed'], before + 1])
  await rename('claimed', a)
})

/** The store with connections that `alter` changes as they are taken. */
const altered = (on: Store, alter: (client: pg.PoolClient) => Promise<void>): Store => {
  const connect = async () => {
    const client = await on.requests.connect()
    await alter(client)
    return client
  }
  const requests = Object.assign(Object.create(on.requests), { connect })
  return { ...on, requests, ...(on.requests === on.pool && { pool: requests }) }
}

const loggedIn = await openStore({ databaseUrl: store.pool.options.connectionString! })
after(() => loggedIn.close())
const loginUrl = new URL(store.pool.options.connectionString!)
loginUrl.username = 'latchkey_login'
await logIn(loggedIn, { url: loginUrl.href, passwords: [] })

test('where the opening of a transaction fails, nothing that was asked runs as the owner or as the login', async () => {
  const failingAt = { 'begins nothing': 1, 'becomes nobody': 2, 'names no tenant': 3 }
  for (const [how, on] of Object.entries({ owner: store, login: loggedIn }))
    for (const [what, place] of Object.entries(failingAt)) {
      const failing = altered(on, async client => {
        const { connection } = client as unknown as { connection: { bind(message: object): void } }
        let bound = 0
        connection.bind = message => {
          const isFailing = ++bound === place
          if (isFailing) Reflect.deleteProperty(connection, 'bind')
          connection.bind.call(connection, isFailing ? { ...message, statement: 'no such statement' } : message)
        }
      })
      const change = sql`update tenants set display_name = 'changed'`
      // The error is the opening's own: by it a door tells a database that ends from a fault of ours.
      const refused = { code: '26000' }
      await assert.rejects(
        inTenant(failing, a, trx => change.execute(trx)),
        refused,
        `${how} ${what}`,
      )
      await assert.rejects(askTenant(failing, a, change), refused, `${how} ${what}`)
      await assert.rejects(
        inSystem(failing, trx => change.execute(trx)),
        refused,
        `${how} ${what}`,
      )
    }
  assert.deepEqual([await names(a), await names(b)], [[a], [b]])
})

test('a transaction whose opening was lost with its connection is begun once more', async () => {
  let dead = 0
  const dying = (times: number) =>
    altered(loggedIn, async client => {
      if (dead++ >= times) return
      const { rows } = await client.query('select pg_backend_pid() as pid')
      const gone = once(client, 'error')
      await sql`select pg_terminate_backend(${rows[0].pid})`.execute(store.owner)
      await gone
    })
  let tried = 0
  const rename = (trx: Trx) => {
    tried++
    return trx.updateTable('tenants').set({ country: 'FR' }).where('tenant_id', '=', a).execute()
  }
  await inTenant(dying(1), a, rename)
  assert.equal(tried, 2)
  dead = 0
  await assert.rejects(inTenant(dying(2), a, rename), /Client has encountered a connection error/)
  assert.equal(tried, 4, 'and no third time')
  dead = 0
  await assert.rejects(
    inTenant(dying(1), a, trx => trx.last(() => rename(trx))),
    /Client has encountered a connection error/,
  )
  assert.equal(tried, 5, 'nor where COMMIT travelled along')
  let cut = false
  const cutOff = altered(loggedIn, async client => {
    // Once the opening and what follows it are on their way: all of them fail with one and the same error.
    const { connection } = client as unknown as { connection: pg.Connection }
    if (!cut) process.nextTick(() => connection.stream.destroy())
    cut = true
  })
  await inTenant(cutOff, a, rename)
  assert.equal(tried, 7, 'and where the connection was lost after it was sent')
})

test('a connection prepares each text once, and forgets the texts that were not used for longest', async () => {
  await inTenant(store, a, async trx => {
    const prepared = async () => {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_prepared_statements`.execute(trx)
      return rows[0]!.n
    }
    const ask = (n: number) => sql<{ n: number }>`select ${n}::int + ${sql.raw(String(n))} as n`.execute(trx)
    // The connection may have served others before.
    const before = await prepared()
    for (const n of [1, 1, 1]) assert.equal((await ask(n)).rows[0]!.n, 2)
    assert.equal(await prepared(), before + 1, 'three times one text')
    const many = await Promise.all(Array.from({ length: 700 }, (_, n) => ask(n)))
    assert.ok(many.every(({ rows }, n) => rows[0]!.n === 2 * n))
    assert.ok((await prepared()) <= 500, `then ${await prepared()}`)
    assert.equal((await ask(0)).rows[0]!.n, 0, 'a text that was forgotten is prepared anew')
  })
})

test('a text that was never sent is prepared when it is', async () => {
  const later = (trx: Trx, value: unknown) => sql<{ later: string }>`select ${value}::text as later`.execute(trx)
  await inTenant(store, a, trx => Promise.allSettled([sql`select 1 / 0`.execute(trx), later(trx, knot())])).catch(
    () => {},
  )
  for (let times = 0; times < 2; times++)
    assert.equal((await inTenant(store, a, trx => later(trx, 'now'))).rows[0]?.later, 'now')
})

test('a text without a statement has no rows, and takes none of the next', async () => {
  const answers = await inTenant(store, a, trx =>
    Promise.all(
      ['select 1 as n', '', '-- nothing', 'select 2 as n'].map(text => sql.raw<{ n: number }>(text).execute(trx)),
    ),
  )
  assert.deepEqual(
    answers.map(({ rows }) => rows.map(({ n }) => n)),
    [[1], [], [], [2]],
  )
})
