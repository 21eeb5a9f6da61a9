import { spawn } from 'node:child_process'
import { chown, lstat, mkdtemp, readdir, readlink, rename, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, findAccount, run } from './binaries.ts'
import { StoreError } from './errors.ts'
import { removeOwn } from './ownership.ts'

// Earlier versions ran PostgreSQL as `nobody` where they were started by root. Other programs are nobody too, and could
// read and change everything in the data. The data is copied and not handed over: such a program keeps a file that it
// holds open.

/** The account `nobody`, where the folder is its; undefined where there is nothing to take over. */
export async function findFormerAccount(folder: string, account: Account): Promise<Account | undefined> {
  const nobody = account.switched ? await findAccount('nobody') : undefined
  if (nobody === undefined) return undefined
  const former: Account = { ...account, ...nobody, name: 'nobody', identity: nobody }
  const left = asLeft(folder)
  // A start that was killed while it took over: between two renames, or before the end of the last removal.
  if ((await ownerOf(folder)) === undefined && (await ownerOf(left)) !== undefined) await rename(left, folder)
  if ((await ownerOf(folder)) === nobody.uid) return former
  if ((await ownerOf(left)) === nobody.uid) await removeLeft(left, former)
  return undefined
}

/**
 * Copies the cluster of `folder` to the server's own account, has `finish` complete the copy, and puts it in its place.
 * @throws StoreError `folder_unusable` where a server still uses it, or it cannot be copied; then it is as it was.
 */
export async function takeOver(
  folder: string,
  former: Account,
  account: Account,
  finish: (data: string) => Promise<void>,
): Promise<void> {
  const data = join(folder, '18')
  await refuseUsed(data)
  const part = await mkdtemp(`${folder}.copy-`)
  await chown(part, account.uid, account.gid)
  try {
    if ((await ownerOf(data)) !== undefined) {
      const copy = join(part, '18')
      await run('/bin/mkdir', ['-m', '0700', copy], account, '/')
      await copyBetween(data, former, copy, account)
      await finish(copy)
    }
    // Another starter may have been faster.
    if ((await ownerOf(folder)) !== former.uid)
      throw new StoreError('folder_unusable', `${folder} was taken over by another program meanwhile: start again.`)
    await rename(folder, asLeft(folder))
    await rename(part, folder)
  } catch (error) {
    await removeOwn(part, account)
    await rmdir(part).catch(() => {})
    throw error
  }
  await removeLeft(asLeft(folder), former)
}

const asLeft = (folder: string) => `${folder}.of-nobody`

const ownerOf = (path: string) =>
  lstat(path).then(
    found => found.uid,
    () => undefined,
  )

/** Also as root, it removes only files that `nobody` may remove; the folder itself lies in one of root's. */
async function removeLeft(left: string, former: Account): Promise<void> {
  await removeOwn(left, former)
  await rmdir(left).catch(() => {}) // the next start tries again
}

/** Waits a moment for a server's last processes: all of them work in its data's folder. */
async function refuseUsed(data: string): Promise<void> {
  for (const end = Date.now() + 5_000; await isUsed(data); await sleep(100))
    if (Date.now() > end)
      throw new StoreError(
        'folder_unusable',
        `A PostgreSQL of the account "nobody" still runs in ${data}: end the Latchkey of an earlier version that uses it, then start again.`,
      )
}

async function isUsed(data: string): Promise<boolean> {
  for (const pid of await readdir('/proc').catch(() => []))
    if (/^\d+$/.test(pid) && (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === data) return true
  return false
}

/** One account reads and the other writes, so that no link leads either to another's files. */
async function copyBetween(from: string, reader: Account, to: string, writer: Account): Promise<void> {
  const tar = (words: string[], { identity }: Account, stdio: ['ignore' | 'pipe', 'ignore' | 'pipe', 'ignore']) => {
    const child = spawn('tar', words, { ...identity, cwd: '/', env: { PATH: process.env.PATH }, stdio })
    const code = new Promise<number | null>(done => child.once('error', () => done(null)).once('close', done))
    return { child, code }
  }
  const read = tar(['-C', from, '-cf', '-', '.'], reader, ['ignore', 'pipe', 'ignore'])
  const written = tar(['-C', to, '-xpf', '-'], writer, ['pipe', 'ignore', 'ignore'])
  written.child.stdin?.on('error', () => {}) // where it ends early its code tells
  read.child.stdout?.pipe(written.child.stdin!)
  const codes = await Promise.all([read.code, written.code])
  if (codes.every(code => code === 0)) return
  throw new StoreError(
    'folder_unusable',
    `The database in ${from} cannot be copied from the account "nobody" to "${writer.name}": make room for a second copy, or chown it to that account by hand.`,
  )
}
