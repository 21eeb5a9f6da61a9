import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { supportCode } from '../crypto/index.ts'
import { findTenantId, readName } from '../directory/index.ts'
import { counterKeysOf, hasLock } from '../limits/index.ts'
import { resetMethods } from '../methods/index.ts'
import { isReported, type Looked, type Passwords } from '../passwords/index.ts'
import { decide } from '../readiness/index.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { JOURNEY_LASTS, type Journey, unlockAllowed } from './journey.ts'
import { beginJourney } from './open.ts'
import { findFirstFacts, insertJourney, type JourneyRow, type NewJourney, recordStep } from './queries.ts'

/** The request that begins a reset. */
export interface ResetRequest {
  /** Its id, where something else has it already. */
  id?: string
  /** As it was typed. */
  username: string
  /** The secret of the browser that the journey belongs to. */
  browserToken: string
  deviceCookie?: string | undefined
  /** The sign-in of this browser at which it is begun. It counts in its own tenant. */
  signIn?: { id: string; tenantId: string } | undefined
  language: string
  /** Where passwords are kept. Without it no directory is asked: the journey is begun to ask for help. */
  homeOf?: Passwords['homeOf']
}

/**
 * Begins a reset for known and unknown names alike: both write the same rows. No row of the account is touched. In a
 * tenant with an agent the directory is asked how the account stands, with no transaction open.
 */
export async function startReset(db: Db, begun: Act, asked: ResetRequest): Promise<Journey> {
  const { now, random } = begun
  const name = readName(asked.username)
  const tenantId = await findTenantId(db, name.domain)
  const id = asked.id ?? random.uuid(now)
  const trail = { ...begun.trail, correlationId: id, supportCode: supportCode(begun, tenantId, id) }
  const act = { ...begun, trail }
  const first = await inTenant(db, tenantId, async trx => {
    const facts = await findFirstFacts(trx, act, name.folded, asked.deviceCookie)
    return facts.writeback.isUp && asked.homeOf ? { facts } : { journey: await begin(trx, act, { id, asked, facts }) }
  })
  if (first.journey) return first.journey
  const { facts } = first
  const looked = await asked.homeOf?.(facts.user).look({ tenantId, user: facts.user, isAgentUp: true })
  return inTenant(db, tenantId, trx => begin(trx, act, { id, asked, facts, looked }))
}

type FirstFacts = Awaited<ReturnType<typeof findFirstFacts>>

async function begin(
  trx: Trx,
  act: Act,
  { id, asked, facts, looked }: { id: string; asked: ResetRequest; facts: FirstFacts; looked?: Looked | undefined },
): Promise<Journey> {
  const { now, keys } = act
  const { tenantId } = trx
  const { found, user, policy, protection, recorded, writeback } = facts
  const usable = resetMethods(act, policy, recorded)
  const refusal = decide({ user, policy, usable, writeback, proved: false })
  const concealed = protection.concealAccounts
  const isLocked = hasLock(facts.blocks) || (looked?.isLocked ?? user?.directory?.isLocked ?? false)
  const row: JourneyRow & NewJourney = {
    tenant_id: tenantId,
    id,
    kind: 'reset',
    user_id: found?.id ?? null,
    support_code: act.trail.supportCode ?? null,
    typed_name_sealed: keys.seal({ purpose: 'typed-name', tenantId, rowId: id }, asked.username),
    browser_hash: keys.mac('browser', asked.browserToken),
    counter_keys: counterKeysOf(act, tenantId, readName(asked.username).folded),
    security_epoch: found?.securityEpoch ?? null,
    // Where accounts are concealed every name is asked, so that a lock does not show.
    may_unlock: concealed
      ? policy.publicPolicy?.unlockAllowed === true
      : refusal === undefined &&
        isLocked &&
        unlockAllowed(user, policy, writeback) &&
        // An unlock would not open a reported password again, so it is not offered.
        !(user && (await isReported(trx, user))),
    refusal: refusal ?? null,
    language: asked.language,
    created_at: now,
    expires_at: plus(now, JOURNEY_LASTS),
    problem: null,
    contacted_at: null,
    finished_at: null,
    sign_in_id: asked.signIn?.tenantId === tenantId ? asked.signIn.id : null,
    directory_rules: looked?.rules ?? null,
  }
  await trx.last(() =>
    Promise.all([
      insertJourney(trx, row),
      recordStep(
        trx,
        act,
        { user: found },
        {
          activity: 'reset.started',
          result: 'success',
          details: { policy: policy.id, gates: String(policy.settings.gates) },
        },
        ...(refusal ? [{ activity: 'reset.refused', result: 'failure', reason: refusal } as const] : []),
      ),
      // For every name alike; the job finds out whether a person is told why it leads nowhere.
      concealed && enqueue(trx, 'explain-refusal', { tenantId, journeyId: id, browser: facts.browser }),
    ]),
  )
  return beginJourney(act, tenantId, { ...facts, row, typedName: asked.username })
}
