import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Act } from '../server/src/act.ts'
import { addSecret, createApplication, giveOrganizationConsent } from '../server/src/applications/index.ts'
import { systemRandom } from '../server/src/crypto/index.ts'
import { createTenant, isUser, userEntity } from '../server/src/directory/index.ts'
import { type Asking, readOne, readOptions, readPage, readSelection } from '../server/src/odata/index.ts'
import { type Db, inTenant, openStore, type Store } from '../server/src/store/index.ts'
import { Trx } from '../server/src/store/transactions.ts'
import { actAlone } from './applications.ts'
import { type BareAct, NEW_ID, startBareRoute } from './bareRoute.ts'
import type { Bench } from './bench.ts'
import { COLUMNS, CONTACT, DEPARTMENT, growTo, RARE } from './directory.ts'
import { drive, type Measured, percentile } from './load.ts'
import { DOMAIN } from './people.ts'
import { memoryOf, spentBetween, takeSample } from './processes.ts'
import { serverTime, spentTable, table } from './report.ts'

const SIZES = [1_000, 100_000]
const SECONDS = 3
const WARM_UP = 1_500
const AT_ONCE = 8
/** Each may ask 60 times a second and write 15 times; the limits stay on. */
const PROGRAMS = 120
const IMPORTED = 150
const COPIED = 100_000

/** Requests of a program, by name. `{id}` is a user. */
const paths = {
  list: 'GET /users?$top=100',
  one: 'GET /users/{id}',
  filtered: `GET /users?$filter=department eq '${DEPARTMENT}'`,
  searched: `GET /users?$search="displayName:${RARE.surname.toLowerCase()}"`,
  changed: 'PATCH /users/{id}',
} as const
type Name = keyof typeof paths

/**
 * Measures a program's requests in a directory that grows to each size, each beside a bare route and beside its
 * statements alone. Then an import beside COPY, and the memory of an export. Returns the report.
 */
export async function measureAdministration(bench: Bench, named: readonly string[] = []): Promise<string> {
  const sizes = named.length > 0 ? named.map(Number) : SIZES
  if (!sizes.every(size => Number.isInteger(size) && size >= 1_000)) throw new Error('A size is 1000 or more')
  const store = await openStore({ databaseUrl: bench.ownerUrl })
  try {
    const programs = await makePrograms(bench, store)
    const found: { size: number; acts: Record<Name, Figures> }[] = []
    for (const size of sizes.toSorted((one, other) => one - other)) {
      const ids = await growTo(store, bench.means, bench.application.tenantId, size)
      // Anew: to grow to a million takes longer than a token lasts.
      const program = programsAt(bench.server.origin, await tokensOf(bench, programs))
      found.push({ size, acts: await measureActs(bench, store, program, ids) })
      program.close()
    }
    const [token = ''] = await tokensOf(bench, programs.slice(0, 1))
    const moved = [
      await measureExport(bench, token),
      await measureImport(bench, token),
      await measureCopy(bench, store),
    ]
    return report(found, moved)
  } finally {
    await store.close()
  }
}

interface Figures {
  own: Measured<Name>
  bare: Measured<Name>
  direct: Measured<Name>
}

/** A program as its token is asked for. */
type Registered = Bench['application']

/** Registers programs that may read and write users. */
async function makePrograms(bench: Bench, store: Store): Promise<Registered[]> {
  const { tenantId } = bench.application
  const act: Act = {
    ...bench.means,
    actor: { kind: 'operator' },
    trail: { correlationId: systemRandom.uuid(new Date()) },
  }
  const programs: Registered[] = []
  for (let number = 0; number < PROGRAMS; number += 1)
    await inTenant(store, tenantId, async trx => {
      const { appId } = await createApplication(trx, act, tenantId, {
        displayName: `Directory tool ${number}`,
        addresses: {},
      })
      const { secretText } = await addSecret(trx, act, appId, { displayName: 'bench', days: 30 })
      await giveOrganizationConsent(trx, act, appId, {
        scopes: [],
        permissions: ['User.Read.All', 'User.ReadWrite.All'],
      })
      programs.push({ tenantId, id: appId, secret: secretText })
    })
  return programs
}

/** A token of each. */
async function tokensOf(bench: Bench, programs: readonly Registered[]): Promise<string[]> {
  const tokens: string[] = []
  for (const application of programs) {
    const { access_token } = await actAlone({ ...bench, application }, (_name, work) => work(), bench.server.origin)
    tokens.push(access_token)
  }
  return tokens
}

type Program = ReturnType<typeof programsAt>

/** Programs that ask in turn, over connections that stay open. Each answer is read to its end. */
function programsAt(origin: string, tokens: readonly string[]) {
  const { hostname, port } = new URL(origin)
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const send = <T>(
    line: string,
    read: (response: IncomingMessage) => Promise<T>,
    body = '',
    type = 'application/json',
  ) =>
    new Promise<T>((resolve, reject) => {
      const [method = '', ...rest] = line.split(' ')
      const token = tokens[turn++ % tokens.length]
      const headers = {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      }
      const path = encodeURI(rest.join(' '))
      request({ hostname, port, agent, method, path, headers }, async response => {
        if (response.statusCode! < 300) return resolve(await read(response))
        reject(new Error(`answered ${response.statusCode} to ${line}: ${await text(response)}`))
      })
        .once('error', reject)
        .end(body)
    })
  return {
    ask: (line: string, body?: string, type?: string) => send(line, text, body, type),
    /** The lines of an answer, which is read and dropped. */
    count: (line: string) =>
      send(line, async response => {
        let lines = 0
        for await (const part of response) for (const byte of part as Buffer) if (byte === 10) lines += 1
        return lines
      }),
    close: () => agent.destroy(),
  }
}

/** Measures each act: by the product, by the bare route, and its statements alone. */
async function measureActs(
  { server, databaseUrl, application: { tenantId }, means }: Bench,
  store: Db,
  program: Program,
  ids: readonly string[],
): Promise<Record<Name, Figures>> {
  let turn = 0
  const person = () => ids[turn++ % ids.length]!
  const act = (name: Name) => {
    const [method, path] = paths[name].replace('{id}', person()).split(/ (.*)/)
    const body = method === 'PATCH' ? JSON.stringify({ officeLocation: `Floor ${turn}` }) : undefined
    return program.ask(`${method} /v1.0${path}`, body)
  }
  const id = person()
  const acts = {} as Record<Name, BareAct>
  for (const name of Object.keys(paths) as Name[])
    acts[name] = { id, statements: await statementsOf(store, means, { tenantId, id, name }), answer: await act(name) }
  const bare = await startBareRoute({ databaseUrl, tenantId, acts })
  const there = programsAt(bare.origin, [])
  const alone = programsAt(bare.origin, [])
  const sample = () => takeSample({ ...server.pids, server: bare.pid })
  const busy = { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS, warmUp: WARM_UP }
  const found = {} as Record<Name, Figures>
  try {
    for (const name of Object.keys(paths) as Name[]) {
      const method = name === 'changed' ? 'PATCH' : 'GET'
      const own = await drive<Name>(
        () => takeSample(server.pids),
        busy,
        async timed => {
          await timed(name, () => act(name))
        },
      )
      const bared = await drive<Name>(sample, busy, async timed => {
        await timed(name, () => there.ask(`${method} /${name}/${person()}`))
      })
      await alone.ask(`GET /direct/${name}/${person()}/${WARM_UP / 1_000}`)
      const start = await sample()
      const { count } = JSON.parse(await alone.ask(`GET /direct/${name}/${person()}/${SECONDS}`))
      const spent = spentBetween(start, await sample())
      found[name] = { own, bare: bared, direct: { perSecond: count / spent.seconds, times: {}, spent } }
    }
    return found
  } finally {
    for (const one of [there, alone]) one.close()
    await bare.stop()
  }
}

type Statement = [text: string, values: unknown[]]

/** The statements that an act is about: the page's or the row's as the product asks it; of a change, the row's and its event's. */
async function statementsOf(
  db: Db,
  { keys }: Bench['means'],
  { tenantId, id, name }: { tenantId: string; id: string; name: Name },
): Promise<Statement[]> {
  if (name === 'changed')
    return [
      [UPDATE, [tenantId, id, NEW_ID]],
      [EVENT, [tenantId, NEW_ID, id]],
    ]
  const entity = userEntity(tenantId)
  const asking: Asking = { tenantId, callerId: id, path: '/users', may: () => true, keys, now: new Date() }
  const query = new URLSearchParams(paths[name].split('?')[1] ?? '')
  const asked: Statement[] = []
  return inTenant(db, tenantId, async trx => {
    const connection = {
      async executeQuery({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) {
        asked.push([sql, [...parameters]])
        return { rows: name === 'one' ? [] : [{}] }
      },
      streamQuery() {
        throw new Error('Rows are not streamed')
      },
    }
    const recorded = new Trx({ connection, commit: async () => ({}) } as never, trx.tenantId)
    if (name === 'one') await readOne(recorded, entity, readSelection(entity, [], asking), isUser(id))
    else await readPage(recorded, entity, readOptions(entity, query, asking))
    return asked
  })
}

const UPDATE = `update users set office_location = $3, office_location_folded = $3 where tenant_id = $1 and id = $2`
const EVENT = `insert into audit_events (tenant_id, at, id, activity, result, actor_kind, actor_id, target_id, correlation_id)
  values ($1, now(), $2, 'user.changed', 'success', 'user', $3, $3, $2)`

/** Many users at once. */
interface Moved {
  what: string
  measured: Measured<string>
  more: string
}

/** Imports a file of people, and makes a password for each. */
async function measureImport({ server }: Bench, token: string): Promise<Moved> {
  const rows = Array.from({ length: IMPORTED }, (_, n) => `imported-${n}@${DOMAIN},Imported ${n},+8170${1_000_000 + n}`)
  const file = ['userPrincipalName,displayName,mobilePhone', ...rows].join('\r\n')
  const program = programsAt(server.origin, [token])
  try {
    const start = await takeSample(server.pids)
    const { id } = JSON.parse(await program.ask('POST /v1.0/bulk/jobs?kind=usersCreate', file, 'text/csv'))
    let job: { endedDateTime: string | null; succeeded: number }
    do {
      await sleep(100)
      job = JSON.parse(await program.ask(`GET /v1.0/bulk/jobs/${id}`))
    } while (job.endedDateTime === null)
    if (job.succeeded !== IMPORTED) throw new Error(`of ${IMPORTED} people ${job.succeeded} were imported`)
    const spent = spentBetween(start, await takeSample(server.pids))
    const measured = { perSecond: IMPORTED / spent.seconds, times: {}, spent }
    const hashed = { ...measured, spent: { ...spent, serverHashing: 0 } }
    const besides = `${serverTime(hashed).toFixed(2)} ms besides hashing the password`
    return { what: `import of ${IMPORTED} by a bulk job`, measured, more: besides }
  } finally {
    program.close()
  }
}

/** Copies accounts and their numbers into another tenant, and undoes it. */
async function measureCopy({ server, means, application: { tenantId } }: Bench, store: Store): Promise<Moved> {
  const other = systemRandom.uuid(means.now)
  await inTenant(store, other, trx =>
    createTenant(trx, means, other, { displayName: 'Copied', domain: `copied.${DOMAIN}` }),
  )
  const client = await store.pool.connect()
  try {
    const { rows } = await client.query('show data_directory')
    const file = (name: string) => `'${rows[0].data_directory}/${name}.copied'`
    const accounts = `${COLUMNS} from accounts where tenant_id = '${tenantId}' and employee_id is not null order by id limit ${COPIED}`
    await client.query(`copy (select ${accounts.replace('tenant_id', `'${other}'`)}) to ${file('accounts')}`)
    const numbers = `${CONTACT} from contact_info where tenant_id = '${tenantId}'
      and user_id in (select id from (select ${accounts}) as copied)`
    await client.query(`copy (select ${numbers.replace('tenant_id', `'${other}'`)}) to ${file('numbers')}`)
    await client.query('begin')
    const start = await takeSample(server.pids)
    const { rowCount } = await client.query(`copy accounts (${COLUMNS}) from ${file('accounts')}`)
    await client.query(`copy contact_info (${CONTACT}) from ${file('numbers')}`)
    const spent = spentBetween(start, await takeSample(server.pids))
    await client.query('rollback')
    const count = rowCount ?? 0
    return {
      what: `COPY of ${count} with their numbers`,
      measured: { perSecond: count / spent.seconds, times: {}, spent },
      more: '',
    }
  } finally {
    client.release()
  }
}

/** Fetches everybody as a file, and watches the server's memory meanwhile. */
async function measureExport({ server }: Bench, token: string): Promise<Moved> {
  const program = programsAt(server.origin, [token])
  const memory = async () => (await memoryOf([server.pids.server])).resident
  try {
    const { id } = JSON.parse(await program.ask('POST /v1.0/bulk/jobs?kind=usersExport'))
    const [before, start] = [await memory(), await takeSample(server.pids)]
    let isOver = false
    const fetched = program.count(`GET /v1.0/bulk/jobs/${id}/content`).finally(() => {
      isOver = true
    })
    let most = before
    for (; !isOver; await sleep(100)) most = Math.max(most, await memory())
    const count = (await fetched) - 1
    const spent = spentBetween(start, await takeSample(server.pids))
    const more = `${before.toFixed(0)} MB resident before, ${most.toFixed(0)} MB at most`
    return { what: `export of ${count}`, measured: { perSecond: count / spent.seconds, times: {}, spent }, more }
  } finally {
    program.close()
  }
}

function report(found: readonly { size: number; acts: Record<Name, Figures> }[], moved: readonly Moved[]): string {
  const names = Object.keys(paths) as Name[]
  const share = (one: Measured<string>, other: Measured<string>) => (serverTime(one) / serverTime(other)).toFixed(2)
  const least = found[0]!
  const tables = found.map(({ size, acts }) => {
    const rows = names.map(name => {
      const { own, bare, direct } = acts[name]
      const each = [own, bare, direct].map(one => serverTime(one).toFixed(2))
      const growth = (serverTime(own) / serverTime(least.acts[name].own)).toFixed(2)
      const middle = percentile(own.times[name] ?? [], 0.5).toFixed(1)
      return [
        name,
        own.perSecond.toFixed(0),
        middle,
        ...each,
        share(bare, own),
        share(direct, own),
        size === least.size ? '' : growth,
      ]
    })
    const heads = ['per second', 'p50', 'ms each', 'bare route', 'its SQL', 'of the bare', 'of its SQL', 'growth']
    return table([[`${size} users`, ...heads], ...rows, ['reach', '', '', '', '', '', '0.50', '', '1.30']])
  })
  const last = found.at(-1)!.acts
  const rows = moved.map(({ what, measured, more }) => [
    what,
    measured.perSecond.toFixed(0),
    serverTime(measured).toFixed(3),
    more,
  ])
  return [
    'Administration:',
    ...tables.flatMap(one => [one, '']),
    spentTable(
      Object.fromEntries(
        names.flatMap(name => [
          [name, last[name].own],
          [`${name}, bare`, last[name].bare],
        ]),
      ),
    ),
    '',
    table([['', 'per second', 'ms each', ''], ...rows]),
  ].join('\n')
}
