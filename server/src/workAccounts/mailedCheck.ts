import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findMailboxHolder, NOBODYS_TENANT } from '../directory/index.ts'
import { admitMail, mailboxSubjects } from '../mailboxes/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { addToken, type Db, endedLongAgo, findByToken, inTenant, isOver, type SealedColumn } from '../store/index.ts'
import { mailboxOf, readAddress } from '../typing/index.ts'
import { type AccountCheck, signAnswer } from './check.ts'
import { refuse } from './errors.ts'

/** How long a mailed link shows its answer. */
const LASTS = DAY

/** How long an ended one is told from one that never was; its address goes with it. */
const KEPT = DAY

const LINKS = { table: 'account_check_links', purpose: 'mailed-link', tenantId: NOBODYS_TENANT } as const

const placeOf = (rowId: string) => ({ purpose: 'account-check-address', tenantId: NOBODYS_TENANT, rowId }) as const

/** The columns that a job seals anew. */
export const accountCheckSeals: SealedColumn[] = [
  { table: 'account_check_links', column: 'address_sealed', key: ['id'], purpose: 'account-check-address' },
]

/** Links that ended a day ago. */
export const oldAccountCheckLinks = endedLongAgo('account_check_links', { lasts: LASTS, kept: KEPT })

/**
 * Mails a link that tells a mailbox whether it has an account. Nothing is looked up until it is opened, so that every
 * address takes the same statements. To a mailbox whose reader has stopped such mails nothing is sent, and nothing says
 * so. Throws `address_invalid`, `throttled`.
 */
export async function mailCheck(db: Db, begun: Act, typed: { address: string; language: string }): Promise<void> {
  const address = readAddress(typed.address)
  if (address === undefined) throw refuse('address_invalid', { field: 'address' })
  const id = begun.random.uuid(begun.now)
  const act = { ...begun, trail: { ...begun.trail, correlationId: id } }
  const admitted = await admitMail(db, act, address)
  if (!admitted) return
  const expiresAt = plus(act.now, LASTS)
  await inTenant(db, NOBODYS_TENANT, async trx => {
    await trx
      .updateTable('account_check_links')
      .set({ expires_at: act.now })
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where('subject', 'in', mailboxSubjects(act, address))
      .where('expires_at', '>', act.now)
      .execute()
    const token = await addToken(trx, act, LINKS, {
      ...{ id, expiresAt },
      values: { subject: mailboxSubjects(act, address)[0]!, address_sealed: act.keys.seal(placeOf(id), address) },
    })
    await queueNotices(trx, act, [
      {
        ...{ to: address, language: typed.language, secret: `${token} ${admitted.stop}` },
        ...{ template: 'account_check', variables: { expiresAt: expiresAt.toISOString() } },
      },
    ])
  })
}

/** A mailed link that shows its answer, more than once: it changes nothing. */
export interface MailedCheck {
  address: string
  expiresAt: Date
}

/** The link of a token; undefined where it is none of these. Throws `link_expired`. */
export async function findMailedCheck(db: Db, means: Means, token: string): Promise<MailedCheck | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { address: means.keys.open(placeOf(row.id), row.address_sealed), expiresAt: row.expires_at }
}

/** The page of the answer, as things stand now: who opens the link has proved the mailbox. */
export async function answerMailedCheck(db: Db, means: Means, { address }: MailedCheck): Promise<string> {
  const { domain } = mailboxOf(address)
  const found: AccountCheck = { domain, ...(await findMailboxHolder(db, { address, domain })) }
  return `/account-check?answer=${signAnswer(means, found)}`
}
