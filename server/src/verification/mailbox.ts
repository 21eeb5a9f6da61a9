import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { acceptMailbox, findStages, getAccount, mailProof } from '../partners/index.ts'
import { type Db, endedLongAgo, findByToken, inTenant, isOver, issueToken, type Trx } from '../store/index.ts'
import { refuse, refuseLink } from './errors.ts'

/** How long a link that proves a mailbox can be opened. */
const LASTS = 7 * DAY

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'partner_mailbox_links', purpose: 'partner-mailbox' } as const

/** A link that proves the mailbox of a firm's contact. */
export interface MailboxLink {
  tenantId: string
  id: string
  mailboxHash: Buffer
  expiresAt: Date
}

/** Issues a link for the contact's mailbox, and voids the older ones. */
export async function issueMailboxLink(trx: Trx, means: Means, mail: string): Promise<string> {
  await trx
    .updateTable('partner_mailbox_links')
    .set({ expires_at: means.now })
    .where('tenant_id', '=', trx.tenantId)
    .where('expires_at', '>', means.now)
    .execute()
  return issueToken(trx, means, LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: { mailbox_hash: means.keys.mac('mailbox', mail) },
  })
}

/** Mails the link once more. Throws `wrong_status`, `throttled` after three a day. */
export async function resendMailboxLink(trx: Trx, act: Act): Promise<void> {
  const { tenantId } = trx
  demand(act, 'partner.verification.write', { kind: 'tenant', tenantId })
  await getAccount(trx, act, true)
  const stage = (await findStages(trx)).find(one => one.stage === 'emailOwnership')
  if (stage?.status !== 'pending') throw refuse('wrong_status')
  await mailProof(trx, act)
}

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findMailboxLink(db: Db, means: Means, token: string): Promise<MailboxLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuseLink('link_expired')
  return row && { tenantId: row.tenant_id, id: row.id, mailboxHash: row.mailbox_hash, expiresAt: row.expires_at }
}

/** The press on a link proves the mailbox, where it is still the contact's. Throws `link_expired`. */
export const openMailboxLink = (db: Db, act: Act, { tenantId, id, mailboxHash }: MailboxLink): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const account = await getAccount(trx, act, true)
    const claimed = await trx
      .updateTable('partner_mailbox_links')
      .set({ expires_at: act.now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('expires_at', '>', act.now)
      .returning('id')
      .executeTakeFirst()
    const isTheirs = act.keys.matches(mailboxHash, 'mailbox', account.contacts.primary.mail)
    const pressed = { ...act, trail: { ...act.trail, correlationId: id } }
    if (!claimed || !isTheirs || !(await acceptMailbox(trx, pressed, account))) throw refuseLink('link_expired')
  })

/** Links that ended 30 days ago. */
export const oldMailboxLinks = endedLongAgo('partner_mailbox_links', { lasts: LASTS, kept: KEPT })
