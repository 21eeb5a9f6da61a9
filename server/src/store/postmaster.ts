import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { type FileHandle, readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { Account } from './binaries.ts'
import { openOwn } from './ownership.ts'

/** More than any pid can be, so that PostgreSQL finds its old server dead and does its own check of shared memory. */
const impossiblePid = '4194305'

/** Whether `pid` is a living PostgreSQL server of `data`: not a zombie, nor another program that was given its pid. */
export async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') // empty for a zombie
    const words = line.split('\0')
    return words[words.indexOf('-D') + 1] === data && words.includes('-D')
  }
  const line = await new Promise<string>(done => {
    execFile('ps', ['-p', String(pid), '-o', 'command='], { timeout: 10_000 }, (_error, output) => done(output ?? ''))
  })
  return line.includes(` -D ${data} `)
}

/** Whether something accepts connections at the server's socket, though its process may be out of our sight. */
export function answers(socket: string): Promise<boolean> {
  return new Promise(done => {
    const connection = createConnection(join(socket, '.s.PGSQL.5432'))
    const finish = (accepted: boolean) => {
      connection.destroy()
      done(accepted)
    }
    connection.setTimeout(1_000, () => finish(false))
    connection.once('connect', () => finish(true)).once('error', () => finish(false))
  })
}

/**
 * Makes the lock files of a dead server name no process. They are never deleted: postmaster.pid leads PostgreSQL to
 * shared memory that a connection of the killed server may still use. `lock` was opened before the server was judged
 * dead, so a file that another starter wrote since is never overwritten.
 */
export async function releaseLocks(lock: FileHandle, text: string, socket: string, account: Account): Promise<void> {
  await rewrite(lock, text)
  if (socket === '') return
  const other = await openOwn(join(socket, '.s.PGSQL.5432.lock'), account, constants.O_RDWR).catch(() => undefined)
  if (other === undefined) return
  try {
    const found = await other.readFile('utf8')
    if (found.split('\n')[0] === text.split('\n')[0]) await rewrite(other, found)
  } finally {
    await other.close()
  }
}

async function rewrite(file: FileHandle, text: string): Promise<void> {
  await file.write(text.replace(/^\d+/, impossiblePid), 0)
}
