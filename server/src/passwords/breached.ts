import { createHash } from 'node:crypto'
import { networkCode } from '../notifications/index.ts'
import { openBreachedFile } from './breachedFile.ts'

/** Passwords that became known to others. */
export interface BreachedPasswords {
  /** Whether a password is among them. Throws where that cannot be found out. */
  includes(password: string): Promise<boolean>
  /** Closes its file. */
  close(): Promise<void>
}

/** A source that could not be asked. `code`: a status, the code of a network error, or the fault of its answer. */
export class SourceError extends Error {
  override name = 'SourceError'
  code: string

  constructor(code: string) {
    super(`breached passwords: ${code}`)
    this.code = code
  }
}

/** Milliseconds that a source may take to answer, while a person waits in front of a form. */
const PATIENCE = 2_000
/** An answer holds about a thousand lines of 40 bytes; one that is much longer is none. */
const ANSWER_AT_MOST = 512 * 1024

/**
 * Opens the operator's source of breached passwords: a list on this machine for `file:`, otherwise a range service,
 * which is asked at each use.
 * Throws `BreachedFileError` for a list that is missing or not of the form.
 */
export async function openBreachedPasswords(url: URL): Promise<BreachedPasswords> {
  const source = url.protocol === 'file:' ? await openBreachedFile(url) : rangeService(url)
  return { includes: password => source.includes(sha1(password)), close: source.close }
}

// Both kinds of source are sorted and asked by SHA-1, which guards nothing here.
const sha1 = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase()

/**
 * A service that gets the first five digits of a hash and answers with all hashes that begin so: the rest is compared
 * here. It is asked to pad its answers, because their length would tell a listener the range.
 */
function rangeService(url: URL): { includes(hash: string): Promise<boolean>; close(): Promise<void> } {
  return {
    async includes(hash) {
      try {
        const response = await fetch(url.href + hash.slice(0, 5), {
          headers: { 'add-padding': 'true', 'user-agent': 'Latchkey' },
          redirect: 'error', // it would be another service than the operator named
          signal: AbortSignal.timeout(PATIENCE), // until the last byte
        })
        if (response.status !== 200) {
          await response.body?.cancel()
          throw new SourceError(String(response.status))
        }
        return findSuffix(await readAtMost(response, ANSWER_AT_MOST), hash.slice(5))
      } catch (error) {
        throw error instanceof SourceError ? error : new SourceError(networkCode(error))
      }
    },
    close: async () => {},
  }
}

async function readAtMost(response: Response, bytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.byteLength
    if (length > bytes) throw new SourceError('too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('latin1')
}

/** Whether a suffix stands in an answer. Padding counts 0 uses. A page of some other kind is an error and not a no. */
function findSuffix(answer: string, suffix: string): boolean {
  let found = false
  for (const line of answer.trim().split(/\r?\n/)) {
    const [, known = '', count] = /^([0-9A-F]{35}):(\d+)$/i.exec(line) ?? []
    if (count === undefined) throw new SourceError('no list of hashes')
    if (known.toUpperCase() === suffix && Number(count) > 0) found = true
  }
  return found
}
