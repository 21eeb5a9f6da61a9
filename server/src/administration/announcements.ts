import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findUser, getTenant } from '../directory/index.ts'
import { announcementStopToken, announcements, hasStoppedAnnouncements, queueNotices } from '../notifications/index.ts'
import { listPolicies } from '../policies/index.ts'
import { readinessOf } from '../readiness/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/** Whom an announcement is for, besides that the account is enabled. */
const readers = {
  coming: 'anybody',
  register: 'unregistered',
  reminder: 'unregistered',
  lastDays: 'asked at sign-in',
  available: 'who may reset',
  helpDesk: 'anybody',
} as const satisfies Record<
  keyof typeof announcements,
  'anybody' | 'unregistered' | 'asked at sign-in' | 'who may reset'
>

/** The mails of a roll-out, in their order. */
export type AnnouncementKind = keyof typeof readers
export const announcementKinds = Object.keys(readers) as AnnouncementKind[]

/** Throws `property_invalid` where no policy does for anybody what the mail promises. */
export async function checkPromise(trx: Trx, kind: AnnouncementKind): Promise<void> {
  if (kind !== 'lastDays' && kind !== 'available') return
  const on = (await listPolicies(trx, trx.tenantId)).filter(({ settings }) => settings.enabled)
  const isTrue = kind === 'available' ? on.length > 0 : on.some(({ settings }) => settings.registrationRequired)
  if (!isTrue) throw refuse('property_invalid', { field: 'kind' })
}

/**
 * Mails somebody one of the mails of a roll-out. Those that ask to register go where the policy lets a person reset who has
 * not registered, and the one of the last days where sign-in asks them to. Throws `not_found`, `not_announced`,
 * `announcement_stopped` where the person wants no such mail, and what `demand` throws.
 */
export async function announceRegistration(
  trx: Trx,
  act: Act,
  { id, kind }: { id: string; kind: AnnouncementKind },
): Promise<void> {
  const { tenantId } = trx
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId })
  const user = await findUser(trx, tenantId, id)
  if (!user) throw refuseMissing('not_found')
  if (!user.accountEnabled) throw refuse('not_announced')
  if (readers[kind] !== 'anybody') {
    const [readiness] = await readinessOf(trx, act, [user])
    if (!readiness?.isEnabled) throw refuse('not_announced')
    if (readers[kind] === 'unregistered' && readiness.isRegistered) throw refuse('not_announced')
    if (readers[kind] === 'asked at sign-in' && !readiness.mustRegister) throw refuse('not_announced')
  }
  if (await hasStoppedAnnouncements(trx, id)) throw refuse('announcement_stopped')
  const { displayName: organization, preferredLanguage } = await getTenant(trx, tenantId)
  await queueNotices(trx, act, [
    {
      to: user.mail ?? user.userPrincipalName,
      language: user.preferredLanguage ?? preferredLanguage,
      template: announcements[kind],
      secret: announcementStopToken(act.keys, { tenantId, userId: id }),
      variables: { organization, username: user.userPrincipalName },
    },
  ])
}
