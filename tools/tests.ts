import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listFiles } from './source.ts'

// Names the files of `npm test`, one for each process. A process of its own for every test file would spend a sixth of
// the run on reading the same source again.

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/tests') // in node_modules the runner would not look
/** Bytes of test files for the last processes: with more they would end far apart. */
const SHARE = 64 * 1024

/** An earlier process takes this part of what is left: each reads the source anew, and runs it slowly until it is warm. */
const PART = 1 / 8

/** Bytes from which a browser's walk has a process of its own. Shorter ones count as three times their size: they take longer. */
const LONG_WALK = 9 * 1024
const isWalk = (path: string) => path.startsWith(join(root, 'e2e'))

/** A long walk, what measures its process, and what changes a thing that a process has once. */
const needsOwnProcess = (path: string) =>
  (isWalk(path) && statSync(path).size > LONG_WALK) ||
  /process\.(cpuUsage|threadCpuUsage|on\()|process\.env\.\w+ = |\/testing\/times\.ts/.test(readFileSync(path, 'utf8'))

/** The test files of each process, neighbours together. What takes longest comes first, by size. */
export function processes(): string[][] {
  const parts = ['admin', 'agent', 'e2e', 'server', 'tools'].map(part => join(root, part))
  const all = parts.flatMap(part => listFiles(part, ['.test.ts', '.test.tsx']))
  const own = all.filter(needsOwnProcess)
  const others = all.filter(path => !own.includes(path))
  const shared: string[][] = []
  let waiting = others.reduce((sum, path) => sum + lengthOf(path), 0)
  let left = 0
  for (const path of others) {
    const length = lengthOf(path)
    if (length > left) {
      shared.push([])
      left = Math.max(SHARE, waiting * PART)
    }
    shared.at(-1)!.push(path)
    left -= length
    waiting -= length
  }
  return [...bySize(own.map(path => [path])), ...bySize(shared)]
}

const lengthOf = (path: string) => statSync(path).size * (isWalk(path) ? 3 : 1)

const bytesOf = (paths: string[]) => paths.reduce((sum, path) => sum + statSync(path).size, 0)
const bySize = (parts: string[][]) => parts.sort((one, other) => bytesOf(other) - bytesOf(one))

/** The text of a module that runs each file as a suite: what one started is ended before the next begins. */
export const moduleOf = (paths: string[]) =>
  [
    "import { suite } from 'node:test'",
    ...paths.map(path => {
      const [name, url] = [relative(root, path), pathToFileURL(path).href].map(text => JSON.stringify(text))
      return `await suite(${name}, async () => { await import(${url}) })`
    }),
    '',
  ].join('\n')

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [n, paths] of processes().entries()) {
    const path = join(folder, `${String(n).padStart(3, '0')}.mjs`)
    writeFileSync(path, moduleOf(paths))
    console.log(relative(root, path))
  }
}
