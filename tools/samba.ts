import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

export const SAMBA = '/usr/sbin/samba'
const packages = [
  ...['samba', 'samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules', 'winbind'],
  ...['python3-samba', 'python3-markdown', 'ldb-tools', 'krb5-user', 'attr', 'acl'],
]

/** The domain that `domainFolder` holds. */
export const REALM = 'ACME.EXAMPLE'
export const ADMINISTRATOR = 'Adm1n-of-the-Domain!'

/**
 * The domain controller that proofs of writeback start. It is no part of the tests: its packages take some 12 seconds of
 * processor time to install, a domain 4, and the operations 10.
 * @throws Error whose message says in one line what to install.
 */
export function sambaPath(): string {
  if (existsSync(SAMBA)) return SAMBA
  throw new Error(
    `The proof needs Samba’s domain controller: install it (Debian: apt-get install ${packages.join(' ')})`,
  )
}

/** A folder with a new domain, made once on this machine: each proof starts a copy of it. */
export function domainFolder(): string {
  const version = execFileSync(sambaPath(), ['--version'], { encoding: 'utf8' })
    .trim()
    .replace(/[^\w.-]+/g, '-')
  const folder = join(tmpdir(), `latchkey-domain-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(folder)) return folder
  const making = `${folder}.${process.pid}`
  mkdirSync(join(making, 'etc'), { recursive: true, mode: 0o700 })
  const seed = join(making, 'seed.conf')
  writeFileSync(seed, '')
  try {
    execFileSync(
      'samba-tool',
      [
        ...[
          'domain',
          'provision',
          `--configfile=${seed}`,
          `--targetdir=${making}`,
          `--realm=${REALM}`,
          '--domain=ACME',
        ],
        ...['--host-name=DC1', '--host-ip=127.0.0.1', '--server-role=dc', '--dns-backend=NONE'],
        ...[`--adminpass=${ADMINISTRATOR}`, '--option=interfaces=127.0.0.1/8', '--option=bind interfaces only=yes'],
      ],
      { stdio: 'pipe' },
    )
    renameSync(making, folder)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!existsSync(SAMBA) && mayInstall()) {
      console.log('Installing Samba for the proof …')
      install(packages)
    }
    console.log(`The proof uses ${sambaPath()}, and the domain in ${domainFolder()}`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
