import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { errors, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { DAY, plus } from '../clock.ts'
import type { Means, Place } from '../crypto/index.ts'
import {
  askOne,
  bytesOf,
  type Db,
  inSystem,
  inTenant,
  jsonOf,
  type Read,
  type SealedColumn,
  sql,
  type Trx,
} from '../store/index.ts'

/** A key that signs a tenant's tokens. */
export interface SigningKey {
  id: string
  publicKey: JsonWebKey
  /** Unsealed when it is asked for, and not for each request. */
  privateKey(): JsonWebKey
}

/** How long one key signs. */
const SIGNS_FOR = 90 * DAY

/** How long a key is published before it signs, and after its last signature: applications keep the keys for hours. */
const PUBLISHED_AROUND = DAY

const makeKeyPair = promisify(generateKeyPair)

const placeOf = (tenantId: string, rowId: string): Place => ({ purpose: 'signing-key', tenantId, rowId })

/** The published keys of a tenant, of which the first one signs. None before its provider is used for the first time. */
export const findSigningKeys = (db: Db, means: Means, tenantId: string): Promise<SigningKey[]> =>
  inTenant(db, tenantId, trx => trx.last(() => askOne(trx, signingKeysOf(means, tenantId))))

/** The same beside other facts. */
export const signingKeysOf = ({ now, keys }: Means, tenantId: string): Read<SigningKey[]> => ({
  sql: sql`(
    select json_agg(${jsonOf(['id', 'public_key', 'private_sealed', 'signs_from'])} order by signs_from desc)
    from signing_keys where tenant_id = ${tenantId})`,
  read(json) {
    const rows = (json ?? []) as { id: string; public_key: JsonWebKey; private_sealed: string; signs_from: string }[]
    const dated = rows.map(row => ({ ...row, signs_from: new Date(row.signs_from) }))
    return chooseKeys(dated, now).map(({ id, public_key, private_sealed }) => ({
      id,
      publicKey: public_key,
      privateKey: () => JSON.parse(keys.open(placeOf(tenantId, id), bytesOf(private_sealed)!)),
    }))
  },
})

/** Finds the published keys of tenants, and makes the first one of a tenant where there is none. */
export function createSigningKeys(db: Db): (means: Means, tenantId: string) => Promise<SigningKey[]> {
  // A key pair takes the processor longer than a hash: many first requests at once make one.
  const making = new Map<string, Promise<void>>()
  return async (means, tenantId) => {
    const found = await findSigningKeys(db, means, tenantId)
    if (found.length > 0) return found
    const made =
      making.get(tenantId) ?? addSigningKey(db, means, tenantId, means.now).finally(() => making.delete(tenantId))
    making.set(tenantId, made)
    await made
    return findSigningKeys(db, means, tenantId)
  }
}

/**
 * The claims of a token that one of these keys has signed by RS256 (RFC 8725, §3.1), whose header has this `typ`.
 * Undefined for any other text. The caller judges how old it is.
 */
export async function readSigned(
  token: string,
  keys: readonly SigningKey[],
  typ: string | undefined,
): Promise<JWTPayload | undefined> {
  const keyOf = ({ kid }: { kid?: string | undefined }) => {
    const key = keys.find(({ id }) => id === kid)
    if (!key) throw new errors.JWKSNoMatchingKey()
    return key.publicKey as JWK
  }
  const always = { algorithms: ['RS256'], currentDate: new Date(0) }
  const read = await jwtVerify(token, keyOf, always).catch(() => undefined)
  return read?.protectedHeader.typ === typ ? read?.payload : undefined
}

/** Makes the next key of a tenant, published at once. It signs from tomorrow on, when every application knows it. */
export const rollSigningKey = (db: Db, means: Means, tenantId: string): Promise<void> =>
  addSigningKey(db, means, tenantId, plus(means.now, PUBLISHED_AROUND))

const findKeyRows = (trx: Trx) =>
  trx
    .selectFrom('signing_keys')
    .select(['id', 'signs_from'])
    .where('tenant_id', '=', trx.tenantId)
    .orderBy('signs_from', 'desc')
    .execute()

/** Of keys from new to old: the one that signs, the coming ones, and those whose last signatures may still be in use. */
function chooseKeys<Key extends { signs_from: Date }>(rows: readonly Key[], now: Date): Key[] {
  const found = rows.findIndex(({ signs_from }) => signs_from <= now)
  // Another replica, whose clock is ahead, has just made the first one.
  const at = found < 0 ? rows.length - 1 : found
  if (at < 0) return []
  const retired = rows.slice(at + 1).filter((_, n) => plus(rows[at + n]!.signs_from, PUBLISHED_AROUND) > now)
  return [rows[at]!, ...rows.slice(0, at), ...retired]
}

async function addSigningKey(db: Db, means: Means, tenantId: string, signsFrom: Date): Promise<void> {
  const { publicKey, privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 })
  const id = means.random.uuid(means.now)
  const written = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }), kid: id, alg: 'RS256', use: 'sig' })
  await inTenant(db, tenantId, async trx => {
    // Two first requests at once, on two replicas, make one key.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`signing key ${tenantId}`}, 0))`.execute(trx)
    const rows = await findKeyRows(trx)
    const [newest] = rows
    if (newest && (newest.signs_from > means.now || signsFrom <= means.now)) return
    // Nothing that an older key signed is in use any more.
    const inUse = chooseKeys(rows, means.now).map(row => row.id)
    await trx
      .deleteFrom('signing_keys')
      .where('tenant_id', '=', tenantId)
      .where(eb => (inUse.length > 0 ? eb('id', 'not in', inUse) : eb.lit(true)))
      .execute()
    await trx
      .insertInto('signing_keys')
      .values({
        tenant_id: tenantId,
        id,
        public_key: JSON.stringify(written(publicKey)),
        private_sealed: means.keys.seal(placeOf(tenantId, id), JSON.stringify(written(privateKey))),
        signs_from: signsFrom,
      })
      .execute()
  })
}

/** Rolls the keys that have signed for nearly so long as one may. */
export async function rollDueKeys(db: Db, means: Means): Promise<void> {
  const due = await inSystem(db, trx =>
    trx
      .selectFrom('signing_keys')
      .select('tenant_id')
      .groupBy('tenant_id')
      .having(eb => eb.fn.max('signs_from'), '<=', plus(means.now, PUBLISHED_AROUND - SIGNS_FOR))
      .execute(),
  )
  for (const { tenant_id } of due) await rollSigningKey(db, means, tenant_id)
}

export const signingKeySeals: SealedColumn[] = [
  { table: 'signing_keys', column: 'private_sealed', purpose: 'signing-key', key: ['id'] },
]
