import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Act } from '../act.ts'
import { findTenantId } from '../directory/index.ts'
import type { Services } from '../http/index.ts'
import { changeWritebackPolicy } from '../policies/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { issueAgentToken, listAgents } from '../writeback/index.ts'
import { freePort } from './freePort.ts'
import { PASSWORD } from './tenants.ts'

/** Why no directory can stand beside the demonstration. The message is one sentence for the operator. */
export class CompanyDirectoryError extends Error {
  override name = 'CompanyDirectoryError'
}

const PROGRAMS = ['/usr/sbin/slapd', '/usr/libexec/slapd', '/opt/homebrew/opt/openldap/libexec/slapd']
const SCHEMAS = ['/etc/ldap/schema', '/etc/openldap/schema', '/opt/homebrew/etc/openldap/schema']
const MODULES = ['/usr/lib/ldap', '/usr/libexec/openldap', '/opt/homebrew/opt/openldap/libexec/openldap']
const AGENT = fileURLToPath(new URL('../../../agent/src/index.ts', import.meta.url))

const DOMAIN = 'acme.example'
const BASE = 'dc=acme,dc=example'
const PEOPLE = `ou=people,${BASE}`
const SERVICE = `cn=svc-reset,${BASE}`

/** Who is in the directory: one is an account of the demonstration, and joined; the others come from here. */
const people = [
  { uid: 'onpremises', cn: 'On Premises', mobile: '+1 206 555 0120' },
  { uid: 'newcomer', cn: 'New Comer', mobile: '+1 206 555 0121' },
  { uid: 'leaver', cn: 'Lea Ver', mobile: '+1 206 555 0122' },
]

/** A directory beside the demonstration, with its agent. */
export interface CompanyDirectory {
  /** What to read and try. */
  lines: string[]
  close(): Promise<void>
}

/** Finds what it needs, before anything starts. Throws `CompanyDirectoryError`. */
export function findPrograms(): { slapd: string; schemas: string; modules: string } {
  const first = (paths: readonly string[]) => paths.find(path => existsSync(path))
  const [slapd, schemas, modules] = [first(PROGRAMS), first(SCHEMAS), first(MODULES)]
  if (!slapd || !schemas || !modules)
    throw new CompanyDirectoryError('--directory needs OpenLDAP’s server: install it (Debian: apt-get install slapd).')
  if (!existsSync(AGENT))
    throw new CompanyDirectoryError('--directory needs the agent, which is in the repository: start it from there.')
  return { slapd, schemas, modules }
}

/**
 * Starts an OpenLDAP with people in it, enrols an agent and synchronizes Acme with it. Both end with this program. What
 * is in the directory stays until `fresh`.
 */
export async function openCompanyDirectory(
  { dataFolder, fresh }: { dataFolder: string; fresh: boolean },
  services: Services,
  warn: (what: string) => void,
): Promise<CompanyDirectory> {
  const programs = findPrograms()
  const folder = join(dataFolder, 'demo-directory')
  if (fresh) rmSync(folder, { recursive: true, force: true })
  const state = join(folder, 'agent')
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const password = join(state, 'password')
  if (!existsSync(password)) writeFileSync(password, services.random.token(), { mode: 0o600 })
  const url = `ldap://127.0.0.1:${await freePort()}`
  const configuration = prepare(folder, { ...programs, secret: readFileSync(password, 'utf8') })
  const server = watched('slapd', [programs.slapd, '-f', configuration, '-h', url, '-d', '0'], warn)
  const written = { kind: 'openldap', servers: [url], bindDN: SERVICE, passwordFile: 'password', base: PEOPLE }
  writeFileSync(join(state, 'agent.json'), JSON.stringify(written, null, 2))
  const command = (...words: string[]) => execFile([AGENT, ...words, '--state', state])
  try {
    // Tokens are for one agent: one of an earlier start is replaced.
    const token = await tokenOf(services)
    await command('enroll', '--server', services.origin, '--token', token)
    await untilAnswering(() => command('check'))
    await command('sync', '--once')
  } catch (error) {
    await server.end()
    throw error
  }
  const agent = watched('the agent', [process.execPath, AGENT, 'run', '--state', state], warn)
  await untilUp(services)
  return {
    lines: [
      `Acme’s own directory is OpenLDAP at ${url}, and its agent is up. Its people, with the password above:`,
      `  ${people.map(({ uid }) => uid).join(', ')}  @${DOMAIN}`,
      'Reset one of them, and see that the directory knows the new password:',
      `  ldapwhoami -x -H ${url} -D uid=onpremises,${PEOPLE} -W`,
      '',
    ],
    close: async () => {
      await agent.end()
      await server.end()
    },
  }
}

/** The token of a new agent, in place of those of earlier starts. People may unlock their account, as the contract says. */
async function tokenOf(services: Services): Promise<string> {
  return inAcme(services, async (trx, act) => {
    await trx.deleteFrom('agents').where('tenant_id', '=', trx.tenantId).execute()
    await changeWritebackPolicy(trx, trx.tenantId, { writeback: true, unlockWithoutReset: true })
    return (await issueAgentToken(trx, act)).token
  })
}

/** Waits until the agent's link is up, so that what is told is true; where it is slower than that, `agents list` tells. */
async function untilUp(services: Services) {
  for (let tries = 0; tries < 100; tries++) {
    const agents = await inAcme(services, listAgents)
    if (agents.some(({ status }) => status === 'up')) return
    await sleep(200)
  }
}

async function inAcme<T>({ db, clock, random, keys }: Services, work: (trx: Trx, act: Act) => Promise<T>): Promise<T> {
  const now = clock()
  const trail = { correlationId: random.uuid(now) }
  const act: Act = { now, random, keys, actor: { kind: 'operator' }, trail }
  return inTenant(db, await findTenantId(db, DOMAIN), trx => work(trx, act))
}

/** Writes the configuration, and the people where there are none. Returns its path. */
function prepare(
  folder: string,
  { slapd, schemas, modules, secret }: ReturnType<typeof findPrograms> & { secret: string },
): string {
  const database = join(folder, 'db')
  const isNew = !existsSync(database)
  mkdirSync(database, { recursive: true, mode: 0o700 })
  const configuration = join(folder, 'slapd.conf')
  writeFileSync(configuration, configurationOf({ folder, schemas, modules }), { mode: 0o600 })
  if (isNew)
    execFileSync(slapd, ['-T', 'add', '-q', '-f', configuration, '-n', '1'], { input: seedOf(secret), stdio: 'pipe' })
  return configuration
}

/** A program that ends with this one, whatever ends it. It is told where it ends by itself. */
function watched(name: string, words: readonly string[], warn: (what: string) => void) {
  const script = '"$@" & pid=$!; (read -r _; kill $pid 2>/dev/null) <&3 & wait $pid'
  const child: ChildProcess = spawn('sh', ['-c', `exec 3<&0; ${script}`, 'sh', ...words], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  let isEnding = false
  const ended = new Promise<void>(done =>
    child.once('exit', () => {
      if (!isEnding) warn(`${name} of the demonstration’s directory has ended: start the demonstration again`)
      done()
    }),
  )
  return {
    end: async () => {
      isEnding = true
      child.stdin?.end()
      await Promise.race([ended, sleep(4_000, undefined, { ref: false })])
    },
  }
}

async function untilAnswering(check: () => Promise<unknown>) {
  for (let tries = 0; ; tries++) {
    const fault = await check().then(
      () => undefined,
      error => error as Error,
    )
    if (!fault) return
    if (tries === 10) throw new CompanyDirectoryError(`The demonstration’s directory does not answer: ${fault.message}`)
    await sleep(200)
  }
}

async function execFile(words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const parts: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', part => parts.push(part))
  const code = await new Promise(done => child.once('close', done))
  if (code !== 0)
    throw new CompanyDirectoryError(`latchkey-agent ${words[1]} ended with ${code}: ${parts.join('').trim()}`)
  return parts.join('')
}

const configurationOf = ({ folder, schemas, modules }: { folder: string; schemas: string; modules: string }) => `
include ${schemas}/core.schema
include ${schemas}/cosine.schema
include ${schemas}/inetorgperson.schema
modulepath ${modules}
moduleload back_mdb
moduleload ppolicy
pidfile ${folder}/slapd.pid
password-hash {SSHA}
database mdb
suffix "${BASE}"
rootdn "cn=nobody,${BASE}"
directory ${folder}/db
index objectClass,uid,mail eq
index entryUUID,entryCSN eq
access to dn.subtree="${PEOPLE}" attrs=userPassword
  by dn.exact="${SERVICE}" write
  by self =xw
  by anonymous auth
  by * none
access to dn.subtree="${PEOPLE}" attrs=pwdAccountLockedTime,pwdFailureTime,pwdReset,pwdPolicySubentry
  by dn.exact="${SERVICE}" write
  by * none
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
overlay ppolicy
ppolicy_default "cn=default,ou=policies,${BASE}"
ppolicy_use_lockout
`

/** A password as the directory keeps it. */
function salted(password: string): string {
  const salt = randomBytes(16)
  return `{SSHA}${Buffer.concat([createHash('sha1').update(password).update(salt).digest(), salt]).toString('base64')}`
}

const seedOf = (secret: string) =>
  [
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Acme\ndc: acme`,
    `dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: people`,
    `dn: ou=policies,${BASE}\nobjectClass: organizationalUnit\nou: policies`,
    `dn: cn=default,ou=policies,${BASE}
objectClass: organizationalRole
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMinLength: 12
pwdCheckQuality: 2
pwdInHistory: 3
pwdMaxFailure: 5
pwdLockout: TRUE
pwdLockoutDuration: 900
pwdAllowUserChange: TRUE`,
    `dn: ${SERVICE}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: svc-reset
userPassword: ${salted(secret)}`,
    ...people.map(
      ({ uid, cn, mobile }) => `dn: uid=${uid},${PEOPLE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${cn}
sn: ${cn.split(' ').at(-1)}
mail: ${uid}@${DOMAIN}
mobile: ${mobile}
userPassword: ${salted(PASSWORD)}`,
    ),
  ].join('\n\n')
