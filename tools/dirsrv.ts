import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

const DIRSRV = '/usr/sbin/ns-slapd'
const packages = ['389-ds-base', 'libnss3-tools', 'openssl']

/**
 * The 389 Directory Server that the proof of writeback starts.
 * @throws Error whose message says in one line what to install.
 */
export function dirsrvPath(): string {
  if (existsSync(DIRSRV)) return DIRSRV
  throw new Error(`The proof needs 389 Directory Server: install it (Debian: apt-get install ${packages.join(' ')})`)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!existsSync(DIRSRV) && mayInstall()) {
      console.log('Installing 389 Directory Server for the proof …')
      install(packages)
    }
    console.log(`The proof uses ${dirsrvPath()}`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
