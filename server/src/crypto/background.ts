import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/** Enough that a page does not wait for a hash; little enough that hashes go on beside other programs. */
const STEPS_BEHIND = 5
const LEAST = 19

/**
 * Lowers the priority of the hashing threads, on Linux, so that pages do not wait behind as many hashes as processors.
 * The threads also look up host names and read files. Where it is not allowed, nothing changes but speed. To be
 * called after the first hash, which starts the threads.
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
