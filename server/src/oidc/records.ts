import type { RawBuilder } from 'kysely'
import type { Act } from '../act.ts'
import { plus, SECOND } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { withdrawApprovals } from '../deviceCodes/index.ts'
import { type SignInPolicy, signInPolicyOf } from '../policies/index.ts'
import {
  askTenant,
  combine,
  type Db,
  hasEnded,
  jsonOf,
  type Read,
  type Removal,
  type Row,
  sql,
  type Trx,
} from '../store/index.ts'

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
  /** Takes a record that was read before, for the next `find` of it alone. */
  know(read: { kind: RecordKind; id: string; found: FoundRecord }): void
  /**
   * Keeps a record for `lasts` seconds. False where its grant has ended, or an assertion of this id was kept before: it
   * may be used once (RFC 7523, §3). `epoch`: of the user of a new grant; all else has its grant's. `issuer`: where the
   * record opens an application to a session, which it names by `sid`. `spends`: the record of this kind whose place it
   * takes. False where that was spent before, and nothing is kept.
   */
  save(kind: RecordKind, id: string, payload: Payload, kept: Kept): Promise<boolean>
  /**
   * `consumed` is set where it was spent. Undefined where there is none, and for a grant whose user's sessions have
   * ended since. The tenant's policy comes with it, because it says how long refresh tokens last now.
   */
  find(kind: RecordKind, id: string): Promise<FoundRecord | undefined>
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
  spends?: string | undefined
}

/** A record, and the policy of its tenant. */
export interface FoundRecord {
  payload: Payload
  policy: SignInPolicy
}

interface StoredRecord {
  payload: Payload
  consumed_at: Date | string | null
}

const payloadOf = (id: string, { payload, consumed_at }: StoredRecord): Payload => ({
  ...payload,
  jti: id,
  ...(consumed_at && { consumed: new Date(consumed_at).getTime() / SECOND }),
})

/** For SQL: whether nothing has ended the sessions of a grant's user since. */
const holds = (tenantId: string, grant: 'record' | 'granted') => sql`
  exists (select from users where users.tenant_id = ${tenantId} and users.id = ${sql.ref(`${grant}.user_id`)}
    and users.account_enabled and users.security_epoch = ${sql.ref(`${grant}.security_epoch`)})`

/** Whether a person's grant of this id still stands, beside other facts. */
export const grantStands = ({ keys }: Pick<Act, 'keys'>, tenantId: string, id: string): Read<boolean> => ({
  sql: sql`exists (
    select from provider_records as granted where tenant_id = ${tenantId} and kind = 'Grant'
      and id in (${sql.join(keys.macs('provider-record', tenantId, 'Grant', id))}) and ${holds(tenantId, 'granted')})`,
  read: Boolean,
})

/** Whether an application has given up its own token of this id, beside other facts. */
export const isRevoked = ({ keys }: Pick<Act, 'keys'>, tenantId: string, id: string): Read<boolean> => ({
  sql: sql`exists (
    select from provider_records where tenant_id = ${tenantId} and kind = 'ClientCredentials'
      and id in (${sql.join(keys.macs('provider-record', tenantId, 'ClientCredentials', id))}))`,
  read: Boolean,
})

/** A code or refresh token that is traded. */
export interface Traded {
  kind: 'AuthorizationCode' | 'RefreshToken'
  id: string
}

/** A code or refresh token with its grant, for `know`. `from`: its row, which other facts can be about. */
export function tradedRecords({ keys }: Pick<Act, 'keys'>, tenantId: string, { kind, id }: Traded) {
  const from = sql`
    (select 1) as always left join (
      select user_id, grant_id, payload, consumed_at from provider_records
      where tenant_id = ${tenantId} and kind = ${kind} and id in (${sql.join(keys.macs('provider-record', tenantId, kind, id))})
    ) as record on true`
  const row = (found: RawBuilder<unknown>): Read<StoredRecord | undefined> => ({
    sql: found,
    read: json => (json as StoredRecord | null) ?? undefined,
  })
  const parts = {
    record: row(sql`to_json(record)`),
    grant: row(sql`(
      select ${jsonOf(['payload', 'consumed_at'])} from provider_records as granted
      where tenant_id = ${tenantId} and kind = 'Grant' and id = record.grant_id and ${holds(tenantId, 'granted')})`),
    policy: signInPolicyOf(tenantId),
  }
  const read = combine(parts, ({ record, grant, policy }) => {
    const { grantId = '' } = record?.payload ?? {}
    return [
      ...(record ? [{ kind, id, found: { payload: payloadOf(id, record), policy } }] : []),
      ...(grant
        ? [{ kind: 'Grant' as const, id: grantId, found: { payload: payloadOf(grantId, grant), policy } }]
        : []),
    ]
  })
  return { from, read }
}

/** The longest life of a record: that of a family of refresh tokens. */
const LONGEST = 366 * 24 * 3600 * SECOND

/** A record's id at the issuer of a customer: there the firm's own codes and grants are unknown, and at home those of customers. */
export const idAt = (customerId: string | undefined, id: string) =>
  customerId === undefined ? id : `${customerId} ${id}`

/** `customerId`: at whose issuer a partner's person signs in. Their records are their firm's. */
export function recordsOf(db: Db, { now, keys }: Act, tenantId: string, customerId?: string): Records {
  const hashOf = (kind: RecordKind, id: string) => keys.mac('provider-record', tenantId, kind, idAt(customerId, id))
  const hashesOf = (kind: RecordKind, id: string) => keys.macs('provider-record', tenantId, kind, idAt(customerId, id))
  const policy = signInPolicyOf(tenantId)
  const requestAt = (id: string) => ({ purpose: 'request', tenantId, rowId: id }) as const
  const known = new Map<string, FoundRecord>()
  const spend = (kind: RecordKind, id: string) => sql`
    update provider_records set consumed_at = ${now}::timestamptz
    where tenant_id = ${tenantId} and kind = ${kind} and id in (${sql.join(hashesOf(kind, id))}) and consumed_at is null
    returning kind`
  return {
    know({ kind, id, found }) {
      known.set(`${kind} ${id}`, found)
    },
    async save(kind, id, payload, { lasts, epoch, issuer, spends }) {
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
        ? sql`from provider_records as granted ${spends === undefined ? sql`` : sql`, spent`} where granted.tenant_id = ${tenantId} and granted.kind = 'Grant' and granted.id in (${sql.join(grants)})`
        : sql``
      const saved = sql`
        ${spends === undefined ? sql`` : sql`with spent as (${spend(kind, spends)})`}
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
      const name = `${kind} ${id}`
      const before = known.get(name)
      known.delete(name)
      if (before) return before
      const [row] = await askTenant(
        db,
        tenantId,
        sql<StoredRecord & { policy: unknown }>`
          select payload, consumed_at, ${policy.sql} as policy from provider_records as record
          where tenant_id = ${tenantId} and kind = ${kind} and id in (${sql.join(hashesOf(kind, id))})
            and (kind <> 'Grant' or ${holds(tenantId, 'record')})`,
      )
      if (row && kind === 'PushedAuthorizationRequest')
        row.payload.request = keys.open(requestAt(id), Buffer.from(String(row.payload.request), 'base64url'))
      return row && { payload: payloadOf(id, row), policy: policy.read(row.policy) }
    },
    async claim(kind, id) {
      return (await askTenant(db, tenantId, spend(kind, id))).length > 0
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
