import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { lockApplication } from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import type { Caller } from '../oidc/index.ts'
import { programRefusals, refusals } from '../refusals.ts'
import { askTenant, type Db, isOver, type Removal, type Trx } from '../store/index.ts'

/** A token lasts a year at most (administration on the wire, §2.10). */
const LONGEST = 365 * DAY
const TOKENS_AT_MOST = 10

const refuseMissing = refusals({ not_found: 404 })
const refuse = programRefusals({
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  quota_exceeded: {
    status: 403,
    graph: 'Directory_QuotaExceeded',
    message: 'There are as many of these as there may be.',
  },
})

/** A token by which a program provisions users and groups. The token itself is told once. */
export interface ScimToken {
  id: string
  displayName: string | null
  createdAt: Date
  expiresAt: Date
  lastUsedAt: Date | null
}

const columns = [
  'id',
  'display_name as displayName',
  'created_at as createdAt',
  'expires_at as expiresAt',
  'last_used_at as lastUsedAt',
] as const

/** The application whose principal this is. Throws `not_found`, and where the actor may not keep its tokens. */
async function openPrincipal(trx: Trx, act: Act, principalId: string) {
  if (!isUuid(principalId)) throw refuseMissing('not_found')
  const found = await trx
    .selectFrom('applications')
    .select(['app_id as appId', 'display_name as displayName'])
    .where('tenant_id', '=', trx.tenantId)
    .where('principal_id', '=', principalId.toLowerCase())
    .executeTakeFirst()
  if (!found) throw refuseMissing('not_found')
  demand(act, 'provisioning.write', { kind: 'tenant', tenantId: trx.tenantId })
  return found
}

/** The tokens of a principal, newest first. */
export async function listTokens(trx: Trx, act: Act, principalId: string): Promise<ScimToken[]> {
  const { appId } = await openPrincipal(trx, act, principalId)
  return trx
    .selectFrom('scim_tokens')
    .select(columns)
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
}

/** One token of a principal. Throws `not_found`. */
export async function getToken(trx: Trx, act: Act, principalId: string, id: string): Promise<ScimToken> {
  const found = (await listTokens(trx, act, principalId)).find(one => one.id === id.toLowerCase())
  if (!found) throw refuseMissing('not_found')
  return found
}

/** Makes a token of a principal, and returns it this one time. Throws `property_invalid`, `quota_exceeded`. */
export async function addToken(
  trx: Trx,
  act: Act,
  principalId: string,
  { displayName, expiresAt = plus(act.now, LONGEST) }: { displayName: string | null; expiresAt?: Date | undefined },
): Promise<ScimToken & { token: string }> {
  const { tenantId } = trx
  const { appId, displayName: application } = await openPrincipal(trx, act, principalId)
  if (expiresAt <= act.now || expiresAt > plus(act.now, LONGEST))
    throw refuse('property_invalid', { field: 'expiresDateTime' })
  await lockApplication(trx, tenantId, appId)
  const known = await listTokens(trx, act, principalId)
  if (known.length >= TOKENS_AT_MOST) throw refuse('quota_exceeded')
  const id = act.random.uuid(act.now)
  const token = `scim.${tenantId}.${act.random.token()}`
  await trx
    .insertInto('scim_tokens')
    .values({
      tenant_id: tenantId,
      app_id: appId,
      id,
      display_name: displayName,
      token_hash: act.keys.mac(PURPOSE, tenantId, token),
      created_at: act.now,
      expires_at: expiresAt,
    })
    .execute()
  await record(trx, act, {
    activity: 'application.scim_token_added',
    result: 'success',
    target: { id: appId, name: application },
    details: { token: id, expires: expiresAt.toISOString() },
  })
  return { id, displayName, createdAt: act.now, expiresAt, lastUsedAt: null, token }
}

/** Removes a token, which opens nothing from then on. Throws `not_found`. */
export async function removeToken(trx: Trx, act: Act, principalId: string, id: string): Promise<void> {
  const { appId, displayName } = await openPrincipal(trx, act, principalId)
  if (!isUuid(id)) throw refuseMissing('not_found')
  const gone = await trx
    .deleteFrom('scim_tokens')
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  if (!gone) throw refuseMissing('not_found')
  await record(trx, act, {
    activity: 'application.scim_token_removed',
    result: 'success',
    target: { id: appId, name: displayName },
    details: { token: id },
  })
}

const PURPOSE = 'scim-token'

interface Stored {
  id: string
  appId: string
  principalId: string
  name: string
  hash: Buffer
  expiresAt: Date
  lastUsedAt: Date | null
}

/** Whether a text has the form of such a token. */
export const isToken = (text: string) => text.startsWith('scim.')

/** Finds the program of a token. Undefined where it is none, or is over. */
export async function readToken(db: Db, act: Pick<Act, 'now' | 'keys'>, token: string): Promise<Caller | undefined> {
  const { now, keys } = act
  const tenantId = token.split('.')[1] ?? ''
  if (!isUuid(tenantId)) return undefined
  const hashes = keys.macs(PURPOSE, tenantId, token)
  const [found] = await askTenant<Stored>(
    db,
    tenantId,
    sql`select t.id, a.app_id as "appId", a.principal_id as "principalId", a.display_name as name, t.token_hash as hash,
        t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt"
      from scim_tokens t join applications a on (a.tenant_id, a.app_id) = (t.tenant_id, t.app_id)
      where t.tenant_id = ${tenantId} and t.token_hash = any(${hashes}::bytea[])`,
  )
  if (!found || isOver(found.expiresAt, now, LONGEST)) return undefined
  const { id, appId, principalId, name } = found
  // Under the newest secret from its next use on, so that one that is used outlives a rotation.
  const isOld = !found.hash.equals(hashes[0]!)
  if (isOld || found.lastUsedAt === null || found.lastUsedAt < plus(now, -HOUR))
    await askTenant(
      db,
      tenantId,
      sql`update scim_tokens set last_used_at = ${now}, token_hash = ${hashes[0]!}
        where tenant_id = ${tenantId} and app_id = ${appId} and id = ${id}`,
    )
  const scopes = ['Scim.ReadWrite.All']
  return {
    tenantId,
    appId,
    actor: { kind: 'application', id: principalId, tenantId, name, roles: [], scopes, owners: [] },
  }
}

/** Tokens that open nothing any more. */
export const expiredTokens: Removal = {
  table: 'scim_tokens',
  due: now => sql`expires_at <= ${now}`,
}
