import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { refuse } from './errors.ts'

/** More than any row here needs; a quotation mark that nobody closes would else gather the whole file. */
const LONGEST_ROW = 128 * 1024

/** Spreadsheets run a cell that begins so as a formula. */
const FORMULA = /^[=+\-@\t]/

/** The records of a CSV file, as they come in. Throws `csv_invalid`. */
export async function* readRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const source = Readable.from(decoded(bytes))
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: LONGEST_ROW })
  source.once('error', error => parser.destroy(error))
  try {
    for await (const record of source.pipe(parser)) yield record as string[]
  } catch (error) {
    throw error instanceof CsvError ? refuse('csv_invalid') : error
  } finally {
    source.destroy()
  }
}

/** The text of UTF-8. A file of another encoding would be read with other letters. */
async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decode = (chunk?: Buffer) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw refuse('csv_invalid')
    }
  }
  for await (const chunk of bytes) yield decode(chunk)
  yield decode()
}

/** The value of a cell, without the mark that keeps spreadsheets from running it. */
export const readCell = (cell: string) => (cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell)

/** A line of CSV (RFC 4180, §2). */
export const lineOf = (values: readonly unknown[]) => `${values.map(cellOf).join(',')}\r\n`

function cellOf(value: unknown): string {
  const text = textOf(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every(one => typeof one === 'string')) return value.join(';')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
