import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The maps that were needed so far. Node itself would read all at the start, which takes a tenth longer then. */
const maps = new Map<string, SourceMap | undefined>()

/** An error's stack, which names the source's files and lines where the built server runs too. */
export function stackOf({ stack = '' }: Error): string {
  return stack.replace(/(file:\/\/[^\s)]+\.js):(\d+):(\d+)/g, (built, file: string, line: string, column: string) => {
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column))
    if (!origin || !('fileName' in origin)) return built
    return `${new URL(origin.fileName, file)}:${origin.lineNumber}:${origin.columnNumber}`
  })
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file))
  return maps.get(file)
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')))
  } catch {
    return undefined // a file that stands as it was written
  }
}
