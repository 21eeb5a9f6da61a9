import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findUser, getTenant, targetOf } from '../directory/index.ts'
import { issueLink } from '../links/index.ts'
import { findNoticeAddresses, methodsOf, openValue } from '../methods/index.ts'
import { queueNotices, tellOfAccount } from '../notifications/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/** Where a link goes: the address on record as a method, or the mailbox of the account. */
export const mailboxKinds = ['email', 'mail'] as const
export type MailboxKind = (typeof mailboxKinds)[number]

/**
 * Mails somebody a link that begins a reset. It passes no gate of it. Their other addresses are told.
 * Throws `not_found`, `mailbox_missing`, `throttled`, and what `demand` throws.
 */
export async function sendResetLink(
  trx: Trx,
  act: Act,
  { id, kind }: { id: string; kind: MailboxKind },
): Promise<void> {
  const { tenantId } = trx
  const user = await findUser(trx, tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'passwords.reset', targetOf(user))
  const recorded = await askOne(trx, methodsOf(act, user))
  const email = recorded.find(method => method.kind === 'email' && !method.blockedAt)
  const to = kind === 'mail' ? user.mail : email && openValue(act, email)
  if (!to) throw refuse('mailbox_missing', { field: 'kind' })
  const { token, expiresAt } = await issueLink(trx, act, user, 'reset')
  const { displayName: organization, preferredLanguage } = await getTenant(trx, tenantId)
  await queueNotices(trx, act, [
    {
      to,
      language: user.preferredLanguage ?? preferredLanguage,
      template: 'link',
      variables: {
        organization,
        username: user.userPrincipalName,
        purpose: 'reset',
        expiresAt: expiresAt.toISOString(),
      },
      secret: token,
    },
  ])
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'link.sent', result: 'success', target, details: { purpose: 'reset', kind } })
  // A thief who has put an address of their own on record must not get a link unseen.
  const others = (await findNoticeAddresses(trx, act, user, recorded)).filter(
    address => foldAddress(address) !== foldAddress(to),
  )
  const readers = others.map(address => ({
    to: address,
    preferredLanguage: user.preferredLanguage,
    template: 'reset_link_sent' as const,
  }))
  await tellOfAccount(trx, act, user, { readers })
}
