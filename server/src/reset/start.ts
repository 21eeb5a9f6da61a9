import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { supportCode } from '../crypto/index.ts'
import { findTenantId, readName } from '../directory/index.ts'
import { counterKeysOf, hasLock } from '../limits/index.ts'
import { resetMethods } from '../methods/index.ts'
import { isReported } from '../passwords/index.ts'
import { decide } from '../readiness/index.ts'
import { type Db, enqueue, inTenant } from '../store/index.ts'
import { JOURNEY_LASTS, type Journey } from './journey.ts'
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
}

/**
 * Begins a reset for known and unknown names alike: both write the same rows. No row of the account is touched.
 */
export async function startReset(db: Db, begun: Act, asked: ResetRequest): Promise<Journey> {
  const { now, random, keys } = begun
  const name = readName(asked.username)
  const tenantId = await findTenantId(db, name.domain)
  const id = asked.id ?? random.uuid(now)
  const trail = { ...begun.trail, correlationId: id, supportCode: supportCode(begun, tenantId, id) }
  const act = { ...begun, trail }
  return inTenant(db, tenantId, async trx => {
    const facts = await findFirstFacts(trx, act, name.folded, asked.deviceCookie)
    const { found, user, policy, protection, recorded } = facts
    const usable = resetMethods(act, policy, recorded)
    const refusal = decide({ user, policy, usable, proved: false })
    const concealed = protection.concealAccounts
    const row: JourneyRow & NewJourney = {
      tenant_id: tenantId,
      id,
      kind: 'reset',
      user_id: found?.id ?? null,
      typed_name_sealed: keys.seal({ purpose: 'typed-name', tenantId, rowId: id }, asked.username),
      browser_hash: keys.mac('browser', asked.browserToken),
      counter_keys: counterKeysOf(act, tenantId, name.folded),
      security_epoch: found?.securityEpoch ?? null,
      // Where accounts are concealed every name is asked, so that a lock does not show.
      may_unlock: concealed
        ? policy.publicPolicy?.unlockAllowed === true
        : refusal === undefined &&
          hasLock(facts.blocks) &&
          policy.settings.unlockAllowed &&
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
  })
}
