import { record, type Trail } from '../audit/index.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findAccount, findTenantId, nobody, readName } from '../directory/index.ts'
import { isLocked } from '../limits/index.ts'
import { findMethods } from '../methods/index.ts'
import { type Db, enqueue, inTenant } from '../store/index.ts'
import { decide, resetMethods } from './decide.ts'
import { beginJourney, JOURNEY_LASTS, type Journey } from './journey.ts'
import { insertJourney } from './queries.ts'

/** What begins a reset. */
export interface ResetRequest {
  /** As it was typed. */
  username: string
  /** The secret of the browser that the journey belongs to. */
  browserToken: string
  deviceCookie?: string | undefined
  language: string
  trail: Omit<Trail, 'correlationId'>
}

/**
 * Begins a reset, for a known name and for an unknown one alike: both write the same rows. No row of the account is touched.
 */
export async function startReset(db: Db, means: Means, asked: ResetRequest): Promise<Journey> {
  const { now, random, keys } = means
  const name = readName(asked.username)
  const tenantId = await findTenantId(db, name.domain)
  const id = random.uuid(now)
  return inTenant(db, tenantId, async trx => {
    const { found, user, policy, protection } = await findAccount(trx, tenantId, { name: name.folded })
    // Read for nobody too: what is skipped for an unknown name could be measured.
    const recorded = await findMethods(trx, means, user ?? nobody(tenantId))
    const usable = resetMethods(means, policy, recorded)
    const refusal = decide({ user, policy, usable })
    const concealed = protection.concealAccounts
    const locked = await isLocked(trx, means, tenantId, name.folded)
    const row = await insertJourney(trx, {
      tenant_id: tenantId,
      id,
      kind: 'reset',
      user_id: found?.id ?? null,
      typed_name_sealed: keys.seal({ purpose: 'typed-name', tenantId, rowId: id }, asked.username),
      browser_hash: keys.mac('browser', asked.browserToken),
      security_epoch: found?.securityEpoch ?? null,
      // Where accounts are concealed every name is asked: who is locked is nobody's business.
      may_unlock: concealed ? policy.face?.unlockAllowed === true : locked && policy.settings.unlockAllowed,
      refusal: refusal ?? null,
      language: asked.language,
      created_at: now,
      expires_at: plus(now, JOURNEY_LASTS),
    })
    const actor = { kind: 'user', name: found?.userPrincipalName ?? 'unknown' } as const
    const target = found && { target: { id: found.id, name: found.userPrincipalName } }
    const trail = { ...asked.trail, correlationId: id }
    await record(
      trx,
      means,
      tenantId,
      trail,
      { activity: 'reset.started', result: 'success', actor, ...target },
      ...(refusal
        ? [{ activity: 'reset.refused', result: 'failure', reason: refusal, actor, ...target } as const]
        : []),
    )
    // For every name alike; the job finds out whether anybody is to be told why it leads nowhere.
    if (concealed) await enqueue(trx, 'explain-refusal', { tenantId, journeyId: id })
    const asker = { browserToken: asked.browserToken, deviceCookie: asked.deviceCookie }
    return beginJourney(trx, means, tenantId, asker, { row, found, policy, protection, recorded })
  })
}
