import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/** Enough for a page not to wait for a hash, little enough for hashes to go on beside other programs. */
const STEPS_BEHIND = 5
const LEAST = 19

/**
 * Lets the threads that hash yield to the one that answers: with as many hashes as processors, each page would wait for
 * its turn on a processor behind them. They look up host names and read files too, which can wait as well.
 * Linux alone tells threads apart; elsewhere, and where it may not be done, nothing changes: only speed depends on it.
 * To be called after the first hash, which starts those threads.
 */
export async function hashInBackground(): Promise<void> {
  if (process.platform !== 'linux') return
  try {
    const behind = Math.min(getPriority(process.pid) + STEPS_BEHIND, LEAST)
    for (const thread of await readdir('/proc/self/task')) {
      const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8')
      if (name.trim() === 'libuv-worker') setPriority(Number(thread), behind)
    }
  } catch {
    // No /proc, a thread that has just ended, or a container that forbids it.
  }
}
