import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ldapts'
import { freePort } from '../server/src/demo/index.ts'
import { inTenant, openStore, type Store } from '../server/src/store/index.ts'
import { issueAgentToken } from '../server/src/writeback/index.ts'
import { slapdPath } from '../tools/slapd.ts'
import type { Bench } from './bench.ts'
import { DOMAIN } from './people.ts'
import { table } from './report.ts'

const SIZES = [10_000]
const AGENT = join(import.meta.dirname, '../agent/src/index.ts')
const BASE = 'dc=bench,dc=example'
const PEOPLE = `ou=people,${BASE}`
const ADMIN = { dn: `cn=admin,${BASE}`, password: 'bench-secret' }
const PAGE = 500

/** What the agent brings of a person; the plain search asks for the same. */
const ATTRIBUTES = ['entryUUID', 'mail', 'cn', 'givenName', 'sn', 'mobile', 'telephoneNumber', 'pwdAccountLockedTime']

/**
 * Brings directories of each size whole, and again when nothing has changed, beside one paged search of the same
 * attributes that does nothing with them. Returns the report.
 */
export async function measureSynchronization(bench: Bench, named: readonly string[] = []): Promise<string> {
  const sizes = named.length > 0 ? named.map(Number) : SIZES
  if (!sizes.every(size => Number.isInteger(size) && size > 0)) throw new Error('A size is 1 or more')
  const store = await openStore({ databaseUrl: bench.ownerUrl })
  const state = await mkdtemp(join(tmpdir(), 'latchkey-bench-agent-'))
  try {
    const rows: string[][] = []
    await enrol(bench, store, state)
    for (const size of sizes.toSorted((one, other) => one - other)) rows.push(await measure(state, size))
    return `Synchronization

${table([['people', 'plain search /s', 'first time /s', 'of the search', 'unchanged /s', 'of the search', 'agent MB'], ...rows])}`
  } finally {
    await rm(state, { recursive: true, force: true })
    await store.close()
  }
}

async function measure(state: string, size: number): Promise<string[]> {
  const directory = await startDirectory(size)
  try {
    const written = {
      kind: 'openldap',
      servers: [directory.url],
      bindDN: ADMIN.dn,
      passwordFile: 'password',
      base: PEOPLE,
    }
    await writeFile(join(state, 'password'), ADMIN.password, { mode: 0o600 })
    await writeFile(join(state, 'agent.json'), JSON.stringify(written))
    await searchAll(directory.url)
    const plain = await rateOf(size, () => searchAll(directory.url))
    let memory = 0
    const first = await rateOf(size, async () => {
      memory = await run('sync', '--once', '--state', state)
    })
    const again = await rateOf(size, () => run('sync', '--once', '--state', state))
    const share = (rate: number) => `${((100 * rate) / plain).toFixed(1)} %`
    const cells = [plain, first, again].map(rate => rate.toFixed(0))
    return [String(size), cells[0]!, cells[1]!, share(first), cells[2]!, share(again), (memory / 1024).toFixed(0)]
  } finally {
    await directory.close()
  }
}

async function rateOf(size: number, act: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await act()
  return (size * 1_000) / (performance.now() - began)
}

async function searchAll(url: string) {
  const client = new Client({ url })
  try {
    await client.bind(ADMIN.dn, ADMIN.password)
    const pages = client.searchPaginated(PEOPLE, {
      ...{ scope: 'sub', filter: '(objectClass=inetOrgPerson)', attributes: ATTRIBUTES },
      paged: { pageSize: PAGE },
    })
    let found = 0
    for await (const { searchEntries } of pages) found += searchEntries.length
    return found
  } finally {
    await client.unbind()
  }
}

/** Enrols an agent whose state is in this folder. */
export async function enrol({ application: { tenantId }, means, server }: Bench, store: Store, state: string) {
  const trail = { correlationId: means.random.uuid(means.now) }
  const act = { ...means, now: new Date(), actor: { kind: 'operator' } as const, trail }
  const { token } = await inTenant(store, tenantId, trx => issueAgentToken(trx, act))
  await run('enroll', '--server', server.origin, '--token', token, '--state', state)
}

/** Removes every agent, so that the next one takes all requests. */
export const removeAgents = (store: Store, tenantId: string) =>
  store.pool.query('delete from agents where tenant_id = $1', [tenantId])

/** The most memory that a process had, in kB. */
export const memoryOfPeak = async (pid: number): Promise<number> =>
  Number(/^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? 0)

/** Runs a command of the agent. Returns the most memory that it had, in kB. */
async function run(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, [AGENT, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  let memory = 0
  let code: number | null | undefined
  child.once('exit', ended => {
    code = ended
  })
  while (code === undefined) {
    memory = Math.max(memory, await memoryOfPeak(child.pid!))
    await sleep(50)
  }
  if (code !== 0) throw new Error(`latchkey-agent ${words[0]} ended with ${code}`)
  return memory
}

/** An OpenLDAP with so many people in it. */
async function startDirectory(size: number) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-slapd-'))
  await mkdir(join(folder, 'db'))
  const configuration = join(folder, 'slapd.conf')
  await writeFile(configuration, configurationOf(folder))
  await writeFile(join(folder, 'seed.ldif'), seedOf(size))
  await ended(spawn(slapdPath(), ['-T', 'add', '-q', '-f', configuration, '-n', '1', '-l', join(folder, 'seed.ldif')]))
  const url = `ldap://127.0.0.1:${await freePort()}`
  const child = spawn(slapdPath(), ['-f', configuration, '-h', url, '-d', '0'], { stdio: 'ignore' })
  for (let tries = 0; tries < 100 && !(await searchOne(url)); tries++) await sleep(50)
  return {
    url,
    close: async () => {
      const over = new Promise(resolve => child.once('exit', resolve))
      child.kill()
      await over
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const searchOne = async (url: string) => {
  const client = new Client({ url })
  return client
    .bind(ADMIN.dn, ADMIN.password)
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.unbind().catch(() => {}))
}

const ended = (child: ReturnType<typeof spawn>) =>
  new Promise<void>((resolve, reject) =>
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`slapadd ended with ${code}`)))),
  )

const configurationOf = (folder: string) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile ${folder}/slapd.pid
sizelimit unlimited
database mdb
maxsize 4294967296
suffix "${BASE}"
rootdn "${ADMIN.dn}"
rootpw ${ADMIN.password}
directory ${folder}/db
dbnosync
index objectClass,uid,mail eq
index entryUUID,entryCSN eq
overlay ppolicy
`

const seedOf = (size: number) =>
  [
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Bench\ndc: bench`,
    `dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: people`,
    ...Array.from({ length: size }, (_, number) => {
      const line = String(number % 10_000).padStart(4, '0')
      return `dn: uid=directory${number},${PEOPLE}
objectClass: inetOrgPerson
uid: directory${number}
cn: Directory Person ${number}
givenName: Directory
sn: Person ${number}
mail: directory${number}@${DOMAIN}
mobile: +1 206 55${number % 10} ${line}
telephoneNumber: +1 212 55${number % 10} ${line}`
    }),
  ].join('\n\n')
