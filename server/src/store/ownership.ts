import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rm } from 'node:fs/promises'
import { type Account, run } from './binaries.ts'
import { StoreError } from './errors.ts'

// The server's folder belongs to the account that runs PostgreSQL. Where that is another account, each file in there
// can become a link at any moment. Root must not follow one, or it would write to or remove the link's target.

/**
 * Opens a file of the server's account; undefined where there is none. It judges the open file, which nobody can
 * replace any more.
 * @throws StoreError `folder_unusable` for a link, and for anything that is not this account's own plain file.
 */
export async function openOwn(path: string, account: Account, flags: number): Promise<FileHandle | undefined> {
  const file = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600).catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw error.code === 'ELOOP' ? foreign(path) : error
  })
  if (file === undefined) return undefined
  const found = await file.stat()
  // A file that only root makes, such as the log, is root's.
  const made = (flags & constants.O_CREAT) !== 0 && found.uid === process.getuid?.()
  // A second name would be one outside the folder.
  if (found.isFile() && found.nlink === 1 && (found.uid === account.uid || made)) return file
  await file.close()
  throw foreign(path)
}

const foreign = (path: string) =>
  new StoreError(
    'folder_unusable',
    `The file ${path} is no plain file of the account that runs PostgreSQL: remove it, and find out who put it there.`,
  )

/** Removes a folder of the server's account, as that account. */
export async function removeOwn(path: string, account: Account): Promise<void> {
  if (account.switched) await run('/bin/rm', ['-rf', '--', path], account, '/')
  else await rm(path, { recursive: true, force: true })
}

/** Removes the folder of a socket that `launch` made. Its name was read from a file of the server's account, which may name any folder. */
export async function removeSocketFolder(path: string, account: Account): Promise<void> {
  if (!/^\/tmp\/latchkey-[A-Za-z0-9]{6}$/.test(path)) return
  const found = await lstat(path).catch(() => undefined)
  if (found?.uid === account.uid) await removeOwn(path, account)
}
