import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after as afterTests } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attribute, Change, Client, type Entry, InvalidCredentialsError } from 'ldapts'
import { dirsrvPath } from '../../../tools/dirsrv.ts'
import { MINUTE } from '../clock.ts'
import { freePort } from '../demo/index.ts'
import { authority, certificates, privateKey } from './certificates.ts'

const BASE = 'dc=acme,dc=example'
export const DIRSRV_PEOPLE = `ou=people,${BASE}`
export const DIRSRV_SERVICE = { dn: `cn=svc-reset,${BASE}`, password: 'Svc-Res3t-2026!' }
export const dirsrvDn = (uid: string) => `uid=${uid},${DIRSRV_PEOPLE}`

/** The password that everybody in the directory begins with. */
export const DIRSRV_FIRST = 'First-directory-pw-1'

const ROOT = { dn: 'cn=admin', password: 'admin-secret' }

type Changes = [operation: 'replace' | 'delete' | 'add', type: string, ...values: string[]][]

/** A real 389 Directory Server on loopback, with a password policy and a service that has the rights of docs/writeback.md. */
export interface Dirsrv {
  /** By TLS, with the certificate of `authority`. */
  url: string
  folder: string
  add(uid: string, attributes?: Record<string, string>): Promise<void>
  make(dn: string, attributes: Record<string, string | string[]>): Promise<void>
  change(dn: string, ...changes: Changes): Promise<void>
  read(uid: string, ...attributes: string[]): Promise<Entry | undefined>
  rename(uid: string, to: string): Promise<void>
  /** Whether this is the person's password, asked of the directory itself. */
  binds(uid: string, password: string): Promise<boolean>
}

const [port, securePort] = [await freePort(), await freePort()]

/** Starts it from the package's own templates, as whoever runs this. It ends with the test file, and with this program. */
export async function startDirsrv(): Promise<Dirsrv> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-dirsrv-'))
  const at = (...names: string[]) => join(folder, ...names)
  for (const name of ['schema', 'lock', 'tmp', 'ldif', 'bak', 'run', 'log', 'db', 'instance']) mkdirSync(at(name))
  cpSync('/etc/dirsrv/schema/99user.ldif', at('schema/99user.ldif'))
  for (const name of ['certmap.conf', 'slapd-collations.conf']) cpSync(`/etc/dirsrv/config/${name}`, at(name))
  writeFileSync(at('dse.ldif'), configurationOf(at), { mode: 0o600 })
  keepCertificates(at)
  // It watches the pipe from this program: where that ends, so does the directory.
  const script = '"$0" -D "$1" -i "$1/pid" -d 0 & pid=$!; read -r _; kill $pid; wait $pid'
  const child = spawn('sh', ['-c', script, dirsrvPath(), folder], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  afterTests(async () => {
    child.stdin.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const url = `ldaps://127.0.0.1:${securePort}`
  const bound = async <T>(dn: string, password: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url, timeout: MINUTE, tlsOptions: { ca: authority } })
    try {
      await client.bind(dn, password)
      return await work(client)
    } finally {
      await client.unbind().catch(() => {})
    }
  }
  const asRoot = <T>(work: (client: Client) => Promise<T>) => bound(ROOT.dn, ROOT.password, work)
  for (const end = performance.now() + MINUTE; ; ) {
    if (await asRoot(async () => true).catch(() => false)) break
    if (performance.now() > end) throw new Error('389 Directory Server did not start')
    await sleep(50)
  }
  const change: Dirsrv['change'] = (dn, ...changes) =>
    asRoot(client =>
      client.modify(
        dn,
        changes.map(
          ([operation, type, ...values]) => new Change({ operation, modification: new Attribute({ type, values }) }),
        ),
      ),
    )
  await asRoot(async client => {
    await client.add(BASE, { objectClass: 'domain', dc: 'acme' })
    await client.add(DIRSRV_PEOPLE, { objectClass: 'organizationalUnit', ou: 'people' })
    await client.add(DIRSRV_SERVICE.dn, {
      ...{ objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'svc-reset' },
      userPassword: DIRSRV_SERVICE.password,
    })
  })
  await change(DIRSRV_PEOPLE, ['add', 'aci', ...RIGHTS])
  await change('cn=config', ['add', 'aci', READS_POLICY])
  return {
    url,
    folder,
    add: (uid, attributes = {}) =>
      asRoot(client =>
        client.add(dirsrvDn(uid), {
          ...{ objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, mail: `${uid}@acme.example` },
          ...{ userPassword: DIRSRV_FIRST, ...attributes },
        }),
      ),
    make: (dn, attributes) => asRoot(client => client.add(dn, attributes)),
    change,
    read: (uid, ...attributes) =>
      asRoot(async client => {
        const filter = '(objectClass=*)'
        const { searchEntries } = await client.search(dirsrvDn(uid), { scope: 'base', filter, attributes })
        return searchEntries[0]
      }),
    rename: (uid, to) => asRoot(client => client.modifyDN(dirsrvDn(uid), `uid=${to}`)),
    binds: (uid, password) =>
      bound(dirsrvDn(uid), password, async () => true).catch(error => {
        if (error instanceof InvalidCredentialsError) return false
        throw error
      }),
  }
}

const by = (dn: string) => `userdn="ldap:///${dn}"`
const RIGHTS = [
  `(targetattr!="userPassword || passwordHistory")(version 3.0; acl "read"; allow(read,search,compare) ${by(DIRSRV_SERVICE.dn)};)`,
  `(targetattr="userPassword")(version 3.0; acl "own password"; allow(write) ${by('self')};)`,
  `(targetattr="userPassword || accountUnlockTime || passwordRetryCount || retryCountResetTime || passwordExpirationTime")(targetfilter="(!(employeeType=protected))")(version 3.0; acl "reset"; allow(write) ${by(DIRSRV_SERVICE.dn)};)`,
]
const READS_POLICY = `(targetattr="objectClass || passwordExp || passwordMaxAge || passwordMinLength || passwordCheckSyntax || passwordMinCategories || passwordHistory || passwordInHistory || passwordMinAge || passwordLockout || passwordMaxFailure || passwordResetFailureCount")(version 3.0; acl "policy"; allow(read,search,compare) ${by(DIRSRV_SERVICE.dn)};)`

const TEMPLATES = '/usr/share/dirsrv/data'

/** The package's own templates, filled as its installer does. */
function configurationOf(at: (...names: string[]) => string): string {
  const values: Record<string, string> = {
    ...{ schema_dir: at('schema'), lock_dir: at('lock'), tmp_dir: at('tmp'), ldif_dir: at('ldif'), bak_dir: at('bak') },
    ...{ cert_dir: at(), config_dir: at(), run_dir: at('run'), inst_dir: at('instance'), log_dir: at('log') },
    ...{ db_dir: at('db'), db_home_dir: at('db'), db_lib: 'mdb', ds_suffix: BASE, ds_bename: 'userRoot' },
    ...{ fqdn: '127.0.0.1', ds_port: String(port), ds_user: userInfo().username },
    ...{ rootdn: ROOT.dn, ds_passwd: hashOf(ROOT.password) },
    ...{ ldapi: at('run/ldapi'), ldapi_enabled: 'off', ldapi_autobind: 'off' },
  }
  const read = (name: string) => readFileSync(join(TEMPLATES, name), 'utf8')
  const [whole, database] = [read('template-dse.ldif'), read('template-suffix-db.ldif')]
  const filled = `${whole}\n${database}`.replace(/%(\w+)%/g, (word, name) => values[name] ?? word)
  return (
    filled
      .replace(/^nsslapd-port: /m, `${SETTINGS}\n$&`)
      .replace(/^#.*\n/gm, '')
      // An entry without lines ends the server without a word.
      .replace(/\n{3,}/g, '\n\n')
  )
}

const SETTINGS = `nsslapd-listenhost: 127.0.0.1
nsslapd-securelistenhost: 127.0.0.1
nsslapd-security: on
nsslapd-secureport: ${securePort}
passwordCheckSyntax: on
passwordMinLength: 12
passwordHistory: on
passwordInHistory: 3
passwordLockout: on
passwordMaxFailure: 3
passwordUnlock: off`

const SALT = 'latchkey'
const hashOf = (password: string) =>
  `{SSHA512}${Buffer.concat([createHash('sha512').update(`${password}${SALT}`).digest(), Buffer.from(SALT)]).toString('base64')}`

/** It reads certificates from a database of its own. */
function keepCertificates(at: (...names: string[]) => string) {
  writeFileSync(at('ca.pem'), authority)
  writeFileSync(at('cert.pem'), certificates.good)
  writeFileSync(at('key.pem'), privateKey, { mode: 0o600 })
  const run = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: 'pipe' })
  run('certutil', '-N', '-d', at(), '--empty-password')
  const both = ['-in', at('cert.pem'), '-inkey', at('key.pem'), '-out', at('cert.p12')]
  run('openssl', 'pkcs12', '-export', ...both, '-name', 'Server-Cert', '-passout', 'pass:one')
  run('pk12util', '-i', at('cert.p12'), '-d', at(), '-W', 'one', '-K', '')
  run('certutil', '-A', '-d', at(), '-n', 'CA', '-t', 'CT,,', '-i', at('ca.pem'))
}
