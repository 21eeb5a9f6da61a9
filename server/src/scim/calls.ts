import { authorize } from '../access/index.ts'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import type { Asking } from '../odata/index.ts'
import type { Caller } from '../oidc/index.ts'
import type { Db } from '../store/index.ts'
import { refuse } from './errors.ts'

/** One request to `/scim/v2` of a caller whom it is open to. */
export interface ScimCall {
  services: Services
  db: Db
  /** Its actor is the caller with the rights of this door alone. */
  act: Act & { actor: Caller['actor'] }
  caller: Caller
  tenantId: string
  /** `{origin}/scim/v2`. */
  base: string
  /** The options of the address by their names in lower case. */
  query: Record<string, string>
  headers: Record<string, string | undefined>
  body: Record<string, unknown>
}

/** What a request answers. */
export interface ScimAnswer {
  status: number
  json?: object
  etag?: string
  location?: string
}

const SCOPES = ['User.Read.All', 'User.ReadWrite.All', 'Group.Read.All', 'Group.ReadWrite.All']

/**
 * The caller as the rules meet them here: a User Administrator of the directory (administration on the wire, §2.10),
 * whatever else the principal holds. A person’s second step counts as it does elsewhere.
 */
export const actorHere = (actor: Caller['actor']): Caller['actor'] => ({
  ...actor,
  roles: ['User Administrator'],
  scopes: SCOPES,
})

const ANYBODY = '00000000-0000-0000-0000-000000000000'

/** How the caller asks for rows. */
export function askingOf({ act, tenantId, caller }: ScimCall, path: string): Asking {
  const about = { kind: 'user', tenantId, id: ANYBODY, roles: [], roleAssignable: false, settlingUntil: null } as const
  return {
    tenantId,
    callerId: caller.actor.id,
    path: `/scim/v2${path}`,
    keys: act.keys,
    now: act.now,
    may: action => authorize(act, action, about).allowed,
  }
}

/** Throws `version_differs` where the caller has read another version. */
export function checkVersion({ headers }: ScimCall, etag: string): void {
  const asked = headers['if-match']
  if (asked !== undefined && asked.trim() !== '*' && !lists(asked, etag)) throw refuse('version_differs')
}

/** Whether a header lists this ETag. Weak and strong ones count alike (RFC 7644, §3.14). */
export const lists = (header: string, etag: string) =>
  header.split(',').some(one => one.trim().replace(/^W\//, '') === etag.replace(/^W\//, ''))
