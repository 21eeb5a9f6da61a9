/** A page of a list. */
export interface Page<Row> {
  rows: Row[]
  /** How many rows the whole list has; undefined where it was not asked for. */
  count: number | undefined
  /** What asks for the next page; null on the last one. */
  next: string | null
}

/** How many rows a page has. */
export const PAGE = 100

/** The part of a query that asks for one page. A token is good for the very query that it came from, its count included. */
export const pageQuery = (token: string) => ({ $top: PAGE, $count: true, ...(token && { $skiptoken: token }) })

/** Reads a list in Graph's shape, whose rows the description of the interface does not name. */
export async function pageOf<Row>(answer: Promise<{ data?: unknown }>): Promise<Page<Row>> {
  const { data } = await answer
  const { value, ...page } = data as { value: Row[] } & Record<string, unknown>
  const next = page['@odata.nextLink']
  return {
    rows: value,
    count: page['@odata.count'] as number | undefined,
    next: typeof next === 'string' ? new URL(next).searchParams.get('$skiptoken') : null,
  }
}

/** A text as it may stand between the quotes of a search: these signs would end it. */
export const searchable = (text: string) => text.replace(/["\\]/g, ' ').trim()
