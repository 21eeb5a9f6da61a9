import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus, SECOND } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { withdrawApprovals } from '../deviceCodes/index.ts'
import { type SignInPolicy, signInPolicyOf } from '../policies/index.ts'
import { askTenant, type Db, hasEnded, type Removal, type Row, type Trx } from '../store/index.ts'

/** What the provider remembers by id: codes, tokens, and what a person has granted. */
export type RecordKind = Row<'provider_records'>['kind']

/** A record's content, as the library writes it. Its times are seconds. */
export interface Payload {
  jti?: string
  accountId?: string
  clientId?: string
  grantId?: string
  exp?: number
  [name: string]: unknown
}

/** The records of one tenant. Ids are kept as keyed hashes, because most of them are the code or token itself. */
export interface Records {
  /**
   * Keeps a record for `lasts` seconds. False where its grant has ended, or an assertion of this id was kept before: it
   * may be used once (RFC 7523, §3). `epoch`: of the user of a new grant; all else has its grant's. `issuer`: where the
   * record opens an application to a session, which it names by `sid`.
   */
  save(kind: RecordKind, id: string, payload: Payload, kept: Kept): Promise<boolean>
  /**
   * `consumed` is set where it was spent. Undefined where there is none, and for a grant whose user's sessions have
   * ended since. The tenant's policy comes with it, because it says how long refresh tokens last now.
   */
  find(kind: RecordKind, id: string): Promise<{ payload: Payload; policy: SignInPolicy } | undefined>
  /** Spends it in one statement. False where it was spent before. */
  claim(kind: RecordKind, id: string): Promise<boolean>
  remove(kind: RecordKind, id: string): Promise<void>
  /** Ends a grant with every code and token that came of it. Returns the grant, where it had not ended before. */
  endGrant(grantId: string): Promise<Payload | undefined>
}

interface Kept {
  lasts: number
  epoch?: number | undefined
  issuer?: string | undefined
}

/** The longest life of a record: that of a family of refresh tokens. */
const LONGEST = 366 * 24 * 3600 * SECOND

export function recordsOf(db: Db, { now, keys }: Act, tenantId: string): Records {
  const hashOf = (kind: RecordKind, id: string) => keys.mac('provider-record', tenantId, kind, id)
  const hashesOf = (kind: RecordKind, id: string) => keys.macs('provider-record', tenantId, kind, id)
  const policy = signInPolicyOf(tenantId)
  const requestAt = (id: string) => ({ purpose: 'request', tenantId, rowId: id }) as const
  return {
    async save(kind, id, payload, { lasts, epoch, issuer }) {
      const { jti: _, ...kept } = payload
      // Its hints name people. It lasts a minute, so that no change of secrets waits for it.
      if (kind === 'PushedAuthorizationRequest')
        kept.request = keys.seal(requestAt(id), String(kept.request)).toString('base64url')
      const userId = payload.accountId ?? null
      const grants = payload.grantId === undefined ? null : hashesOf('Grant', payload.grantId)
      const again =
        kind === 'ReplayDetection'
          ? sql`nothing`
          : sql`update set payload = excluded.payload, expires_at = excluded.expires_at`
      // The epoch is not read anew: what was granted before a reset would outlast it.
      const from = grants
        ? sql`from provider_records as granted where granted.tenant_id = ${tenantId} and granted.kind = 'Grant' and granted.id in (${sql.join(grants)})`
        : sql``
      const saved = sql`
        insert into provider_records (tenant_id, kind, id, grant_id, app_id, user_id, security_epoch, payload, expires_at)
        select ${tenantId}::uuid, ${kind}::text, ${hashOf(kind, id)}::bytea, ${grants?.[0] ?? null}::bytea, ${isUuid(payload.clientId ?? '') ? payload.clientId : null}::uuid, ${userId}::uuid,
          ${grants ? sql`granted.security_epoch` : sql`${epoch ?? null}::integer`},
          ${JSON.stringify(kept)}::jsonb, ${plus(now, lasts * SECOND)}::timestamptz ${from}
        on conflict (tenant_id, kind, id) do ${again} returning app_id, user_id`
      const rows = await askTenant(
        db,
        tenantId,
        issuer === undefined
          ? saved
          : sql`
              with saved as (${saved}), opened as (
                insert into opened_applications (tenant_id, sid, app_id, issuer, user_id, opened_at)
                select ${tenantId}::uuid, ${payload.sid}::uuid, app_id, ${issuer}::text, user_id, ${now}::timestamptz from saved where app_id is not null
                on conflict (tenant_id, sid, app_id, issuer) do update set opened_at = excluded.opened_at)
              select from saved`,
      )
      return rows.length > 0
    },
    async find(kind, id) {
      const [row] = await askTenant(
        db,
        tenantId,
        sql<{ payload: Payload; consumed_at: Date | null; policy: unknown }>`
          select payload, consumed_at, ${policy.sql} as policy from provider_records as record
          where tenant_id = ${tenantId} and kind = ${kind} and id in (${sql.join(hashesOf(kind, id))})
            and (kind <> 'Grant' or exists (select from users where users.tenant_id = ${tenantId} and users.id = record.user_id
              and users.account_enabled and users.security_epoch = record.security_epoch))`,
      )
      if (row && kind === 'PushedAuthorizationRequest')
        row.payload.request = keys.open(requestAt(id), Buffer.from(String(row.payload.request), 'base64url'))
      return (
        row && {
          payload: {
            ...row.payload,
            jti: id,
            ...(row.consumed_at && { consumed: row.consumed_at.getTime() / SECOND }),
          },
          policy: policy.read(row.policy),
        }
      )
    },
    async claim(kind, id) {
      const rows = await askTenant(
        db,
        tenantId,
        sql`
          update provider_records set consumed_at = ${now}::timestamptz
          where tenant_id = ${tenantId} and kind = ${kind} and id in (${sql.join(hashesOf(kind, id))}) and consumed_at is null
          returning kind`,
      )
      return rows.length > 0
    },
    async remove(kind, id) {
      const ids = sql.join(hashesOf(kind, id))
      await askTenant(
        db,
        tenantId,
        sql`delete from provider_records where tenant_id = ${tenantId} and kind = ${kind} and id in (${ids})`,
      )
    },
    async endGrant(grantId) {
      const grants = sql.join(hashesOf('Grant', grantId))
      const ended = await askTenant(
        db,
        tenantId,
        sql<{ kind: RecordKind; payload: Payload }>`
          delete from provider_records
          where tenant_id = ${tenantId} and (grant_id in (${grants}) or kind = 'Grant' and id in (${grants}))
          returning kind, payload`,
      )
      return ended.find(({ kind }) => kind === 'Grant')?.payload
    },
  }
}

/** Ends what a person gave an application, also to a device that waits for it. Codes and tokens without their grant are refused, and told that it has ended. */
export async function endGrantsOf(trx: Trx, appId: string, userId: string): Promise<void> {
  await withdrawApprovals(trx, appId, userId)
  await trx
    .deleteFrom('provider_records')
    .where('tenant_id', '=', trx.tenantId)
    .where('kind', '=', 'Grant')
    .where('app_id', '=', appId)
    .where('user_id', '=', userId)
    .execute()
}

/** Records that are over. A spent one stays until then: its second use ends what came of it. */
export const expiredRecords: Removal = {
  table: 'provider_records',
  due: now => hasEnded(sql`expires_at`, now, LONGEST),
}
