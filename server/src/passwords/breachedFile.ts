import { type FileHandle, open } from 'node:fs/promises'

/** A list of breached passwords that cannot be used. The message is one sentence for the operator. */
export class BreachedFileError extends Error {
  override name = 'BreachedFileError'
}

/** `SHA-1:COUNT`, as lists for download have it. */
const LINE = /^([0-9A-F]{40}):(\d{1,12})\r?$/i
/** No line is longer, its end included. */
const LONGEST_LINE = 64
/** How many lines are sampled before a list counts as sorted. */
const SAMPLES = 64

interface Line {
  hash: string
  count: number
  /** Where it begins, and where the next one does. */
  from: number
  to: number
}

/**
 * Opens a list of lines `SHA-1:COUNT` that is sorted by hash, with either kind of line end. It is searched on disk:
 * such lists have tens of gigabytes.
 * Throws `BreachedFileError` where the file is missing or is no such list; a few dozen lines of it are looked at.
 */
export async function openBreachedFile(
  url: URL,
): Promise<{ includes(hash: string): Promise<boolean>; close(): Promise<void> }> {
  const refuse = (why: string) => new BreachedFileError(`The list of breached passwords ${url.pathname} ${why}.`)
  const file = await open(url).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`cannot be opened (${error.code})`)
  })
  const { size } = await file.stat()
  try {
    await checkSamples(file, size)
  } catch {
    await file.close()
    throw refuse('is not made of lines SHA-1:COUNT that are sorted by hash')
  }
  return {
    includes: hash => isListed(file, size, hash),
    close: () => file.close(),
  }
}

/** Samples lines all over the file. Throws where one is malformed, or two are in the wrong order. */
async function checkSamples(file: FileHandle, size: number) {
  let last: Line | undefined
  for (let n = 0; n < SAMPLES; n++) {
    const line = await lineAt(file, size, Math.floor((size / SAMPLES) * n))
    if (last && (line.from === last.from ? line.hash !== last.hash : line.hash <= last.hash))
      throw new Error('not sorted')
    last = line
  }
  await lineAt(file, size, size - 1)
}

/** Whether a hash is listed with a count above 0: a binary search over bytes, about 40 reads in the largest list. */
async function isListed(file: FileHandle, size: number, hash: string): Promise<boolean> {
  let from = 0
  let to = size
  while (from < to) {
    const line = await lineAt(file, size, Math.floor((from + to) / 2))
    if (line.hash === hash) return line.count > 0
    if (line.hash < hash) from = line.to
    else to = line.from
  }
  return false
}

/** The line that the byte at this place belongs to. */
async function lineAt(file: FileHandle, size: number, place: number): Promise<Line> {
  const start = Math.max(0, place - LONGEST_LINE)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * LONGEST_LINE), 0, 2 * LONGEST_LINE, start)
  const text = buffer.toString('latin1', 0, bytesRead)
  const within = place - start
  const begin = within === 0 ? 0 : text.lastIndexOf('\n', within - 1) + 1
  // Without a line end before it, the line began before the read part, unless that is the beginning of the file.
  if (begin === 0 && start > 0) throw new Error('a line is too long')
  const newline = text.indexOf('\n', within)
  const end = newline < 0 ? text.length : newline
  if (newline < 0 && start + end < size) throw new Error('a line is too long')
  const [, hash, count] = LINE.exec(text.slice(begin, end)) ?? []
  if (hash === undefined) throw new Error('no line of the form')
  return {
    hash: hash.toUpperCase(),
    count: Number(count),
    from: start + begin,
    to: start + Math.min(end + 1, text.length),
  }
}
