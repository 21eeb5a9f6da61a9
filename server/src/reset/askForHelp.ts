import type { Act } from '../act.ts'
import { supportCode } from '../crypto/index.ts'
import { findTenantId, readName } from '../directory/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { type Asked, contactAdministrator, helpdeskOf } from './contact.ts'
import { refuse } from './errors.ts'
import { lockJourney, openJourney } from './open.ts'
import { type ResetRequest, startReset } from './start.ts'

/** Whether administrators were asked, or the help desk that replaces that mail. */
export type HelpAnswer = { asked: Asked } | { helpdesk: string }

/**
 * Asks for help as somebody does who began a reset: so it is counted, logged and mailed alike. The reset of this id is
 * begun the first time. Throws `nobody_to_ask`.
 */
export async function askForHelp(db: Db, begun: Act, asked: ResetRequest & { id: string }): Promise<HelpAnswer> {
  const { id } = asked
  const tenantId = await findTenantId(db, readName(asked.username).domain)
  const act = { ...begun, trail: { ...begun.trail, correlationId: id, supportCode: supportCode(begun, tenantId, id) } }
  const asker = { browserToken: asked.browserToken, deviceCookie: asked.deviceCookie }
  const known = await inTenant(db, tenantId, trx => openJourney(trx, act, { tenantId, id }, asker))
  if (!known) await startReset(db, act, asked)
  return inTenant(db, tenantId, async trx => {
    const journey = await lockJourney(trx, act, { tenantId, id }, asker)
    if (!journey) throw refuse('not_found')
    const helpdesk = helpdeskOf(journey)
    return helpdesk === undefined ? { asked: await contactAdministrator(trx, act, journey) } : { helpdesk }
  })
}
