/** Spreadsheets run a cell that begins so as a formula. */
const FORMULA = /^[=+\-@\t]/

/** Lines of CSV (RFC 4180, §2), with the mark by which spreadsheets know UTF-8. */
export const csvOf = (lines: readonly (readonly (string | number | null)[])[]) =>
  `\ufeff${lines.map(line => `${line.map(cellOf).join(',')}\r\n`).join('')}`

function cellOf(value: string | number | null): string {
  if (value === null) return ''
  // A number is written as it is: a mark before it would make it text.
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Has the browser save a text or bytes as a file. */
export function saveFile(name: string, content: string | Blob, type = 'text/csv') {
  const address = URL.createObjectURL(
    new Blob([content], { type: typeof content === 'string' ? `${type};charset=utf-8` : type }),
  )
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}
