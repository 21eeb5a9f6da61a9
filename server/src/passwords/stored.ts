import { type StoredHash, TODAYS } from '../crypto/index.ts'
import type { UserRef } from '../directory/index.ts'
import { bytesOf, jsonOf, type Read, sql } from '../store/index.ts'

/** A user's stored password. */
export interface StoredPassword {
  /** Its hash, unopened. */
  record: StoredHash
  mustChange: boolean
  setAt: Date
}

/** A hash as JSON has it. */
interface HashJson {
  hash: string | null
  hash_sealed: string | null
}

const recordOf = ({ hash, hash_sealed }: HashJson): StoredHash => ({ plain: hash, sealed: bytesOf(hash_sealed) })

/** When and how the password of a user was set; undefined where none was. */
export const passwordOf = ({ tenantId, id }: UserRef): Read<StoredPassword | undefined> => ({
  sql: sql`(
    select ${jsonOf(['hash', 'hash_sealed', 'set_at', 'must_change'])}
    from passwords where tenant_id = ${tenantId} and user_id = ${id})`,
  read(json) {
    const row = json as (HashJson & { set_at: string; must_change: boolean }) | null
    return row ? { record: recordOf(row), setAt: new Date(row.set_at), mustChange: row.must_change } : undefined
  },
})

/** One of the tenant's hashes from other systems. Every sign-in checks it, so that nobody can measure whose it is. */
export const foreignHashOf = (tenantId: string): Read<{ userId: string; record: StoredHash } | undefined> => ({
  sql: sql`(
    select ${jsonOf(['user_id', 'hash', 'hash_sealed'])} from passwords
    where tenant_id = ${tenantId} and scheme <> ${sql.lit(TODAYS)} limit 1)`,
  read(json) {
    const row = json as (HashJson & { user_id: string }) | null
    return row ? { userId: row.user_id, record: recordOf(row) } : undefined
  },
})

/** Replaced passwords of a user that may not come again, newest first: as many as the tenant's history asks for. */
export const formerPasswordsOf = ({ tenantId, id }: UserRef): Read<{ id: string; record: StoredHash }[]> => ({
  sql: sql`array(
    select ${jsonOf(['id', 'hash', 'hash_sealed'])} from password_history
    where tenant_id = ${tenantId} and user_id = ${id} order by set_at desc, id desc
    limit (select coalesce((protection->>'passwordHistory')::integer, 0) from tenants where tenant_id = ${tenantId}))`,
  read: json => (json as (HashJson & { id: string })[]).map(row => ({ id: row.id, record: recordOf(row) })),
})
