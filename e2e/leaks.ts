import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'

/** The names of the secrets in a text: plain, in another case, or written as in addresses, base64 or hexadecimal. `secrets`: each with its name. */
export function findSecrets(secrets: ReadonlyMap<string, string>, text: string): string[] {
  const found = [...secrets].filter(([secret, what]) => {
    // Six digits occur in longer numbers and in fractions of a second; a code stands alone.
    if (what === 'a code') return new RegExp(`(?<![\\w.])(${secret}|${[...secret].join(', ')})(?!\\w)`).test(text)
    const bytes = Buffer.from(secret)
    const forms = [
      secret,
      encodeURIComponent(secret),
      secret.replaceAll(' ', '+'),
      bytes.toString('base64'),
      bytes.toString('hex'),
    ]
    return forms.some(form => text.includes(form)) || text.toLowerCase().includes(secret.toLowerCase())
  })
  return [...new Set(found.map(([, what]) => what))]
}

/** The rows of these tables of a schema, where they exist, as text. */
export async function rowsOf(database: pg.Client, schema: string, ...tables: string[]): Promise<string[]> {
  const rows: string[] = []
  for (const table of tables) {
    const { rows: known } = await database.query('select to_regclass($1) is not null as there', [
      `${schema}."${table}"`,
    ])
    if (!known[0].there) continue
    const found = await database.query<{ row: string }>(`select t::text as row from ${schema}."${table}" t`)
    rows.push(...found.rows.map(({ row }) => row))
  }
  return rows
}

/** Every row of every table, with what its bytes spell. */
export async function dumpAll(database: pg.Client): Promise<string> {
  const { rows } = await database.query<{ schema: string; name: string }>(
    "select schemaname as schema, tablename as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  )
  assert.ok(rows.length > 20)
  const lines: string[] = []
  for (const { schema, name } of rows) lines.push(...(await rowsOf(database, schema, name)))
  const text = lines.join('\n')
  const bytes = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
  return [text.replace(/\\x[0-9a-f]+/g, ''), ...bytes].join('\n')
}

/** The command lines of a process and of everything that it started. */
export function commandsBelow(root: number): string[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]))
    } catch {} // it has ended since
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isBelow).flatMap(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return []
    }
  })
}
