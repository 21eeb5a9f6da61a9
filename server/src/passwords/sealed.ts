import { type Keyring, type Place, schemeOf } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { SealedColumn } from '../store/index.ts'

/** Where the sealed hash of somebody's password lives. */
export const placeOf = (tenantId: string, userId: string): Place => ({ purpose: 'password', tenantId, rowId: userId })

/** Where the sealed hash of an earlier password lives. */
export const formerPlaceOf = (tenantId: string, id: string): Place => ({
  purpose: 'former-password',
  tenantId,
  rowId: id,
})

/** The columns of a user's hash. */
export const sealedHash = (keys: Keyring, { tenantId, id }: User, hash: string) => ({
  hash: null,
  hash_sealed: keys.seal(placeOf(tenantId, id), hash),
  scheme: schemeOf(hash),
})

/** What a job seals anew. */
export const passwordSeals: SealedColumn[] = [
  { table: 'passwords', column: 'hash_sealed', plain: 'hash', key: ['user_id'], purpose: 'password' },
  {
    table: 'password_history',
    column: 'hash_sealed',
    plain: 'hash',
    key: ['user_id', 'id'],
    purpose: 'former-password',
  },
]
