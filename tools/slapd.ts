import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

const usual = ['/usr/sbin/slapd', '/usr/libexec/slapd', '/opt/homebrew/opt/openldap/libexec/slapd']

/**
 * The OpenLDAP server that tests of writeback start.
 * @throws Error whose message says in one line what to install.
 */
export function slapdPath(): string {
  const found = usual.find(path => existsSync(path))
  if (found !== undefined) return found
  throw new Error('The tests need OpenLDAP: install it (Debian: apt-get install slapd)')
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!usual.some(path => existsSync(path)) && mayInstall()) {
      console.log('Installing slapd for the tests …')
      install(['slapd'])
    }
    console.log(`Tests use ${slapdPath()}`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
