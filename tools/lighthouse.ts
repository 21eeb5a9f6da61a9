import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Later versions bring a list of packages that `npm ci` refuses.
const VERSION = '12.2.3'
const folder = join(tmpdir(), `latchkey-lighthouse-${VERSION}-${process.getuid?.() ?? 0}`)
const entry = join(folder, 'node_modules/lighthouse/core/index.js')
const installWithinMs = 5 * 60_000

/**
 * Lighthouse, which judges the application's pages in a proof. It is no dependency: its 110 MB and half a minute would
 * be on every installation.
 * @throws Error whose message says in one line what to install.
 */
export function lighthousePath(): string {
  if (existsSync(entry)) return entry
  throw new Error('The proof needs Lighthouse: run `node tools/lighthouse.ts` first')
}

/** @throws Error whose message says in one line what failed. */
function install(): void {
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true, mode: 0o700 })
  try {
    const options = ['--prefix', making, '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact']
    const done = spawnSync('npm', ['install', ...options, `lighthouse@${VERSION}`], {
      encoding: 'utf8',
      timeout: installWithinMs,
    })
    if (done.status !== 0)
      throw new Error(`Lighthouse was not installed: ${done.error?.message ?? done.stderr.trim().split('\n').at(-1)}`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(making, folder)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    if (!existsSync(entry)) {
      console.log('Installing Lighthouse for the proof …')
      install()
    }
    console.log(`The proof uses ${lighthousePath()}`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
