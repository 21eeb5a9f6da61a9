import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

// Draws the same pages in a third of the time: it has no window, and nothing around one.
const shell = '/usr/bin/chromium-headless-shell'
const usual = [shell, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const packages = ['chromium-headless-shell', 'fonts-noto-cjk']
// The first installation fetches some 200 MB.
const installWithinMs = 10 * 60_000

/**
 * The browser that tests drive: `LATCHKEY_CHROMIUM`, or Chromium or Chrome in its usual place.
 * @throws Error whose message says in one line what to install.
 */
export function chromiumPath(): string {
  const named = process.env.LATCHKEY_CHROMIUM
  if (named) {
    if (existsSync(named)) return named
    throw new Error(`LATCHKEY_CHROMIUM names ${named}, where there is no file`)
  }
  const found = usual.find(path => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    'The tests need Chromium: install it (Debian: apt-get install chromium-headless-shell) or set LATCHKEY_CHROMIUM',
  )
}

// Without such a font Japanese pages show empty boxes, and their screenshots prove nothing.
function hasJapaneseFont(): boolean {
  const listed = spawnSync('fc-list', [':lang=ja', 'family'], { encoding: 'utf8' })
  if (listed.error === undefined) return listed.stdout.trim() !== ''
  return process.platform !== 'linux' || existsNotoCjk('/usr/share/fonts/opentype/noto')
}

function existsNotoCjk(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some(name => /^Noto\w*CJK/.test(name))
}

export function mayInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).error === undefined
}

/** Debian asks this file before a package starts its services: the tests start themselves what they need. */
const SERVICES = '/usr/sbin/policy-rc.d'

/**
 * Installs packages, and starts none of their services. A machine's own policy about services stays as it is.
 * @throws Error whose message says in one line what failed.
 */
export function install(names: string[]): void {
  const hasPolicy = existsSync(SERVICES)
  if (!hasPolicy)
    writeFileSync(SERVICES, '#!/bin/sh\n# Of an installation for tests; may be removed.\nexit 101\n', { mode: 0o755 })
  try {
    aptGet(['update'], names)
    aptGet(['install', '-y', '--no-install-recommends', ...names], names)
  } finally {
    if (!hasPolicy) rmSync(SERVICES, { force: true })
  }
}

function aptGet(step: string[], names: string[]): void {
  // Another installation may hold the lock for a moment, as on a machine that has just started.
  const done = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...step], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    timeout: installWithinMs,
  })
  if (done.status === 0) return
  const last = `${done.stdout}${done.stderr}`.trim().split('\n').at(-1)
  throw new Error(`apt-get ${step.join(' ')} failed (${done.error?.message ?? last}): install ${names.join(' and ')}`)
}

function prepare(): void {
  const lacksShell = !process.env.LATCHKEY_CHROMIUM && !existsSync(shell)
  const lacksFont = !hasJapaneseFont()
  if ((lacksShell || lacksFont) && mayInstall()) {
    const names = packages.filter(name => (name === 'chromium-headless-shell' ? lacksShell : lacksFont))
    console.log(`Installing ${names.join(' and ')} for the tests …`)
    try {
      install(names)
    } catch (error) {
      if (!usual.some(path => existsSync(path))) throw error
      console.error((error as Error).message) // another browser is there, and takes longer
    }
  } else if (lacksFont) {
    console.error('No Japanese font is installed, so screenshots will lack it (Debian: apt-get install fonts-noto-cjk)')
  }
  console.log(`Tests use ${chromiumPath()}`)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  try {
    prepare()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
