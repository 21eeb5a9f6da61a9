import { type Keyring, type Place, schemeOf } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { SealedColumn } from '../store/index.ts'

/** The place of the sealed hash of a user's password. */
export const placeOf = (tenantId: string, userId: string): Place => ({ purpose: 'password', tenantId, rowId: userId })

/** The place of the sealed hash of an earlier password. */
export const formerPlaceOf = (tenantId: string, id: string): Place => ({
  purpose: 'former-password',
  tenantId,
  rowId: id,
})

/** The columns of a user's hash. */
export const sealedHash = (keys: Keyring, { tenantId, id }: Pick<User, 'tenantId' | 'id'>, hash: string) => ({
  hash: null,
  hash_sealed: keys.seal(placeOf(tenantId, id), hash),
  scheme: schemeOf(hash),
})

/** The columns that a job seals anew. */
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
