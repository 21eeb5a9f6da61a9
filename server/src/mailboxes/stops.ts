import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { addToken, type Db, findByToken, inTenant, isOver, stillLasts, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { countMail, subjectsOf } from './mailbox.ts'

// Every mail to a typed address holds a link by which its reader stops all of them. Several such mails may lie in one
// mailbox, and the reader opens any of them: so a new link does not void the older ones, as it does elsewhere.

/** How long such a link can be opened. */
export const LINK_LASTS = 30 * DAY

/** How long a stopped mailbox gets no mail. */
export const STOP_LASTS = 90 * DAY

const LINKS = { table: 'mailbox_links', purpose: 'mailbox-link' } as const

/** Issues a link that stops all mails to this address. */
export const issueStop = (trx: Trx, means: Means, address: string): Promise<string> =>
  addToken(trx, means, LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LINK_LASTS) },
    values: { purpose: 'stop', subject: subjectsOf(means, address)[0]! },
  })

/** A link that can be opened. */
export interface StopLink {
  tenantId: string
  subject: Buffer
  expiresAt: Date
}

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findStop(db: Db, means: Means, token: string): Promise<StopLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LINK_LASTS)) throw refuse('link_expired')
  return row && { tenantId: row.tenant_id, subject: row.subject, expiresAt: row.expires_at }
}

/** Stops all mails to the mailbox of a link. Returns until when. Opened once more, it begins again. */
export async function stopMails(db: Db, { now }: Means, { tenantId, subject }: StopLink): Promise<Date> {
  const ends = plus(now, STOP_LASTS)
  await inTenant(db, tenantId, trx =>
    trx
      .insertInto('stopped_mailboxes')
      .values({ tenant_id: tenantId, subject, ends_at: ends })
      .onConflict(conflict => conflict.columns(['tenant_id', 'subject']).doUpdateSet({ ends_at: ends }))
      .execute(),
  )
  return ends
}

/** Whether the reader of this address wants no such mail. */
export async function isStopped(trx: Trx, means: Means, address: string): Promise<boolean> {
  const subjects = subjectsOf(means, address)
  const { rows } = await sql`
    select from stopped_mailboxes where tenant_id = ${trx.tenantId} and subject = any(${subjects}::bytea[])
      and ${stillLasts(sql`ends_at`, means.now, STOP_LASTS)}`.execute(trx)
  return rows.length > 0
}

/**
 * Counts a mail other than a code to an address that somebody typed, before it is queued. Returns the token of the link
 * that stops such mails; undefined where the reader wants none: who typed the address is not told. Throws `throttled`.
 */
export const admitMail = (db: Db, means: Means, address: string): Promise<{ stop: string } | undefined> =>
  inTenant(db, NOBODYS_TENANT, async trx => {
    await countMail(trx, means, address)
    return (await isStopped(trx, means, address)) ? undefined : { stop: await issueStop(trx, means, address) }
  })
