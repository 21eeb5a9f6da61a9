import type { Act } from '../act.ts'
import { type Application, applicationOf, type UserGrants, userGrantsOf } from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import { NOBODYS_TENANT, type User, userOf } from '../directory/index.ts'
import { ask, combine, type Db, inTenant, type Read, sql } from '../store/index.ts'
import { type SigningKey, signingKeysOf } from './keys.ts'
import { type FoundRecord, type RecordKind, type Traded, tradedRecords } from './records.ts'

/** What one flight reads for a request, before the library asks for it. A part that is missing is read at its time. */
export interface Facts {
  /** The published ones of the tenant; none before its first use. */
  keys: SigningKey[]
  /** The application that asks. */
  application?: Application | undefined
  /** The person whom it is about, and what they have of the application. */
  person?: { user: User | undefined; grants: UserGrants } | undefined
  /** The code or refresh token that is traded, and its grant. */
  records?: { kind: RecordKind; id: string; found: FoundRecord }[] | undefined
}

/** What a request says that it is about. Nothing of it was checked. */
export interface Named {
  tenantId: string
  appId: string | undefined
  traded: Traded | undefined
  /** The domain of the person, or the one that is hinted at. */
  hint: string
}

/** Reads what a request is judged by, in one flight. Undefined where there is no such tenant. */
export async function readFacts(db: Db, act: Act, named: Named): Promise<Facts | undefined> {
  const { tenantId, appId = '', traded } = named
  if (tenantId === NOBODYS_TENANT) return undefined
  const { exists, ...facts } = await inTenant(db, tenantId, trx => {
    const record = traded && tradedRecords(act, tenantId, traded)
    const person = sql<string>`record.user_id`
    const reads = {
      exists: { sql: sql`exists (select from tenants where tenant_id = ${tenantId})`, read: Boolean },
      keys: signingKeysOf(act, tenantId),
      application: isUuid(appId) ? applicationOf(tenantId, appId) : nothing,
      records: record?.read ?? nothing,
      person: record
        ? combine({ user: userOf(tenantId, person), grants: userGrantsOf(tenantId, appId, person) }, parts => parts)
        : nothing,
    }
    return trx.last(() => ask(trx, reads, record?.from))
  })
  return exists ? facts : undefined
}

const nothing: Read<undefined> = { sql: sql`null`, read: () => undefined }
