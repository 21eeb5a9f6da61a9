import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Account, run } from './binaries.ts'
import { StoreError } from './errors.ts'
import { openOwn, removeOwn } from './ownership.ts'

/** The home of one major version's data, and what the server needs to run from it. */
export interface Home {
  folder: string
  data: string
  binaries: string
  account: Account
}

/** @throws StoreError `folder_unusable` where the folder is of an account that the server is not. */
export async function refuseForeign(path: string, account: Account): Promise<void> {
  const owner = await stat(path).then(
    found => found.uid,
    () => undefined,
  )
  if (owner === undefined || owner === account.uid || (owner === 0 && account.switched)) return
  const made = owner === 0 ? 'was made by root' : `belongs to another account (uid ${owner})`
  throw new StoreError(
    'folder_unusable',
    `The folder ${path} ${made}: start Latchkey as it was first started, or set LATCHKEY_DATA to another folder.`,
  )
}

/** Removes the remains of a start that was killed half-way; a start that still runs is younger. */
export async function sweep(folder: string, account: Account): Promise<void> {
  await sweepHalves(folder, /^18\.[0-9a-f]{6}$/, path => removeOwn(path, account))
  await sweepHalves(dirname(folder), /^postgres\.copy-[A-Za-z0-9]{6}$/, path =>
    rm(path, { recursive: true, force: true }),
  )
  if (account.switched)
    await sweepHalves(dirname(folder), /^bin-18\.4\.[A-Za-z0-9]{6}$/, path =>
      rm(path, { recursive: true, force: true }),
    )
}

async function sweepHalves(folder: string, pattern: RegExp, remove: (path: string) => Promise<void>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!pattern.test(name)) continue
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > 10 * 60_000) await remove(join(folder, name))
  }
}

/** Makes the cluster under another name, then renames it: a crash half-way or two starters leave one whole cluster. */
export async function initialise({ folder, data, binaries, account }: Home, forgetful: boolean): Promise<void> {
  // Made by initdb itself: a folder of root here could be replaced before root gave it away.
  const part = `${data}.${randomBytes(3).toString('hex')}`
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const options = ['-D', part, '-U', 'latchkey', '--auth=peer', '--no-instructions', ...locale]
  const made = await run(join(binaries, 'initdb'), forgetful ? [...options, '--no-sync'] : options, account, folder)
  if (made.code !== 0) {
    await removeOwn(part, account)
    throw new StoreError(
      'folder_unusable',
      `PostgreSQL cannot make its files in ${folder}: ${made.output.trim().split('\n').at(-1)}`,
    )
  }
  await admit(part, account)
  await rename(part, data).catch(async error => {
    await removeOwn(part, account)
    if (!(await exists(data))) throw error
  })
}

/** No password exists. The kernel vouches for the accounts of the server and of root, who may do everything anyhow. */
export async function admit(data: string, account: Account): Promise<void> {
  const lines = [...new Set([account.name, account.programName, 'root'])].map(
    one => `latchkey "${one.replaceAll('"', '""')}" all\n`,
  )
  await rewrite(join(data, 'pg_hba.conf'), 'local all all peer map=latchkey\n', account)
  await rewrite(join(data, 'pg_ident.conf'), lines.join(''), account)
}

async function rewrite(path: string, text: string, account: Account): Promise<void> {
  const file = await openOwn(path, account, constants.O_RDWR)
  if (file === undefined) throw new StoreError('folder_unusable', `PostgreSQL has not made ${path}.`)
  try {
    if ((await file.readFile('utf8')) === text) return
    await file.truncate()
    await file.write(text, 0)
    await file.sync()
  } finally {
    await file.close()
  }
}

export const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
