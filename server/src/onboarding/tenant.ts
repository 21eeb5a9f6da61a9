import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { getTenant } from '../directory/index.ts'
import { actIn, isFresh, type Session } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import type { Advice, Onboarding, Outcome } from './onboarding.ts'
import type { Looker } from './open.ts'
import type { OnboardingTenants } from './queries.ts'

const isAdministrator = ({ user }: Session) => user.roles.includes('Global Administrator')

/**
 * What is advised of the tenant of the session, by counts of this moment (Partner Center and work accounts, §1.6).
 * Undefined for everybody but its Global Administrators, and where it cannot be the tenant: nobody else learns a count.
 */
export async function adviceFor(
  db: Db,
  { outcome, isSignedIn, chosen }: { outcome: Outcome; isSignedIn: boolean; chosen: OnboardingTenants['chosen'] },
  { session, willUse }: Looker,
): Promise<Advice | undefined> {
  if (!session || !isAdministrator(session)) return undefined
  const isTheirs = chosen?.tenantId === session.tenantId
  if (!isTheirs && (chosen || (outcome === 'sign-in' ? !isSignedIn : outcome !== 'prove-then-sign-in')))
    return undefined
  const users = await inTenant(db, session.tenantId, countPeople)
  return adviceOn(users, willUse ?? chosen?.willUse ?? null)
}

const adviceOn = (users: number, willUse: number | null): Advice => ({
  users,
  willUse,
  recommend: willUse === null ? null : willUse < users ? 'dedicated' : 'this',
})

/** The enabled people of a tenant. Its emergency account is nobody. */
async function countPeople(trx: Trx): Promise<number> {
  const { count } = await trx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    .where(sql<boolean>`id is distinct from (select emergency_user_id from tenants where tenant_id = ${trx.tenantId})`)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * Decides whether the tenant of the session serves, or a dedicated one is made; it may be decided again. Of two tenants
 * at once one gets it. Throws `forbidden`, `proof_needed`, `wrong_state`, also where it could not be the tenant.
 */
export async function chooseTenant(
  db: Db,
  begun: Act,
  { id, expiresAt, advice }: Onboarding,
  { session, use, willUse }: { session: Session; use: 'this' | 'dedicated'; willUse: number },
): Promise<void> {
  const { tenantId } = session
  if (!isAdministrator(session)) throw refuse('forbidden')
  if (!isFresh(session.provedAt, begun.now)) throw refuse('proof_needed')
  if (!advice) throw refuse('wrong_state')
  const act = { ...actIn(begun, session), trail: { ...begun.trail, correlationId: id } }
  await inTenant(db, tenantId, async trx => {
    const change = () =>
      trx
        .updateTable('onboarding_tenants')
        .set({ use, will_use: willUse })
        .where('tenant_id', '=', tenantId)
        .where('onboarding_id', '=', id)
        .returning('use')
        .executeTakeFirst()
    const choose = () =>
      trx
        .insertInto('onboarding_tenants')
        .values({ tenant_id: tenantId, onboarding_id: id, use, will_use: willUse, expires_at: expiresAt })
        .onConflict(conflict => conflict.doNothing())
        .returning('use')
        .executeTakeFirst()
    // Another request of this tenant may have been quicker, which the last change follows.
    if (!((await change()) ?? (await choose()) ?? (await change()))) throw refuse('wrong_state')
    await record(trx, act, {
      activity: 'onboarding.tenant_chosen',
      result: 'success',
      target: { id: tenantId, name: (await getTenant(trx, tenantId)).displayName },
      details: { use, willUse: String(willUse), users: String(await countPeople(trx)) },
    })
  })
}

/** Takes back what was decided of a tenant. */
export async function forgetTenant(db: Db, id: string, tenantId: string): Promise<void> {
  await inTenant(db, tenantId, trx =>
    trx.deleteFrom('onboarding_tenants').where('tenant_id', '=', tenantId).where('onboarding_id', '=', id).execute(),
  )
}
