import { type RawBuilder, sql } from 'kysely'
import { isUuid } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

const LONGEST = 256

/** Which program knows objects by ids of its own. The built-in one has none: it is no principal of the tenant. */
export interface Namer {
  appId: string
  kind: 'user' | 'group'
}

/** The program's own ids of these objects. */
export async function findExternalIds(
  trx: Trx,
  { appId }: Namer,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0 || !isUuid(appId)) return new Map()
  const rows = await trx
    .selectFrom('external_ids')
    .select(['object_id as id', 'external_id as externalId'])
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('object_id', 'in', ids)
    .execute()
  return new Map(rows.map(({ id, externalId }) => [id, externalId]))
}

/** For SQL: whether the program knows the row of this id by that one. */
export const isNamed = ({ tenantId }: Trx, { appId, kind }: Namer, id: RawBuilder<unknown>, externalId: string) =>
  sql<boolean>`${id} in (select object_id from external_ids where tenant_id = ${tenantId}
    and app_id = ${isUuid(appId) ? appId : null}::uuid and object_kind = ${kind} and external_id = ${externalId})`

/**
 * Sets the program's own id of an object; null takes it away. Throws `uniqueness` where the program knows another living
 * object by it. The caller holds the tenant's row, so that two cannot take one id.
 */
export async function setExternalId(
  trx: Trx,
  { appId, kind }: Namer,
  id: string,
  externalId: string | null,
): Promise<void> {
  const { tenantId } = trx
  if (!isUuid(appId)) {
    if (externalId === null) return
    throw refuse('invalidValue', { field: 'externalId' })
  }
  if (externalId === null) {
    await trx
      .deleteFrom('external_ids')
      .where('tenant_id', '=', tenantId)
      .where('app_id', '=', appId)
      .where('object_id', '=', id)
      .execute()
    return
  }
  if (externalId.length > LONGEST || /\p{Cc}/u.test(externalId)) throw refuse('invalidValue', { field: 'externalId' })
  const living = kind === 'user' ? sql`users` : sql`groups`
  const deleted = kind === 'user' ? sql`` : sql`and living.deleted_at is null`
  const { rows } = await sql`
    with other as (
      select from external_ids e join ${living} living on (living.tenant_id, living.id) = (e.tenant_id, e.object_id) ${deleted}
      where e.tenant_id = ${tenantId} and e.app_id = ${appId} and e.external_id = ${externalId}
        and e.object_kind = ${kind} and e.object_id <> ${id}
    )
    insert into external_ids (tenant_id, app_id, object_id, object_kind, external_id)
    select app.tenant_id, app.app_id, ${id}::uuid, ${kind}, ${externalId} from applications app
    where app.tenant_id = ${tenantId} and app.app_id = ${appId} and not exists(select from other)
    on conflict (tenant_id, app_id, object_id) do update set external_id = excluded.external_id
    returning 1`.execute(trx)
  if (rows.length === 0) throw refuse('uniqueness', { field: 'externalId' })
}
