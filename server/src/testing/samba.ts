import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterTests } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attribute, Change, Client, type Entry } from 'ldapts'
import { ADMINISTRATOR, domainFolder, KINIT, REALM, SAMBA, SERVICE_PASSWORD } from '../../../tools/samba.ts'
import { MINUTE } from '../clock.ts'
import { authority, certificates, privateKey } from './certificates.ts'

export const SAMBA_BASE = 'DC=acme,DC=example'
export const SAMBA_PEOPLE = `OU=People,${SAMBA_BASE}`
export const SAMBA_STAFF = `OU=Staff,${SAMBA_BASE}`
export const SAMBA_SERVICE = { dn: `CN=svc-reset,CN=Users,${SAMBA_BASE}`, password: SERVICE_PASSWORD }

/** A fine-grained policy of 20 characters that judges nobody yet: the service may read the second. */
export const [STRICT, SHOWN] = ['strict', 'shown'].map(
  name => `CN=${name},CN=Password Settings Container,CN=System,${SAMBA_BASE}`,
) as [string, string]

/** The password that everybody in the directory begins with. */
export const SAMBA_FIRST = 'First-directory-pw-1'

/** LDAPS, LDAP and Kerberos, which no setting moves. */
export const [LDAPS, LDAP, KERBEROS] = [636, 389, 88] as const

/** A loopback address of this process alone, so that two runs do not meet. */
const ownAddress = () => `127.${64 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`

/** Why no domain controller can be started here. Undefined: one can. */
export async function whyNoSamba(): Promise<string | undefined> {
  if (!existsSync(SAMBA) || !existsSync(KINIT) || !existsSync(domainFolder()))
    return 'there is no domain: node tools/samba.ts says why'
  for (const port of [LDAPS, LDAP, KERBEROS]) {
    const probe = createServer()
    const fault = await new Promise<NodeJS.ErrnoException | undefined>(resolve => {
      probe.once('error', resolve)
      probe.listen(port, ownAddress(), () => resolve(undefined))
    })
    await new Promise(resolve => probe.close(resolve))
    if (fault) return `port ${port} of ${ownAddress()} cannot be opened (${fault.code})`
  }
  return undefined
}

type Changes = [operation: 'replace' | 'delete' | 'add', type: string, ...values: string[]][]

/** A real domain controller on loopback, with a service that may write passwords of `SAMBA_PEOPLE` and nothing else. */
export interface Samba {
  pid: number
  /** The loopback address on which it has its ports. */
  address: string
  folder: string
  add(name: string, attributes?: Record<string, string>, ou?: string): Promise<void>
  change(dn: string, ...changes: Changes): Promise<void>
  read(name: string, ...attributes: string[]): Promise<Entry>
  rename(dn: string, to: string): Promise<void>
  /** Works with all rights. */
  asAdministrator<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Whether Kerberos gives this person a ticket for this password: `kinit`, the domain's own tool. */
  kinit(name: string, password: string): boolean
  /** Lets it hang, or go on. */
  pause(): void
  goOn(): void
}

export const sambaDn = (name: string, ou = SAMBA_PEOPLE) => `CN=${name},${ou}`

/** A password as Active Directory takes it. */
const unicodePwd = (password: string) =>
  new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] })

/** How the domain's certificate is checked whatever its address is: it names localhost. */
export const tlsToSamba = { ca: authority, servername: 'localhost' }

/** Starts it. It ends with the test file, or by `after`, and with this program. */
export async function startSamba({
  after = afterTests,
  address = ownAddress(),
}: {
  after?: (end: () => Promise<void>) => void
  address?: string
} = {}): Promise<Samba> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-samba-'))
  cpSync(domainFolder(), folder, { recursive: true })
  for (const name of ['run', 'log', 'tls', 'ncalrpc']) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 })
  writeFileSync(join(folder, 'ca.pem'), authority)
  writeFileSync(join(folder, 'tls/cert.pem'), certificates.good)
  writeFileSync(join(folder, 'tls/key.pem'), privateKey, { mode: 0o600 })
  const configuration = join(folder, 'smb.conf')
  writeFileSync(configuration, configurationOf(folder, address))
  writeFileSync(join(folder, 'krb5.conf'), kerberosOf(address))
  // It watches the pipe from this program: where that ends, so does the domain controller.
  const script =
    '"$0" --configfile="$1" --foreground --no-process-group --debug-stdout --model=single & pid=$!; echo "pid $pid"; read -r _; kill -CONT $pid; kill $pid; wait $pid'
  const child = spawn('sh', ['-c', script, SAMBA, configuration], { stdio: ['pipe', 'pipe', 'ignore'] })
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
  const url = `ldaps://${address}:${LDAPS}`
  const asAdministrator: Samba['asAdministrator'] = async work => {
    const client = new Client({ url, timeout: MINUTE, tlsOptions: tlsToSamba })
    try {
      await client.bind(`CN=Administrator,CN=Users,${SAMBA_BASE}`, ADMINISTRATOR)
      return await work(client)
    } finally {
      await client.unbind().catch(() => {})
    }
  }
  for (const end = performance.now() + MINUTE; ; await sleep(50)) {
    if (await asAdministrator(async () => true).catch(() => false)) break
    if (performance.now() > end || child.exitCode !== null) throw new Error('Samba did not start')
  }
  const addUser = (dn: string, name: string, attributes: Record<string, string>, password: string) =>
    asAdministrator(async client => {
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
    asAdministrator(async client => {
      const { searchEntries } = await client.search(SAMBA_BASE, {
        ...{ scope: 'sub', filter: `(sAMAccountName=${name})`, attributes },
        explicitBufferAttributes: ['objectGUID'],
      })
      return searchEntries[0]!
    })
  return {
    pid,
    address,
    folder,
    add: (name, attributes = {}, ou = SAMBA_PEOPLE) => addUser(sambaDn(name, ou), name, attributes, SAMBA_FIRST),
    change: (dn, ...changes) =>
      asAdministrator(client =>
        client.modify(
          dn,
          changes.map(
            ([operation, type, ...values]) => new Change({ operation, modification: new Attribute({ type, values }) }),
          ),
        ),
      ),
    read,
    rename: (dn, to) => asAdministrator(client => client.modifyDN(dn, to)),
    kinit(name, password) {
      const env = { ...process.env, KRB5_CONFIG: join(folder, 'krb5.conf'), KRB5CCNAME: 'MEMORY:' }
      const asked = spawnSync('kinit', [`${name}@${REALM}`], { env, input: `${password}\n`, encoding: 'utf8' })
      if (asked.status !== 0 && !/Password incorrect|Preauthentication failed|expired|revoked/i.test(asked.stderr))
        throw new Error(asked.stderr)
      return asked.status === 0
    },
    asAdministrator,
    pause: () => process.kill(pid, 'SIGSTOP'),
    goOn: () => process.kill(pid, 'SIGCONT'),
  }
}

const configurationOf = (folder: string, address: string) => `[global]
	server services = ldap, kdc
	netbios name = DC1
	realm = ${REALM}
	workgroup = ACME
	server role = active directory domain controller
	interfaces = ${address}/8
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

const kerberosOf = (address: string) => `[libdefaults]
	default_realm = ${REALM}
	dns_lookup_kdc = false
	dns_lookup_realm = false
[realms]
	${REALM} = {
		kdc = ${address}
	}
`
