import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { supportCode } from '../crypto/index.ts'
import { findAccount, findProviderContact, findTenantId, getTenant, nobody, readName } from '../directory/index.ts'
import { type ContactCounter, spendContact } from '../limits/index.ts'
import { hasNotice, queueNotices } from '../notifications/index.ts'
import { familiarityOf } from '../sessions/index.ts'
import { askOne, type Db, enqueue, inTenant } from '../store/index.ts'
import type { Assistant } from './assistant.ts'
import { nameIn } from './contact.ts'
import { actOf, checkOpen } from './steps.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'ask-provider': { tenantId: string; assistantId: string; userId: string }
    }
  }
}

/**
 * Has the provider of the person's company asked for help: once a day for a name; strangers of a tenant twenty times an
 * hour. The answer tells neither whether there is a provider nor whether there is such a person. Throws
 * `journey_expired`, `wrong_state`, `invalid_request`.
 */
export async function askProvider(
  db: Db,
  begun: Act,
  one: Assistant,
  { named, deviceCookie }: { named: string | undefined; deviceCookie: string | undefined },
): Promise<'now' | 'earlier-today'> {
  checkOpen(one)
  const name = readName(nameIn(one, named))
  const tenantId = await findTenantId(db, name.domain)
  const act = actOf(begun, tenantId, one.id)
  return inTenant(db, tenantId, async trx => {
    const { user } = await findAccount(trx, { name: name.folded })
    const browser = await askOne(trx, familiarityOf(act, user ?? nobody(tenantId, name.folded), deviceCookie))
    // The owner's requests count apart: strangers could else use up the owner's day.
    const own: ContactCounter = { tenantId, kind: 'contact', name: `provider ${name.folded}`, browser }
    const all: ContactCounter = { tenantId, kind: 'tenantContacts', name: 'provider', browser: 'other' }
    const asked = await spendContact(trx, act, browser === 'familiar' ? [own] : [own, all])
    await record(trx, act, {
      activity: 'assistant.provider_asked',
      result: asked ? 'success' : 'failure',
      ...(!asked && { reason: 'asked earlier today' }),
    })
    if (!asked) return 'earlier-today'
    // For every name alike; the job finds out whether anybody is mailed.
    await enqueue(trx, 'ask-provider', { tenantId, assistantId: one.id, userId: user?.id ?? act.random.uuid(act.now) })
    return 'now'
  })
}

/** Mails the provider of a company for a person who has an account there; once, also where the job runs again. */
export async function mailProvider(
  db: Db,
  begun: Act,
  { tenantId, assistantId, userId }: GraphileWorker.Tasks['ask-provider'],
): Promise<void> {
  const act = actOf(begun, tenantId, assistantId)
  await inTenant(db, tenantId, async trx => {
    const { user } = await findAccount(trx, { id: userId }, true)
    if (!user || (await hasNotice(trx, assistantId, 'provider_request'))) return
    const to = await findProviderContact(trx)
    if (to === undefined) return
    const { displayName: organization, preferredLanguage: language } = await getTenant(trx, tenantId)
    const code = supportCode(act, tenantId, assistantId)
    const variables = { organization, username: user.userPrincipalName, supportCode: code }
    await queueNotices(trx, act, [{ to, language, template: 'provider_request', variables }])
  })
}
