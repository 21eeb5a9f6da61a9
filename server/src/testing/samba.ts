import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterTests } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attribute, Change, Client, type Entry } from 'ldapts'
import { ADMINISTRATOR, domainFolder, REALM, sambaPath } from '../../../tools/samba.ts'
import { authority, certificates, privateKey } from './certificates.ts'

export const SAMBA_BASE = 'DC=acme,DC=example'
export const SAMBA_PEOPLE = `OU=People,${SAMBA_BASE}`
export const SAMBA_STAFF = `OU=Staff,${SAMBA_BASE}`
export const SAMBA_SERVICE = { dn: `CN=svc-reset,CN=Users,${SAMBA_BASE}`, password: 'Svc-Res3t-2026!' }

/** The password that everybody in the directory begins with. */
export const SAMBA_FIRST = 'First-directory-pw-1'

/** The user class, the right to reset a password, `lockoutTime` and `pwdLastSet`, as Active Directory names them. */
const USER = 'bf967aba-0de6-11d0-a285-00aa003049e2'
const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529'
const LOCKOUT_TIME = '28630ebf-41d5-11d1-a9c1-0000f80367c1'
const PWD_LAST_SET = 'bf967a0a-0de6-11d0-a285-00aa003049e2'

type Changes = [operation: 'replace' | 'delete' | 'add', type: string, ...values: string[]][]

/** A real domain controller on loopback, with a service that may write passwords of `SAMBA_PEOPLE` and nothing else. */
export interface Samba {
  /** By TLS, with the certificate of `authority`. */
  url: string
  folder: string
  add(name: string, attributes?: Record<string, string>, ou?: string): Promise<void>
  change(dn: string, ...changes: Changes): Promise<void>
  read(name: string, ...attributes: string[]): Promise<Entry>
  rename(dn: string, to: string): Promise<void>
  /** Whether Kerberos gives this person a ticket for this password: `kinit`, the domain's own tool. */
  kinit(name: string, password: string): boolean
  /** The id of the service, to which rights are given. */
  sid: string
  /** Runs `samba-tool` on the domain's own database. */
  tool(...words: string[]): string
  /** Lets it hang, or go on. */
  pause(): void
  goOn(): void
}

export const sambaDn = (name: string, ou = SAMBA_PEOPLE) => `CN=${name},${ou}`

/** A password as Active Directory takes it. */
const unicodePwd = (password: string) =>
  new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] })

/** Starts it, on ports of its own kind: one at a time on a machine. It ends with the test file, or by `after`, and with this program. */
export async function startSamba(after: (end: () => Promise<void>) => void = afterTests): Promise<Samba> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-samba-'))
  cpSync(domainFolder(), folder, { recursive: true })
  for (const name of ['run', 'log', 'tls', 'ncalrpc']) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 })
  writeFileSync(join(folder, 'ca.pem'), authority)
  writeFileSync(join(folder, 'tls/cert.pem'), certificates.good)
  writeFileSync(join(folder, 'tls/key.pem'), privateKey, { mode: 0o600 })
  const configuration = join(folder, 'smb.conf')
  writeFileSync(configuration, configurationOf(folder))
  writeFileSync(join(folder, 'krb5.conf'), kerberosOf())
  // It watches the pipe from this program: where that ends, so does the domain controller.
  const script =
    '"$0" --configfile="$1" --foreground --no-process-group --debug-stdout --model=single & pid=$!; echo "pid $pid"; read -r _; kill -CONT $pid; kill $pid; wait $pid'
  const child = spawn('sh', ['-c', script, sambaPath(), configuration], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const pid = await new Promise<number>(resolve =>
    child.stdout.on('data', data => {
      const found = /^pid (\d+)$/m.exec(String(data))
      if (found) resolve(Number(found[1]))
    }),
  )
  after(async () => {
    child.stdin.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const url = 'ldaps://127.0.0.1:636'
  const asRoot = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url, timeout: 10_000, tlsOptions: { ca: authority } })
    try {
      await client.bind(`CN=Administrator,CN=Users,${SAMBA_BASE}`, ADMINISTRATOR)
      return await work(client)
    } finally {
      await client.unbind().catch(() => {})
    }
  }
  for (let tries = 0; ; tries++) {
    if (await asRoot(async () => true).catch(() => false)) break
    if (tries > 300) throw new Error('Samba did not start')
    await sleep(100)
  }
  const tool = (...words: string[]) =>
    execFileSync('samba-tool', [...words, '-H', join(folder, 'private/sam.ldb'), `--configfile=${configuration}`], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const addUser = (dn: string, name: string, attributes: Record<string, string>, password: string) =>
    asRoot(async client => {
      await client.add(dn, {
        objectClass: 'user',
        sAMAccountName: name,
        userPrincipalName: `${name}@acme.example`,
        displayName: name,
        mail: `${name}@acme.example`,
        userAccountControl: '544',
        ...attributes,
      })
      await client.modify(dn, [
        new Change({ operation: 'replace', modification: unicodePwd(password) }),
        new Change({
          operation: 'replace',
          modification: new Attribute({ type: 'userAccountControl', values: ['512'] }),
        }),
      ])
    })
  const read: Samba['read'] = (name, ...attributes) =>
    asRoot(async client => {
      const { searchEntries } = await client.search(SAMBA_BASE, {
        ...{ scope: 'sub', filter: `(sAMAccountName=${name})`, attributes },
        explicitBufferAttributes: ['objectGUID'],
      })
      return searchEntries[0]!
    })
  tool('domain', 'passwordsettings', 'set', ...POLICY)
  await asRoot(async client => {
    for (const ou of [SAMBA_PEOPLE, SAMBA_STAFF]) await client.add(ou, { objectClass: 'organizationalUnit' })
  })
  await addUser(SAMBA_SERVICE.dn, 'svc-reset', {}, SAMBA_SERVICE.password)
  const sid = /^S-[\d-]+$/m.exec(
    tool('user', 'show', 'svc-reset', '--attributes=objectSid').replace(/^objectSid: /m, ''),
  )![0]
  const rights = [
    `(OA;CIIO;CR;${RESET_PASSWORD};${USER};${sid})`,
    ...[LOCKOUT_TIME, PWD_LAST_SET].map(attribute => `(OA;CIIO;RPWP;${attribute};${USER};${sid})`),
  ]
  tool('dsacl', 'set', `--objectdn=${SAMBA_PEOPLE}`, `--sddl=${rights.join('')}`)
  return {
    url,
    folder,
    add: (name, attributes = {}, ou = SAMBA_PEOPLE) => addUser(sambaDn(name, ou), name, attributes, SAMBA_FIRST),
    change: (dn, ...changes) =>
      asRoot(client =>
        client.modify(
          dn,
          changes.map(
            ([operation, type, ...values]) => new Change({ operation, modification: new Attribute({ type, values }) }),
          ),
        ),
      ),
    read,
    rename: (dn, to) => asRoot(client => client.modifyDN(dn, to)),
    kinit(name, password) {
      const env = { ...process.env, KRB5_CONFIG: join(folder, 'krb5.conf'), KRB5CCNAME: 'MEMORY:' }
      const asked = spawnSync('kinit', [`${name}@${REALM}`], { env, input: `${password}\n`, encoding: 'utf8' })
      if (asked.status !== 0 && !/Password incorrect|Preauthentication failed|expired|revoked/i.test(asked.stderr))
        throw new Error(asked.stderr)
      return asked.status === 0
    },
    sid,
    tool,
    pause: () => process.kill(pid, 'SIGSTOP'),
    goOn: () => process.kill(pid, 'SIGCONT'),
  }
}

const POLICY = [
  ...['--min-pwd-length=12', '--complexity=on', '--history-length=3', '--min-pwd-age=0'],
  ...['--account-lockout-threshold=3', '--account-lockout-duration=30', '--reset-account-lockout-after=30'],
]

const configurationOf = (folder: string) => `[global]
	server services = ldap, kdc
	netbios name = DC1
	realm = ${REALM}
	workgroup = ACME
	server role = active directory domain controller
	interfaces = 127.0.0.1/8
	bind interfaces only = Yes
	disable netbios = yes
	private dir = ${folder}/private
	state directory = ${folder}/state
	cache directory = ${folder}/cache
	lock directory = ${folder}
	binddns dir = ${folder}/bind-dns
	pid directory = ${folder}/run
	ncalrpc dir = ${folder}/ncalrpc
	winbindd socket directory = ${folder}/run/winbindd
	ntp signd socket directory = ${folder}/run/ntp_signd
	log file = ${folder}/log/samba.log
	log level = 0
	old password allowed period = 0
	tls enabled = yes
	tls keyfile = ${folder}/tls/key.pem
	tls certfile = ${folder}/tls/cert.pem
	tls cafile = ${folder}/ca.pem
`

const kerberosOf = () => `[libdefaults]
	default_realm = ${REALM}
	dns_lookup_kdc = false
	dns_lookup_realm = false
[realms]
	${REALM} = {
		kdc = 127.0.0.1
	}
`
