import { readFileSync } from 'node:fs'

/** The entries of a list that stands beside this file, read at its first use. Lines that begin with # are its head. */
export function listed(file: string): () => ReadonlySet<string> {
  let entries: ReadonlySet<string> | undefined
  return () => {
    entries ??= new Set(
      readFileSync(new URL(file, import.meta.url), 'utf8')
        .split('\n')
        .filter(line => line !== '' && !line.startsWith('#')),
    )
    return entries
  }
}
