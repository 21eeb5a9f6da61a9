import { type Static, Type } from 'typebox'
import { refuse } from './errors.ts'

/** The largest body of a batch. */
export const BATCH_LIMIT = 4 * 1024 * 1024

const MOST = 20

const Item = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 128 }),
    method: Type.String({ maxLength: 10 }),
    url: Type.String({ minLength: 1, maxLength: 8_192 }),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    body: Type.Optional(Type.Unknown()),
    dependsOn: Type.Optional(Type.Array(Type.String(), { maxItems: MOST })),
  },
  { additionalProperties: false },
)

/** Requests that travel together (administration on the wire, §1). */
export const BatchBody = Type.Object(
  { requests: Type.Array(Item, { minItems: 1, maxItems: MOST }) },
  { additionalProperties: false },
)

export type BatchItem = Static<typeof Item>

/** The answer to one of them. */
export interface ItemAnswer {
  status: number
  headers: Record<string, string>
  body?: unknown
}

/**
 * Answers each request of a batch, a dependent one after those that it names. Answers stand in the order of the
 * requests. `isFailed`: whether one that it depends on failed. Throws `batch_invalid` for ids that stand twice, are unknown, or name each other.
 */
export async function answerBatch(
  requests: readonly BatchItem[],
  serve: (item: BatchItem, isFailed: boolean) => Promise<ItemAnswer>,
): Promise<{ responses: (ItemAnswer & { id: string })[] }> {
  const byId = new Map(requests.map(item => [item.id.toLowerCase(), item]))
  if (byId.size < requests.length) throw refuse('batch_invalid', { field: 'requests' })
  const checked = new Set<BatchItem>()
  for (const item of requests) checkDependencies(item, byId, { path: [], checked })
  const answers = new Map<BatchItem, ItemAnswer>()
  const answer = async (item: BatchItem): Promise<ItemAnswer> => {
    const known = answers.get(item)
    if (known) return known
    let isFailed = false
    for (const id of item.dependsOn ?? [])
      if ((await answer(byId.get(id.toLowerCase())!)).status >= 400) isFailed = true
    const made = await serve(item, isFailed)
    answers.set(item, made)
    return made
  }
  // One after the other: twenty at once would take every connection of the pool.
  for (const item of requests) await answer(item)
  return { responses: requests.map(item => ({ id: item.id, ...answers.get(item)! })) }
}

/** `checked`: each request is judged once. Twenty that name all before them have half a million paths. */
function checkDependencies(
  item: BatchItem,
  byId: ReadonlyMap<string, BatchItem>,
  { path, checked }: { path: readonly BatchItem[]; checked: Set<BatchItem> },
): void {
  if (path.includes(item)) throw refuse('batch_invalid', { field: 'requests/dependsOn' })
  if (checked.has(item)) return
  for (const id of item.dependsOn ?? []) {
    const dependency = byId.get(id.toLowerCase())
    if (!dependency) throw refuse('batch_invalid', { field: 'requests/dependsOn' })
    checkDependencies(dependency, byId, { path: [...path, item], checked })
  }
  checked.add(item)
}

/** The path and headers of a request in a batch. Throws `batch_item_invalid` where it goes elsewhere or brings rights of its own. */
export function readItem({ url, headers = {} }: BatchItem): { url: string; headers: Record<string, string> } {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const path = url.replace(/^\/?(v1\.0\/)?/i, '/')
  const isElsewhere = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(url) || /^\/\$batch\b/i.test(path)
  if (isElsewhere || 'authorization' in named || 'cookie' in named) throw refuse('batch_item_invalid')
  return { url: path, headers: named }
}
