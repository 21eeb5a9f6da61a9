import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { admitMail, mailboxSubjects } from '../mailboxes/index.ts'
import { queueNotices } from '../notifications/index.ts'
import {
  addToken,
  bindToken,
  type Db,
  endedLongAgo,
  findByToken,
  inSystem,
  inTenant,
  isOver,
  type SealedColumn,
  stillLasts,
  type Trx,
} from '../store/index.ts'
import { readCompanyAddress } from './addresses.ts'
import { refuse } from './errors.ts'

// Where nobody may sign a company up unasked, the operator invites a mailbox. Its link is a right of that mailbox alone:
// whoever else gets hold of it would have to read the code that is mailed there, too.

/** How long an invitation can be taken (work accounts on the wire, §2). */
const LASTS = 72 * HOUR

/** How long an ended invitation is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'signup_invitations', purpose: 'mailed-link', tenantId: NOBODYS_TENANT } as const

const placeOf = (rowId: string) => ({ purpose: 'signup-invitation', tenantId: NOBODYS_TENANT, rowId }) as const

/** The columns that a job seals anew. */
export const signupInvitationSeals: SealedColumn[] = [
  { table: 'signup_invitations', column: 'address_sealed', key: ['id'], purpose: 'signup-invitation' },
]

/** Invitations that ended 30 days ago. */
export const oldSignupInvitations = endedLongAgo('signup_invitations', { lasts: LASTS, kept: KEPT })

/** An invitation that can be taken. */
export interface SignupInvitation {
  id: string
  address: string
  expiresAt: Date
}

/**
 * Invites a mailbox to sign its company up, which voids the older invitations of it. `isMailed`: not where its reader has
 * stopped such mails. Throws `address_*`, `throttled`.
 */
export async function inviteSignup(
  db: Db,
  begun: Act,
  { address: typed, language, suffix }: { address: string; language: string; suffix: string | undefined },
): Promise<{ address: string; expiresAt: Date; isMailed: boolean }> {
  const { address } = readCompanyAddress(typed, suffix)
  const id = begun.random.uuid(begun.now)
  const act = { ...begun, trail: { ...begun.trail, correlationId: id } }
  const admitted = await admitMail(db, act, address)
  const expiresAt = plus(act.now, LASTS)
  await inTenant(db, NOBODYS_TENANT, async trx => {
    await voidInvitations(trx, act, address)
    const token = await addToken(trx, act, LINKS, {
      ...{ id, expiresAt },
      values: { subject: mailboxSubjects(act, address)[0]!, address_sealed: act.keys.seal(placeOf(id), address) },
    })
    if (admitted)
      await queueNotices(trx, act, [
        {
          to: address,
          language,
          template: 'signup_invitation',
          variables: { expiresAt: expiresAt.toISOString() },
          secret: `${token} ${admitted.stop}`,
        },
      ])
    await record(trx, act, { activity: 'signup.invited', result: 'success', details: { invitation: id } })
  })
  return { address, expiresAt, isMailed: admitted !== undefined }
}

/** Takes back the invitations of a mailbox. Whether there was one. Throws `address_*`. */
export const revokeSignupInvitation = (
  db: Db,
  act: Act,
  { address, suffix }: { address: string; suffix: string | undefined },
): Promise<boolean> =>
  inTenant(
    db,
    NOBODYS_TENANT,
    async trx => (await voidInvitations(trx, act, readCompanyAddress(address, suffix).address)) > 0,
  )

async function voidInvitations(trx: Trx, means: Means, address: string): Promise<number> {
  const voided = await trx
    .updateTable('signup_invitations')
    .set({ voided_at: means.now })
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('subject', 'in', mailboxSubjects(means, address))
    .where('voided_at', 'is', null)
    .where('expires_at', '>', means.now)
    .returning('id')
    .execute()
  return voided.length
}

/** The invitation of a link; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findSignupInvitation(db: Db, means: Means, token: string): Promise<SignupInvitation | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (!row) return undefined
  const { id, expires_at: expiresAt } = row
  if (row.voided_at || isOver(expiresAt, means.now, LASTS) || (await isUsed(db, id))) throw refuse('link_expired')
  return { id, address: means.keys.open(placeOf(id), row.address_sealed), expiresAt }
}

/** Gives an invitation to a browser too. Throws `link_expired` where five have it. */
export async function bindSignupInvitation(
  db: Db,
  means: Means,
  { id }: SignupInvitation,
  browserToken: string,
): Promise<void> {
  const isBound = await inTenant(db, NOBODYS_TENANT, trx => bindToken(trx, means, LINKS, { id, browserToken }))
  if (!isBound) throw refuse('link_expired')
}

/** The newest invitation that this browser has opened and that can still be taken. */
export async function findBoundInvitation(
  db: Db,
  { keys, now }: Means,
  browserToken: string | undefined,
): Promise<SignupInvitation | undefined> {
  if (browserToken === undefined) return undefined
  const hashes = keys.macs('browser', browserToken)
  const rows = await inTenant(db, NOBODYS_TENANT, trx =>
    trx
      .selectFrom('signup_invitations')
      .select(['id', 'address_sealed', 'expires_at'])
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where(sql<boolean>`browser_hashes && ${hashes}::bytea[]`)
      .where('voided_at', 'is', null)
      .where(stillLasts(sql`expires_at`, now, LASTS))
      .orderBy('created_at', 'desc')
      .execute(),
  )
  for (const row of rows)
    if (!(await isUsed(db, row.id)))
      return { id: row.id, address: keys.open(placeOf(row.id), row.address_sealed), expiresAt: row.expires_at }
  return undefined
}

/** Throws `invitation_invalid` where another mailbox was invited. A tag makes no other one. */
export function checkInvited(means: Means, { address: invited }: SignupInvitation, address: string): void {
  const [subject] = mailboxSubjects(means, invited)
  if (!mailboxSubjects(means, address).some(one => one.equals(subject!)))
    throw refuse('invitation_invalid', { field: 'address' })
}

/** The invitation at the end of the journey that it began, which may outlast it. Throws `invitation_invalid` where it was voided, or has made a tenant. */
export async function checkStillInvited(db: Db, id: string): Promise<void> {
  const row = await inTenant(db, NOBODYS_TENANT, trx =>
    trx
      .selectFrom('signup_invitations')
      .select('voided_at')
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where('id', '=', id)
      .executeTakeFirst(),
  )
  if (!row || row.voided_at || (await isUsed(db, id))) throw refuse('invitation_invalid')
}

/** Whether it has made a tenant. */
const isUsed = async (db: Db, id: string): Promise<boolean> =>
  (await inSystem(db, trx =>
    trx.selectFrom('signup_tenants').select('tenant_id').where('invitation_id', '=', id).executeTakeFirst(),
  )) !== undefined
