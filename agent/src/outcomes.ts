import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
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
  /** Uses a nonce: false where it was used before. It is on the disk before this returns. */
  use(nonce: string): boolean
  keep(nonce: string, answer: Answer): void
  /** `undefined`: never seen. `begun`: it is being carried out. */
  find(nonce: string): Answer | 'begun' | undefined
  close(): void
}

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

  function rewrite(): number {
    for (const [nonce, line] of known) if (!young(line)) known.delete(nonce)
    writeFileSync(`${path}.new`, [...known.values()].map(line => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 })
    renameSync(`${path}.new`, path)
    return openSync(path, 'a', 0o600)
  }

  function write(line: Line) {
    known.set(line.nonce, line)
    if (lines >= LINES) {
      closeSync(file)
      file = rewrite()
      lines = known.size
    } else {
      writeSync(file, `${JSON.stringify(line)}\n`)
      lines += 1
    }
    fsyncSync(file)
  }

  return {
    use(nonce) {
      if (known.has(nonce)) return false
      write({ nonce, at: Date.now() })
      return true
    },
    keep: (nonce, answer) => write({ nonce, at: Date.now(), answer }),
    find(nonce) {
      const line = known.get(nonce)
      return line && (line.answer ?? 'begun')
    },
    close: () => closeSync(file),
  }
}
