import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { install, mayInstall } from './browser.ts'

// Gets Prometheus for the proof that it reads the figures, and its promtool, which judges them and the alerts.

const isThere = () => spawnSync('prometheus', ['--version']).error === undefined

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!isThere() && mayInstall()) {
      console.log('Installing Prometheus for the tests …')
      install(['prometheus'])
    }
    if (!isThere()) throw new Error('The tests need Prometheus: install it (Debian: apt-get install prometheus)')
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
