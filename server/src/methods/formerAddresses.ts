import { isAdministrator } from '../access/index.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { type Removal, sql, type Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'
import type { RecordedMethod } from './recorded.ts'
import { openValue } from './values.ts'

/** How long a replaced or removed address is still told of acts on the account. */
const TOLD_FOR = 30 * DAY

/** At most so many are kept. The oldest are the owner's, and repeated changes must not push them out. */
const KEPT_AT_MOST = 10

/**
 * Keeps the person's own address before it is replaced or removed. A thief of the account changes the address first,
 * and the owner must hear of later acts. An address that was never proved or confirmed (of an administrator: never
 * proved), or was reported, is not kept: it may be a stranger's.
 */
export async function keepFormerAddress(trx: Trx, means: Means, user: User, replacement?: string): Promise<void> {
  const { tenantId } = user
  const row = await trx
    .selectFrom('methods')
    .select(['id', 'value_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', 'email')
    .where('source', '=', 'person')
    .where(isAdministrator(user) ? 'proved_at' : 'confirmed_at', 'is not', null)
    .where('blocked_at', 'is', null)
    .executeTakeFirst()
  if (!row?.value_sealed) return
  const address = means.keys.open({ purpose: 'method', tenantId, rowId: row.id }, row.value_sealed)
  const kept = await findFormerAddresses(trx, means, user)
  if (kept.length >= KEPT_AT_MOST || [...kept, replacement].some(one => same(one, address))) return
  const id = means.random.uuid(means.now)
  await trx
    .insertInto('former_addresses')
    .values({
      tenant_id: tenantId,
      user_id: user.id,
      id,
      address_sealed: means.keys.seal({ purpose: 'former-address', tenantId, rowId: id }, address),
      removed_at: means.now,
    })
    .execute()
}

async function findFormerAddresses(trx: Trx, means: Means, user: User): Promise<string[]> {
  const { tenantId } = user
  const rows = await trx
    .selectFrom('former_addresses')
    .select(['id', 'address_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', user.id)
    .where('removed_at', '>', plus(means.now, -TOLD_FOR))
    .orderBy('id')
    .execute()
  return rows.map(row => means.keys.open({ purpose: 'former-address', tenantId, rowId: row.id }, row.address_sealed))
}

/**
 * The addresses of notices about the account: the primary one and the authentication email, or the user's name
 * (self-service password reset, §7.1), and former ones. A reported address, or one that an administrator never proved,
 * hears of nothing while there is another: a stranger may have put it there.
 */
export async function findNoticeAddresses(
  trx: Trx,
  means: Means,
  user: User,
  recorded: readonly RecordedMethod[],
): Promise<string[]> {
  const email = recorded.find(method => method.kind === 'email')
  const former = await findFormerAddresses(trx, means, user)
  const doubtful = email?.blockedAt || (email?.provedAt === null && isAdministrator(user))
  const heard = email && (!doubtful || (user.mail === null && former.length === 0))
  const present = [user.mail, heard ? openValue(means, email) : null].filter(
    address => address !== null && address !== undefined,
  )
  const all = [...(present.length > 0 ? present : [user.userPrincipalName]), ...former]
  return all.filter((address, place) => all.findIndex(other => same(other, address)) === place)
}

const same = (one: string | undefined, other: string) => one !== undefined && foldAddress(one) === foldAddress(other)

/** Former addresses whose time is over. */
export const formerAddresses: Removal = {
  table: 'former_addresses',
  due: now => sql`removed_at <= ${plus(now, -TOLD_FOR)}`,
}
