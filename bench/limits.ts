import { open, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Hasher } from '../server/src/crypto/index.ts'

/** The hashing of the machine: hashes a second on all processors, and the processor time of one in milliseconds. */
export interface HashLimit {
  perSecond: number
  processorTime: number
}

/** Hashes at the shipped cost on all processors for some seconds. */
export async function measureHashing(hasher: Hasher, seconds: number): Promise<HashLimit> {
  const start = performance.now()
  const spentBefore = process.cpuUsage()
  let made = 0
  const one = async () => {
    while (performance.now() - start < seconds * 1_000) {
      await hasher.hash('a password that is hashed again and again')
      made++
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, one))
  const { user, system } = process.cpuUsage(spentBefore)
  return { perSecond: (made * 1_000) / (performance.now() - start), processorTime: (user + system) / 1_000 / made }
}

/** How long the disk takes to keep one page for good, in milliseconds: the median of a hundred. */
export async function diskSync(folder: string): Promise<number> {
  const path = join(folder, 'disk-probe')
  const file = await open(path, 'w')
  const page = Buffer.alloc(8_192, 1)
  const times: number[] = []
  try {
    for (let round = 0; round < 100; round++) {
      const start = performance.now()
      await file.write(page, 0, page.length, 0)
      await file.datasync()
      times.push(performance.now() - start)
    }
  } finally {
    await file.close()
    await rm(path)
  }
  return times.sort((a, b) => a - b)[50]!
}
