import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

const isThere = () => spawnSync('spamassassin', ['--version']).error === undefined

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!isThere() && mayInstall()) {
      console.log('Installing SpamAssassin for the tests …')
      install(['spamassassin'])
    }
    if (!isThere()) throw new Error('The tests need SpamAssassin: install it (Debian: apt-get install spamassassin)')
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
