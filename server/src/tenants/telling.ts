import type { Act } from '../act.ts'
import { type RecordedAct, record } from '../audit/index.ts'
import { findOtherAdministrators, findUser, getTenant, type User } from '../directory/index.ts'
import { mailAdministrators } from '../notifications/index.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'

/** What happens to the tenants of a company. */
type LinkAct = 'linked' | 'unlinked' | 'primary'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      /** `tenantId`: where it was done, by `userId`. `otherId`: who is told. `aboutId`: the tenant that it is about. */
      'tell-of-link': {
        tenantId: string
        otherId: string
        aboutId: string
        about: LinkAct
        userId: string
        correlationId: string
      }
    }
  }
}

interface Noted {
  about: LinkAct
  other: { id: string; displayName: string }
  details?: Record<string, string>
}

/** Records a change of links where it is done, mails that tenant's administrators, and has a job tell the others. */
export async function noteLink(
  trx: Trx,
  act: Act,
  by: User,
  { told, ...noted }: Noted & { told: readonly string[] },
): Promise<void> {
  const { tenantId } = trx
  const { correlationId } = act.trail
  const { about, other } = noted
  const { id, userPrincipalName: name } = by
  await note(trx, act, { recorded: { ...act, actor: { kind: 'user', id, name } }, who: name }, noted)
  const aboutId = about === 'primary' ? other.id : tenantId
  for (const otherId of told)
    await enqueue(trx, 'tell-of-link', { tenantId, otherId, aboutId, about, userId: by.id, correlationId })
}

/** Records the same in another tenant, and mails its administrators: they hear of it whoever did it. */
export async function tellOfLink(
  db: Db,
  act: Act,
  { tenantId, otherId, aboutId, about, userId }: GraphileWorker.Tasks['tell-of-link'],
): Promise<void> {
  const by = await inTenant(db, tenantId, trx => findUser(trx, tenantId, userId))
  const { displayName } = await inTenant(db, aboutId, trx => getTenant(trx, aboutId))
  const who = by?.userPrincipalName ?? ''
  const noted = { about, other: { id: aboutId, displayName }, details: { by: who } }
  await inTenant(db, otherId, trx => note(trx, act, { recorded: act, who }, noted))
}

async function note(
  trx: Trx,
  act: Act,
  { recorded, who }: { recorded: RecordedAct; who: string },
  { about, other: { id, displayName }, details = {} }: Noted,
): Promise<void> {
  const { tenantId } = trx
  const activity = `tenant.${about}` as const
  await record(trx, recorded, { activity, result: 'success', target: { id, name: displayName }, details })
  const [tenant, administrators] = [await getTenant(trx, tenantId), await findOtherAdministrators(trx, tenantId)]
  const at = act.now.toISOString()
  const { address = '' } = act.trail
  const variables = { organization: tenant.displayName, other: displayName, about, who, at, address }
  await mailAdministrators(trx, act, { tenant, administrators }, { template: 'tenant_link', variables })
}
