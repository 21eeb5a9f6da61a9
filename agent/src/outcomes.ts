import { closeSync, existsSync, fsync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Answer } from '@latchkey/protocol'

/** How long an outcome is kept: as long as the server asks for it. */
export const KEPT = 10 * 60_000

/** A line is longer than this only if it is damaged; so many are written before the file is made anew. */
const LINES = 10_000

/** What this program began before it was killed: nobody knows how far it came. */
const ABANDONED: Answer = {
  ...{ outcome: 'silent', detail: 'the agent ended while it carried the request out', mayBeDone: true },
}

type Line = { nonce: string; at: number; answer?: Answer }

/** The nonces that were used, and what became of each: in a file, so that a restart forgets none. */
export interface Outcomes {
  /** Uses a nonce: false where it was used before. It is on the disk before this resolves. */
  use(nonce: string): Promise<boolean>
  keep(nonce: string, answer: Answer): void
  /** `undefined`: never seen. `begun`: it is being carried out. */
  find(nonce: string): Answer | 'begun' | undefined
  close(): void
}

const toDisk = promisify(fsync)

export function openOutcomes(path: string): Outcomes {
  const known = new Map<string, Line>()
  const young = ({ at }: Line) => Math.abs(Date.now() - at) < KEPT
  for (const text of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const line = JSON.parse(text) as Line
      if (young(line)) known.set(line.nonce, { answer: ABANDONED, ...line })
    } catch {
      // The last line of a program that was killed: its request was never begun, because the line comes first.
    }
  }
  let file = rewrite()
  let lines = known.size
  // Those that wait for the disk together: each fsync serves all who came before it.
  let syncing: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  function rewrite(): number {
    for (const [nonce, line] of known) if (!young(line)) known.delete(nonce)
    const made = openSync(`${path}.new`, 'w', 0o600)
    writeSync(made, [...known.values()].map(line => `${JSON.stringify(line)}\n`).join(''))
    fsyncSync(made)
    renameSync(`${path}.new`, path)
    return made
  }

  function write(line: Line) {
    known.set(line.nonce, line)
    if (lines >= LINES) {
      const former = file
      file = rewrite()
      lines = known.size
      void syncing.catch(() => {}).then(() => closeSync(former))
    } else {
      writeSync(file, `${JSON.stringify(line)}\n`)
      lines += 1
    }
  }

  function synced(): Promise<void> {
    const before = syncing.catch(() => {})
    next ??= before.then(() => {
      next = undefined
      syncing = toDisk(file)
      return syncing
    })
    return next
  }

  return {
    async use(nonce) {
      if (known.has(nonce)) return false
      write({ nonce, at: Date.now() })
      await synced()
      return true
    },
    // Lost with the machine, it reads as begun: nobody knows, and the directory is asked.
    keep: (nonce, answer) => write({ nonce, at: Date.now(), answer }),
    find(nonce) {
      const line = known.get(nonce)
      return line && (line.answer ?? 'begun')
    },
    close: () => closeSync(file),
  }
}
