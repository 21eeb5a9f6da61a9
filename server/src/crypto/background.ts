import { readdir, readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

/** One step behind what answers requests: enough for a page not to wait for a hash, little enough for hashes to go on beside other programs. */
const NICENESS = 5

/**
 * Lets the threads that hash yield to the one that answers: with as many hashes as processors, each page would wait
 * for its turn on a processor behind them. Linux alone tells threads apart; elsewhere nothing changes.
 * To be called after the first hash, which starts those threads.
 */
export async function hashInBackground(): Promise<void> {
  if (process.platform !== 'linux') return
  for (const thread of await readdir('/proc/self/task')) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '') // it may have ended
    if (name.trim() === 'libuv-worker') setPriority(Number(thread), NICENESS)
  }
}
