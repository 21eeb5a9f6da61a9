import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY, MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import {
  type Db,
  hasEnded,
  inSystem,
  inTenant,
  isOver,
  type Removal,
  type Row,
  type SealedColumn,
  type Trx,
} from '../store/index.ts'

/** How long a device waits for its person. */
export const DEVICE_CODE_LASTS = 15 * MINUTE

/** Seconds between two polls, at first and added by each one that comes too soon (RFC 8628, §3.5). */
export const POLL_SECONDS = 5

/** How much too soon a poll may come: clocks differ, and so do the times on the way. */
const EARLY = SECOND

/** What the application of a device asks for. */
export interface DeviceRequest extends Record<string, unknown> {
  params: Record<string, string>
}

/** What a person has proved, as tokens tell it. `authTime`: in seconds. */
export interface DeviceProof {
  acr: string
  amr: string[]
  authTime: number
}

/** Why a device gets no tokens. */
export type DeviceRefusal = NonNullable<Row<'device_codes'>['refusal']>

/** A device that asks for somebody's sign-in. */
export interface DeviceCode {
  id: string
  tenantId: string
  appId: string
  request: DeviceRequest
  /** The address that asked. */
  address: string | null
  askedAt: Date
  expiresAt: Date
  answeredAt: Date | null
  refusal: DeviceRefusal | null
  userId: string | null
  securityEpoch: number | null
  proof: DeviceProof | null
  grantId: string | null
  claimedAt: Date | null
}

const columns = [
  'id',
  'app_id',
  'request_sealed',
  'address',
  'asked_at',
  'expires_at',
  'answered_at',
  'refusal',
  'user_id',
  'security_epoch',
  'proof',
  'grant_id',
  'claimed_at',
] as const

const placeOf = (tenantId: string, id: string) => ({ purpose: 'request', tenantId, rowId: id }) as const

const read = (
  { keys }: Means,
  tenantId: string,
  row: Pick<Row<'device_codes'>, (typeof columns)[number]>,
): DeviceCode => ({
  id: row.id,
  tenantId,
  appId: row.app_id,
  request: JSON.parse(keys.open(placeOf(tenantId, row.id), row.request_sealed)),
  address: row.address,
  askedAt: row.asked_at,
  expiresAt: row.expires_at,
  answeredAt: row.answered_at,
  refusal: row.refusal,
  userId: row.user_id,
  securityEpoch: row.security_epoch,
  proof: row.proof,
  grantId: row.grant_id,
  claimedAt: row.claimed_at,
})

/** Whether somebody can still answer. */
export const isAnswerable = ({ expiresAt, answeredAt }: DeviceCode, now: Date) =>
  answeredAt === null && !isOver(expiresAt, now, DEVICE_CODE_LASTS)

const deviceHashes = ({ keys }: Means, tenantId: string, code: string) => keys.macs('device-code', tenantId, code)
const userHashes = ({ keys }: Means, code: string) => keys.macs('user-code', code)

/** Keeps the codes of a device. `deviceCode`: what it polls with; `userCode`: what the person types. */
export async function addDeviceCode(
  db: Db,
  act: Act,
  tenantId: string,
  asked: { deviceCode: string; userCode: string; appId: string; request: DeviceRequest },
): Promise<void> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const [deviceHash] = deviceHashes(act, tenantId, asked.deviceCode)
  const [userHash] = userHashes(act, asked.userCode)
  await inTenant(db, tenantId, trx =>
    trx
      .insertInto('device_codes')
      .values({
        tenant_id: tenantId,
        id,
        device_code_hash: deviceHash!,
        user_code_hash: userHash!,
        app_id: asked.appId,
        request_sealed: keys.seal(placeOf(tenantId, id), JSON.stringify(asked.request)),
        address: act.trail.address ?? null,
        asked_at: now,
        expires_at: plus(now, DEVICE_CODE_LASTS),
        poll_seconds: POLL_SECONDS,
        next_poll_at: now,
      })
      .execute(),
  )
}

/** The device that shows this code, in any tenant. `userCode`: as `readUserCode` reads it. */
export async function findByUserCode(db: Db, means: Means, userCode: string): Promise<DeviceCode | undefined> {
  const hashes = userHashes(means, userCode)
  const found = await inSystem(db, trx =>
    trx.selectFrom('device_codes').select('tenant_id').where('user_code_hash', 'in', hashes).executeTakeFirst(),
  )
  if (!found) return undefined
  const tenantId = found.tenant_id
  const row = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('device_codes')
      .select(columns)
      .where('tenant_id', '=', tenantId)
      .where('user_code_hash', 'in', hashes)
      .executeTakeFirst(),
  )
  return row && read(means, tenantId, row)
}

/** The device of a sign-in. */
export async function findDeviceCode(trx: Trx, means: Means, id: string): Promise<DeviceCode | undefined> {
  const row = await trx
    .selectFrom('device_codes')
    .select(columns)
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && read(means, trx.tenantId, row)
}

/** Claims the answer to a device, whose application gets tokens for this person. False where it was answered before, or too late. */
export const claimApproval = (
  trx: Trx,
  means: Means,
  id: string,
  { user, proof }: { user: User; proof: DeviceProof },
) => answer(trx, means, id, { user_id: user.id, security_epoch: user.securityEpoch, proof: JSON.stringify(proof) })

/** Claims the answer to a device, that it gets nothing. */
export const claimRefusal = (trx: Trx, means: Means, id: string, refusal: DeviceRefusal) =>
  answer(trx, means, id, { refusal })

async function answer(
  trx: Trx,
  { now }: Means,
  id: string,
  values: { refusal: DeviceRefusal } | { user_id: string; security_epoch: number; proof: string },
): Promise<boolean> {
  const answered = await trx
    .updateTable('device_codes')
    .set({ answered_at: now, ...values })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('answered_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  return answered !== undefined
}

/** Takes back the approvals of a person for the devices of an application that have no tokens yet: they learn that it was declined. */
export const withdrawApprovals = (trx: Trx, appId: string, userId: string) =>
  trx
    .updateTable('device_codes')
    .set({ refusal: 'declined', user_id: null, security_epoch: null, proof: null })
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('user_id', '=', userId)
    .where('claimed_at', 'is', null)
    .execute()

/** What a device learns by polling: `too-soon`, or the code as it stands. */
export async function pollDeviceCode(
  db: Db,
  means: Means,
  tenantId: string,
  deviceCode: string,
): Promise<DeviceCode | 'too-soon' | undefined> {
  const hashes = deviceHashes(means, tenantId, deviceCode)
  const { now } = means
  const nextPoll = (more: number) =>
    sql<Date>`${plus(now, -EARLY)}::timestamptz + (poll_seconds + ${more}) * interval '1 second'`
  return inTenant(db, tenantId, async trx => {
    // One of many polls at once finds its time has come. The others find that it has not yet.
    const row = await trx
      .updateTable('device_codes')
      .set({ next_poll_at: nextPoll(0) })
      .where('tenant_id', '=', tenantId)
      .where('device_code_hash', 'in', hashes)
      .where('next_poll_at', '<=', now)
      .returning(columns)
      .executeTakeFirst()
    if (row) return read(means, tenantId, row)
    const early = await trx
      .updateTable('device_codes')
      .set({ next_poll_at: nextPoll(POLL_SECONDS), poll_seconds: sql`poll_seconds + ${POLL_SECONDS}` })
      .where('tenant_id', '=', tenantId)
      .where('device_code_hash', 'in', hashes)
      .returning('id')
      .executeTakeFirst()
    return early && 'too-soon'
  })
}

/** Claims the tokens of a device for this grant. Returns the grant that has them: another where they were claimed before. */
export const claimTokens = (db: Db, means: Means, tenantId: string, { id, grantId }: { id: string; grantId: string }) =>
  inTenant(db, tenantId, async trx => {
    const claimed = await trx
      .updateTable('device_codes')
      .set({ claimed_at: means.now, grant_id: grantId })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('claimed_at', 'is', null)
      // The person may have taken it back since the poll read it.
      .where('refusal', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return claimed ? grantId : (await findDeviceCode(trx, means, id))?.grantId
  })

/** Codes that have ended a day ago: until then their device and their person are told so. */
export const expiredDeviceCodes: Removal = {
  table: 'device_codes',
  due: now => hasEnded(sql`expires_at`, plus(now, -DAY), DEVICE_CODE_LASTS + DAY),
}

export const deviceCodeSeals: readonly SealedColumn[] = [
  { table: 'device_codes', column: 'request_sealed', purpose: 'request', key: ['id'] },
]
