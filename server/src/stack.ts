import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MINUTE } from './clock.ts'

/** The folder of the built server, or of the source. */
const own = new URL('.', import.meta.url).href

/** A call in a file of the built server. */
const CALL = /^(cli\/[\w.-]+\.js):(\d+):(\d+)/

/** The maps that were needed lately. Node itself would read all at the start, which takes a tenth longer then. */
const maps = new Map<string, SourceMap>()

/** Read, one takes up to 24 MB, which a server whose errors are over has no use for. */
const KEPT = 10 * MINUTE

/** An error's stack, which names the source's files and lines where the built server runs too. */
export function stackOf({ stack }: Error): string {
  return (stack ?? '').split('\n').map(inSource).join('\n')
}

// Only of calls, and in files of ours: before them stands a message, which may quote any text and any path.
function inSource(line: string): string {
  const start = /^\s+at /.test(line) ? line.indexOf(own) : -1
  const call = start < 0 ? null : CALL.exec(line.slice(start + own.length))
  if (!call) return line
  const [place, name = '', row, column] = call
  const file = own + name
  const origin = mapOf(file)?.findOrigin(Number(row), Number(column))
  if (!origin || !('fileName' in origin)) return line
  const there = `${new URL(origin.fileName, file)}:${origin.lineNumber}:${origin.columnNumber}`
  return line.slice(0, start) + there + line.slice(start + own.length + place.length)
}

function mapOf(file: string): SourceMap | undefined {
  const known = maps.get(file)
  if (known) return known
  try {
    const read = new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')))
    maps.set(file, read)
    setTimeout(() => maps.delete(file), KEPT).unref()
    return read
  } catch {
    return undefined // no file of the build
  }
}
