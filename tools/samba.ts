import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

export const SAMBA = '/usr/sbin/samba'
export const KINIT = '/usr/bin/kinit'
// Debian's own Python, which knows Samba's modules: another may come first in PATH.
const PYTHON = '/usr/bin/python3'
const packages = ['samba', 'samba-ad-provision', 'samba-dsdb-modules', 'python3-samba', 'krb5-user']

export const REALM = 'ACME.EXAMPLE'
export const ADMINISTRATOR = 'Adm1n-of-the-Domain!'
export const SERVICE_PASSWORD = 'Svc-Res3t-2026!'

/** The user class, the right to reset a password, `lockoutTime` and `pwdLastSet`, as Active Directory names them. */
const USER = 'bf967aba-0de6-11d0-a285-00aa003049e2'
const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529'
const WRITABLE = ['28630ebf-41d5-11d1-a9c1-0000f80367c1', 'bf967a0a-0de6-11d0-a285-00aa003049e2']

/** What the domain holds: two units, and a service that may write passwords of the first and nothing else. */
const domain = {
  ...{ realm: REALM, domain: 'ACME', administrator: ADMINISTRATOR, units: ['People', 'Staff'] },
  service: {
    ...{ name: 'svc-reset', password: SERVICE_PASSWORD },
    rights: [
      `(OA;CIIO;CR;${RESET_PASSWORD};${USER};`,
      ...WRITABLE.map(attribute => `(OA;CIIO;RPWP;${attribute};${USER};`),
    ],
  },
}

// Some seconds, unless the machine is busy.
const MADE_WITHIN = 3 * 60_000

const script = join(import.meta.dirname, 'domain.py')
const kept = join(import.meta.dirname, '../dist')

/** The folder of the domain, which is made once in this checkout: each test starts a copy of it. */
export function domainFolder(): string {
  const made = createHash('sha256').update(readFileSync(script)).update(JSON.stringify(domain)).digest('hex')
  return join(kept, `domain-${made.slice(0, 16)}`)
}

const hasSamba = () => existsSync(SAMBA) && existsSync(KINIT)

/** @throws Error whose message says in one line what is missing. */
function prepare(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('Samba’s domain controller has ports of its own, which only root may open on Linux')
  if (!hasSamba()) {
    if (!mayInstall()) throw new Error(`Samba is not installed (Debian: apt-get install ${packages.join(' ')})`)
    console.log('Installing Samba for the tests …')
    install(packages)
    if (!hasSamba()) throw new Error(`${SAMBA} or ${KINIT} is in none of ${packages.join(', ')} here`)
  }
  const folder = domainFolder()
  if (existsSync(folder)) return
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true, mode: 0o700 })
  try {
    execFileSync(PYTHON, [script, JSON.stringify({ ...domain, folder: making })], {
      stdio: 'pipe',
      timeout: MADE_WITHIN,
    })
    renameSync(making, folder)
  } catch (error) {
    const last = String((error as { stderr?: Buffer }).stderr ?? '')
    throw new Error(`no domain could be made (${last.trim().split('\n').at(-1) || (error as Error).message})`)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    prepare()
    console.log(`Tests use ${SAMBA}, and the domain in ${domainFolder()}`)
  } catch (error) {
    // Where it cannot be had, the rest of the tests are run all the same.
    console.error(`Tests of Active Directory are skipped: ${(error as Error).message}`)
  }
}
