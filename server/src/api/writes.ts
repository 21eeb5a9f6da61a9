import { demandAny } from '../access/index.ts'
import { Refusal } from '../refusals.ts'
import { bodyJudge } from './body.ts'
import { refuse } from './errors.ts'
import type { Api, Call, Resource } from './resource.ts'
import { createRouter } from './router.ts'

/** A write that a body names. */
export interface NamedWrite {
  method: string
  url: string
  body?: Record<string, unknown>
}

/** What it would be at its own address, its body judged. */
export interface ReadWrite {
  resource: Resource
  params: Record<string, string>
  body: unknown
}

/**
 * Reads writes that bodies name, as the door would read them: the caller's rights in general, then the body. Throws
 * `property_invalid` for a write that is none of `named`.
 */
export function createWriteReader(api: Api, named: (resource: Resource) => boolean) {
  // Built at the first request, when every resource is declared.
  let known:
    | { router: ReturnType<typeof createRouter>; judges: Map<Resource, ReturnType<typeof bodyJudge>> }
    | undefined
  const knownWrites = () => {
    const router = createRouter()
    const resources = api.resources.filter(named)
    for (const resource of resources) router.add(resource)
    return { router, judges: new Map(resources.map(resource => [resource, bodyJudge(resource)])) }
  }
  return (caller: Call['caller'], { method, url, body = {} }: NamedWrite): ReadWrite => {
    known ??= knownWrites()
    const { resource, params } = find(known.router, method, url)
    demandAny(caller, ...[resource.action].flat())
    return { resource, params, body: known.judges.get(resource)!(body) }
  }
}

function find(router: ReturnType<typeof createRouter>, method: string, url: string) {
  try {
    return router.find(method, url.replace(/^\/?(v1\.0\/)?/i, '/').replace(/\?.*$/s, ''))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw refuse('property_invalid', { field: 'url' })
  }
}
