import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterTests } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attribute, Change, Client, type Entry, InvalidCredentialsError } from 'ldapts'
import { slapdPath } from '../../../tools/slapd.ts'
import { MINUTE } from '../clock.ts'
import { freePort } from '../demo/index.ts'
import { authority, certificates, privateKey } from './certificates.ts'

const BASE = 'dc=acme,dc=example'
export const PEOPLE = `ou=people,${BASE}`
const POLICY = `cn=default,ou=policies,${BASE}`
export const SERVICE = { dn: `cn=svc-reset,${BASE}`, password: 'svc-secret-2026' }

/** The password that everybody in the directory begins with. */
export const FIRST = 'First-directory-pw-1'

/** A real OpenLDAP on ports of its own, with a password policy and a service that may write passwords. */
export interface Slapd {
  pid: number
  /** By TLS, with the certificate of `authority`. */
  url: string
  /** In clear, where something stands in between. */
  port: number
  folder: string
  add(uid: string, attributes?: Record<string, string>): Promise<void>
  change(
    uid: string,
    ...changes: [operation: 'replace' | 'delete' | 'add', type: string, value?: string][]
  ): Promise<void>
  /** Makes a group of these people and groups, or gives it these members. */
  group(cn: string, members: string[]): Promise<void>
  removeGroup(cn: string): Promise<void>
  remove(uid: string): Promise<void>
  rename(uid: string, to: string): Promise<void>
  read(uid: string, ...attributes: string[]): Promise<Entry | undefined>
  /** Whether this is the person's password, asked of the directory itself. */
  binds(uid: string, password: string): Promise<boolean>
  /** Lets it hang, or go on. */
  pause(): void
  goOn(): void
  close(): Promise<void>
}

export const groupDn = (cn: string) => `cn=${cn},${BASE}`
export const dnOf = (uid: string) => `uid=${uid},${PEOPLE}`

/**
 * Starts it. It ends with the test file, or by `after`, and with this program, whatever ends that. `of`: it follows this
 * one, and only reads: for a write it names the other.
 */
export async function startSlapd({
  of,
  after = afterTests,
}: {
  of?: Slapd
  after?: (end: () => Promise<void>) => void
} = {}): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-slapd-'))
  mkdirSync(join(folder, 'db'))
  const [plain, secure] = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'ca.pem'), authority)
  writeFileSync(join(folder, 'cert.pem'), certificates.good)
  writeFileSync(join(folder, 'key.pem'), privateKey)
  writeFileSync(join(folder, 'slapd.conf'), configurationOf(folder, of))
  writeFileSync(join(folder, 'seed.ldif'), SEED)
  const seeding = ['-T', 'add', '-q', '-f', join(folder, 'slapd.conf'), '-n', '1', '-l', join(folder, 'seed.ldif')]
  if (!of) execFileSync(slapdPath(), seeding)
  // It watches the pipe from this program: where that ends, so does the directory.
  const script = '"$0" -f "$1" -h "$2" -d 0 & pid=$!; echo $pid; read -r _; kill -CONT $pid; kill $pid; wait $pid'
  const urls = `ldap://127.0.0.1:${plain} ldaps://127.0.0.1:${secure}`
  const child = spawn('sh', ['-c', script, slapdPath(), join(folder, 'slapd.conf'), urls], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const pid = await new Promise<number>(resolve => child.stdout.once('data', data => resolve(Number(data))))
  const close = async () => {
    child.stdin.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  after(close)
  const asRoot = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url: `ldap://127.0.0.1:${plain}`, timeout: MINUTE })
    try {
      await client.bind(`cn=admin,${BASE}`, 'admin-secret')
      return await work(client)
    } finally {
      await client.unbind().catch(() => {})
    }
  }
  for (const end = performance.now() + MINUTE; ; ) {
    // One that follows is there once it has got everything, the service last.
    const found = asRoot(client => client.search(SERVICE.dn, { scope: 'base', filter: '(objectClass=*)' }))
    if ((await found.catch(() => undefined))?.searchEntries.length === 1) break
    if (performance.now() > end) throw new Error('slapd did not start')
    await sleep(20)
  }
  return {
    pid,
    url: `ldaps://127.0.0.1:${secure}`,
    port: plain,
    folder,
    add: (uid, attributes = {}) =>
      asRoot(client =>
        client.add(dnOf(uid), {
          objectClass: 'inetOrgPerson',
          uid,
          cn: uid,
          sn: uid,
          mail: `${uid}@acme.example`,
          userPassword: FIRST,
          ...attributes,
        }),
      ),
    change: (uid, ...changes) =>
      asRoot(client =>
        client.modify(
          dnOf(uid),
          changes.map(
            ([operation, type, value]) =>
              new Change({
                operation,
                modification: new Attribute({ type, values: value === undefined ? [] : [value] }),
              }),
          ),
        ),
      ),
    group: (cn, members) =>
      asRoot(async client => {
        const modification = new Attribute({ type: 'member', values: members })
        await client
          .add(groupDn(cn), { objectClass: 'groupOfNames', cn, member: members })
          .catch(() => client.modify(groupDn(cn), new Change({ operation: 'replace', modification })))
      }),
    removeGroup: cn => asRoot(client => client.del(groupDn(cn))),
    remove: uid => asRoot(client => client.del(dnOf(uid))),
    rename: (uid, to) => asRoot(client => client.modifyDN(dnOf(uid), `uid=${to}`)),
    read: (uid, ...attributes) =>
      asRoot(async client => {
        const filter = '(objectClass=*)'
        const { searchEntries } = await client.search(dnOf(uid), { scope: 'base', filter, attributes })
        return searchEntries[0]
      }),
    async binds(uid, password) {
      const client = new Client({ url: `ldap://127.0.0.1:${plain}`, timeout: MINUTE })
      try {
        await client.bind(dnOf(uid), password)
        return true
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false
        throw error
      } finally {
        await client.unbind().catch(() => {})
      }
    },
    pause: () => process.kill(pid, 'SIGSTOP'),
    goOn: () => process.kill(pid, 'SIGCONT'),
    close,
  }
}

const followed = ({
  port,
}: Slapd) => `syncrepl rid=1 provider=ldap://127.0.0.1:${port} type=refreshAndPersist retry="1 +" searchbase="${BASE}"
  bindmethod=simple binddn="cn=admin,${BASE}" credentials=admin-secret
updateref ldap://127.0.0.1:${port}`

const configurationOf = (folder: string, of: Slapd | undefined) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload syncprov
pidfile ${folder}/slapd.pid
TLSCertificateFile ${folder}/cert.pem
TLSCertificateKeyFile ${folder}/key.pem
TLSProtocolMin 3.3
password-hash {SSHA}
database mdb
suffix "${BASE}"
rootdn "cn=admin,${BASE}"
rootpw admin-secret
directory ${folder}/db
dbnosync
index objectClass,uid,mail eq
index entryUUID,entryCSN eq
access to dn.subtree="${PEOPLE}" filter="(employeeType=protected)" attrs=userPassword by anonymous auth by * none
access to dn.subtree="${PEOPLE}" attrs=userPassword
  by dn.exact="${SERVICE.dn}" write
  by self =xw
  by anonymous auth
  by * none
access to dn.subtree="${PEOPLE}" attrs=pwdAccountLockedTime,pwdFailureTime,pwdReset,pwdPolicySubentry
  by dn.exact="${SERVICE.dn}" write
  by * none
access to attrs=userPassword by self =xw by anonymous auth by * none
access to * by users read by * none
${of ? followed(of) : ''}
overlay syncprov
overlay ppolicy
ppolicy_default "${POLICY}"
ppolicy_use_lockout
`

const SEED = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
o: Acme
dc: acme

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ou=policies,${BASE}
objectClass: organizationalUnit
ou: policies

dn: ${POLICY}
objectClass: organizationalRole
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMinLength: 12
pwdCheckQuality: 2
pwdInHistory: 3
pwdMaxFailure: 3
pwdLockout: TRUE
pwdLockoutDuration: 0
pwdAllowUserChange: TRUE

dn: ${SERVICE.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: svc-reset
userPassword: ${SERVICE.password}
`
