import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { demandClaim, sql, type Trx } from '../store/index.ts'
import type { PasskeyUse } from './assertion.ts'
import { SIGN_IN_LASTS } from './challenge.ts'
import type { Owner } from './userHandle.ts'
import type { NewPasskey } from './verify.ts'

/** A passkey as an assertion is judged by it. */
export interface StoredPasskey {
  id: string
  publicKey: Buffer
  maySync: boolean
  createdAt: Date
  /** When its owner reported that somebody else had used a passkey of theirs. */
  blockedAt: Date | null
  /** When a password alone registered it, beside an older way of the second step. */
  byPasswordAt: Date | null
  /** The tenant that its user handle names; null: the owner's. */
  handleTenantId: string | null
}

/** A passkey as its owner sees it. */
export interface Passkey {
  id: string
  credentialId: string
  transports: string[]
  /** Given by its owner; null: it is called by its authenticator. */
  name: string | null
  aaguid: string
  synced: boolean
  createdAt: Date
  lastUsedAt: Date | null
  /** When a password alone registered it, beside an older way of the second step. */
  byPasswordAt: Date | null
}

/** At most so many has one person: more are forgotten ones, which nobody looks after. */
export const PASSKEYS_AT_MOST = 10

const bytesOf = (credentialId: string) => Buffer.from(credentialId, 'base64url')

/** The passkey of an owner that an assertion claims to be by. */
export async function findPasskey(
  trx: Trx,
  { tenantId, userId }: Owner,
  credentialId: string,
): Promise<StoredPasskey | undefined> {
  const { rows } = await sql<StoredPasskey>`
    select passkeys.id, public_key as "publicKey", may_sync as "maySync", passkeys.created_at as "createdAt",
      blocked_at as "blockedAt", passkeys.by_password_at as "byPasswordAt", handle_tenant_id as "handleTenantId"
    from passkeys join methods on methods.tenant_id = ${tenantId} and methods.user_id = ${userId}
      and methods.kind = 'passkey' and methods.source = 'person'
    where passkeys.tenant_id = ${tenantId} and passkeys.user_id = ${userId}
      and credential_id = ${bytesOf(credentialId)}`.execute(trx)
  return rows[0]
}

/** The passkeys of an owner, the oldest first. */
export async function listPasskeys(trx: Trx, { tenantId, userId }: Owner): Promise<Passkey[]> {
  const rows = await trx
    .selectFrom('passkeys')
    .select([
      'id',
      'credential_id',
      'transports',
      'name',
      'aaguid',
      'synced',
      'created_at as createdAt',
      'last_used_at as lastUsedAt',
      'by_password_at as byPasswordAt',
    ])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ credential_id, ...row }) => ({ ...row, credentialId: credential_id.toString('base64url') }))
}

/** Keeps a new passkey. Undefined: it is on record already, of this person or another. Returns its id. */
export async function addPasskey(
  trx: Trx,
  means: Means,
  { tenantId, userId }: Owner,
  made: NewPasskey & { rpId: string; name: string | null; byPassword: boolean },
): Promise<string | undefined> {
  const kept = await trx
    .insertInto('passkeys')
    .values({
      tenant_id: tenantId,
      id: means.random.uuid(means.now),
      user_id: userId,
      credential_id: bytesOf(made.credentialId),
      public_key: made.publicKey,
      sign_count: made.signCount,
      aaguid: made.aaguid,
      name: made.name,
      transports: made.transports,
      may_sync: made.maySync,
      synced: made.synced,
      rp_id: made.rpId,
      created_at: means.now,
      by_password_at: made.byPassword ? means.now : null,
    })
    .onConflict(conflict => conflict.columns(['tenant_id', 'credential_id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return kept?.id
}

/**
 * What became of a use. `behind`: its authenticator's count did not rise, as with a copy of it (WebAuthn, §7.2, step 22).
 * `over`: the value of this sign-in or a later one was used before, or the passkey is gone or was reported meanwhile.
 */
export type UseOutcome = 'taken' | 'behind' | 'over'

/** A use of a passkey. `issuedAt`: when the value of a sign-in was issued. */
type Use = PasskeyUse & { issuedAt?: Date | null }

/** Takes a use of a passkey, in one statement. */
export async function claimUse(trx: Trx, means: Means, tenantId: string, use: Use): Promise<UseOutcome> {
  const { numAffectedRows } = await claimOf(means, tenantId, use).execute(trx)
  if (numAffectedRows === 1n) return 'taken'
  const { rows } = await sql`select from passkeys where ${isUsable(tenantId, use)}`.execute(trx)
  return rows.length > 0 ? 'behind' : 'over'
}

/** Takes it together with all that rests on it, by `demandClaim`. */
export const demandUse = (trx: Trx, means: Means, tenantId: string, use: Use): Promise<void> =>
  demandClaim(trx, claimOf(means, tenantId, use))

const claimOf = ({ now }: Means, tenantId: string, use: Use) => {
  const { signCount, synced, issuedAt = null } = use
  return sql`
    update passkeys set sign_count = ${signCount}, synced = ${synced}, last_used_at = ${now},
      last_challenge_at = coalesce(${issuedAt}, last_challenge_at)
    where ${isUsable(tenantId, use)} and (sign_count < ${signCount} or (sign_count = 0 and ${signCount} = 0))`
}

/** Whether the passkey is there, not reported, and this value is later than its last one. A value of later than can be used was written by a clock that had jumped ahead. */
const isUsable = (
  tenantId: string,
  { passkeyId, issuedAt = null }: Use,
) => sql`tenant_id = ${tenantId} and id = ${passkeyId}
    and (${issuedAt}::timestamptz is null or last_challenge_at is null or last_challenge_at < ${issuedAt}
      or last_challenge_at > ${issuedAt && plus(issuedAt, SIGN_IN_LASTS)})
    and exists (select from methods where methods.tenant_id = ${tenantId} and methods.user_id = passkeys.user_id
      and kind = 'passkey' and source = 'person' and blocked_at is null)`

/** Takes one passkey off the record, or all of the owner's. */
export async function removePasskeys(trx: Trx, { tenantId, userId }: Owner, id?: string): Promise<void> {
  const own = trx.deleteFrom('passkeys').where('tenant_id', '=', tenantId).where('user_id', '=', userId)
  await (id === undefined ? own : own.where('id', '=', id)).execute()
}

/** Notes that the owner proved these passkeys together with an older way of the second step. */
export async function vouchForPasskeys(trx: Trx, { tenantId, userId }: Owner, ids: readonly string[]): Promise<void> {
  await trx
    .updateTable('passkeys')
    .set({ by_password_at: null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute()
}

/** Names a passkey; null: it is called by its authenticator again. */
export async function renamePasskey(trx: Trx, { tenantId, userId }: Owner, id: string, name: string | null) {
  await trx
    .updateTable('passkeys')
    .set({ name })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .execute()
}

/** How many passkeys of the tenant were made for each domain. */
export const countByRpId = (trx: Trx): Promise<{ rpId: string; count: number }[]> =>
  trx
    .selectFrom('passkeys')
    .select(['rp_id as rpId', sql<number>`count(*)::int`.as('count')])
    .where('tenant_id', '=', trx.tenantId)
    .groupBy('rp_id')
    .execute()
