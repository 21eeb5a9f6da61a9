import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import { findUser, noteDirectory, raiseSecurityEpoch } from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import { clearFailures } from '../passwords/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { findAgent } from './agents.ts'
import { ANSWERED_WITHIN, REQUEST_LIVES, saidIn, settleRequest } from './requests.ts'

/**
 * Draws the consequence of answers that nobody took: they came too late, or the server that waited for them has ended. A
 * password that the directory did set ends its person's sessions here too, and they are told by mail that it works.
 */
export async function settleLost(db: Db, act: Act, tenantId: string): Promise<void> {
  const lost = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('agent_requests')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('password_of', 'is not', null)
      .where('answer', 'is not', null)
      .where('expires_at', '<', plus(act.now, REQUEST_LIVES - ANSWERED_WITHIN))
      .execute(),
  )
  for (const { id } of lost) await inTenant(db, tenantId, trx => settle(trx, act, id))
}

async function settle(trx: Trx, act: Act, id: string): Promise<void> {
  const row = await trx
    .selectFrom('agent_requests')
    .select(['agent_id', 'password_of', 'must_change', 'expires_at', 'answer'])
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row?.answer || !row.password_of) return
  const user = await findUser(trx, trx.tenantId, row.password_of, true)
  const agent = await findAgent(trx, row.agent_id)
  if (!(await settleRequest(trx, id)) || !user || !agent) return
  const said = await saidIn(trx, act, { agentId: agent.id, frame: row.answer })
  if (said?.kind !== 'answer' || said.nonce !== id) return
  const { outcome } = said.answer
  if (outcome === 'done') {
    const isLast = await isLastPassword(trx, user.id, plus(row.expires_at, -REQUEST_LIVES))
    await raiseSecurityEpoch(trx, trx.tenantId, user.id)
    await clearFailures(trx, act, user)
    // Who has chosen another meanwhile would be led to the wrong one.
    if (isLast) {
      await noteDirectory(trx, user, { passwordAt: act.now, mustChange: row.must_change, lockedAt: null })
      await tellOwner(trx, act, user, { template: row.must_change ? 'password_reset' : 'password_set_late' })
    }
  }
  if (outcome !== 'silent') await noteDirectory(trx, user, { unsureAt: null })
  await record(trx, act, {
    activity: 'agent.answered_late',
    result: outcome === 'done' ? 'success' : 'failure',
    reason: outcome,
    target: { id: user.id, name: user.userPrincipalName },
    details: { agent: agent.name },
  })
}

/** Whether nobody has set this person's password there since. */
async function isLastPassword(trx: Trx, id: string, sentAt: Date): Promise<boolean> {
  const later = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('directory_password_at', '>', sentAt)
    .executeTakeFirst()
  return later === undefined
}
