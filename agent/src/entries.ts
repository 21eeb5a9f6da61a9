import type { Client, Entry, Filter } from 'ldapts'
import { isBinary } from './configuration.ts'

/** What is read of a directory, and how many entries of it in one answer. */
interface Reading {
  base: string
  filter: string | Filter
  /** The attribute by which an entry stays the same; it may be bytes. */
  anchor: string
  attributes: readonly string[]
  page: number
}

/** The entries below a base that a filter finds, a page at a time. */
export async function* readPages(
  client: Client,
  { base, filter, anchor, attributes, page }: Reading,
): AsyncGenerator<Entry[]> {
  const pages = client.searchPaginated(base, {
    ...{ scope: 'sub', filter, attributes: [anchor, ...attributes], paged: { pageSize: page } },
    explicitBufferAttributes: [anchor].filter(isBinary),
  })
  for await (const { searchEntries } of pages) yield searchEntries
}

/** The values of an attribute as texts; none where it is absent or empty. */
export const textsOf = (entry: Entry, attribute: string): string[] =>
  [entry[attribute] ?? []]
    .flat()
    .map(value => value.toString())
    .filter(value => value !== '')
