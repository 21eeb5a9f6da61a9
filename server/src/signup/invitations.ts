import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findGlobalAdministrator, getTenant, lockTenant, type User } from '../directory/index.ts'
import { admitMail } from '../mailboxes/index.ts'
import { type InvitationVariables, queueNotices } from '../notifications/index.ts'
import {
  addToken,
  bindToken,
  type Db,
  endedLongAgo,
  findByToken,
  inTenant,
  isOver,
  issueToken,
  type SealedColumn,
  type Trx,
} from '../store/index.ts'
import { readAnyAddress } from './addresses.ts'
import { refuse } from './errors.ts'

/** How long an invitation can be taken. */
const LASTS = 72 * HOUR

/** Invitations of a tenant that are open at once. */
const OPEN_AT_MOST = 10

/** How long an ended invitation is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'administrator_invitations', purpose: 'mailed-link' } as const

const placeOf = (tenantId: string, rowId: string) => ({ purpose: 'invited-address', tenantId, rowId }) as const

/** The columns that a job seals anew. */
export const invitationSeals: SealedColumn[] = [
  { table: 'administrator_invitations', column: 'address_sealed', key: ['id'], purpose: 'invited-address' },
]

/** Invitations that ended 30 days ago. */
export const oldInvitations = endedLongAgo('administrator_invitations', { lasts: LASTS, kept: KEPT })

/** An invitation that can be taken. */
export interface Invitation {
  tenantId: string
  id: string
  address: string
  /** The domain of the new account's name. */
  domain: string
  invitedBy: Inviter
  /** The names that a partner proposed for the first administrator of a company that it made. */
  proposed: ProposedNames | null
  expiresAt: Date
}

/** Who invites, as the reader is told. */
export interface Inviter {
  displayName: string
  userPrincipalName: string
}

export interface ProposedNames {
  givenName: string
  surname: string
  userName: string
}

/**
 * Invites another Global Administrator by mail. The inviter's role is read anew. To a mailbox whose reader has stopped
 * such mails nothing is sent, and nothing says so. Throws `address_invalid`, `forbidden`, `throttled`, `invitations_open`.
 */
export async function inviteAdministrator(
  db: Db,
  begun: Act,
  { tenantId, userId, address: typed, field }: { tenantId: string; userId: string; address: string; field: string },
): Promise<{ id: string; expiresAt: Date }> {
  const { address } = readAnyAddress(typed, field)
  const id = begun.random.uuid(begun.now)
  const act = { ...begun, trail: { ...begun.trail, correlationId: id } }
  await inTenant(db, tenantId, trx => getInviter(trx, userId))
  const admitted = await admitMail(db, act, address)
  return inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const inviter = await getInviter(trx, userId)
    await checkOpen(trx, act.now)
    const expiresAt = plus(act.now, LASTS)
    const token = await addToken(trx, act, LINKS, {
      ...{ id, expiresAt },
      values: { address_sealed: act.keys.seal(placeOf(tenantId, id), address), invited_by: userId },
    })
    const variables = { who: inviter.displayName, name: inviter.userPrincipalName, expiresAt: expiresAt.toISOString() }
    if (admitted) await mailInvitation(trx, act, { address, variables, secret: `${token} ${admitted.stop}` })
    const actor = { kind: 'user', id: inviter.id, name: inviter.userPrincipalName } as const
    await record(
      trx,
      { ...act, actor },
      { activity: 'administrator.invited', result: 'success', details: { invitation: id } },
    )
    return { id, expiresAt }
  })
}

async function mailInvitation(
  trx: Trx,
  act: Act,
  {
    address,
    variables,
    secret,
  }: { address: string; variables: Omit<InvitationVariables, 'organization'>; secret: string },
): Promise<void> {
  const { displayName: organization, preferredLanguage: language } = await getTenant(trx, trx.tenantId)
  await queueNotices(trx, act, [
    { to: address, language, template: 'invitation', variables: { organization, ...variables }, secret },
  ])
}

/**
 * Invites the first administrator of a company that a partner made and where nobody is yet. An earlier link opens nothing
 * any more. To a mailbox whose reader has stopped such mails nothing is sent.
 */
export async function inviteFirst(
  trx: Trx,
  act: Act,
  {
    address,
    admitted,
    inviter,
    proposed,
  }: {
    address: string
    admitted: Awaited<ReturnType<typeof admitMail>>
    inviter: Inviter
    proposed: ProposedNames
  },
): Promise<Date> {
  const id = act.random.uuid(act.now)
  const expiresAt = plus(act.now, LASTS)
  const token = await issueToken(trx, act, LINKS, {
    ...{ id, expiresAt, reader: { invited_by: null } },
    values: {
      address_sealed: act.keys.seal(placeOf(trx.tenantId, id), address),
      ...{ inviter: JSON.stringify(inviter), proposed: JSON.stringify(proposed) },
    },
  })
  const variables = { who: inviter.displayName, name: inviter.userPrincipalName, expiresAt: expiresAt.toISOString() }
  if (admitted) await mailInvitation(trx, act, { address, variables, secret: `${token} ${admitted.stop}` })
  await record(trx, act, { activity: 'administrator.invited', result: 'success', details: { invitation: id } })
  return expiresAt
}

/** Whether the company that is entered has had an administrator. */
export async function hasJoined(trx: Trx): Promise<boolean> {
  const found = await trx
    .selectFrom('accounts')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** The enabled Global Administrator of this id. Throws `forbidden`. */
async function getInviter(trx: Trx, userId: string): Promise<User> {
  const user = await findGlobalAdministrator(trx, userId)
  if (!user) throw refuse('forbidden')
  return user
}

async function checkOpen(trx: Trx, now: Date): Promise<void> {
  const { open } = await trx
    .selectFrom('administrator_invitations')
    .select(row => row.fn.countAll<string>().as('open'))
    .where('tenant_id', '=', trx.tenantId)
    .where('joined_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(open) >= OPEN_AT_MOST) throw refuse('invitations_open')
}

/** The invitation of a link; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findInvitation(db: Db, means: Means, token: string): Promise<Invitation | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  return row && inTenant(db, row.tenant_id, trx => openInvitation(trx, means, row.id))
}

/** The invitation of this id while it can be taken: by nobody yet, in time, of somebody who may still invite. Throws `link_expired`. */
async function openInvitation(trx: Trx, { keys, now }: Means, id: string): Promise<Invitation> {
  const { tenantId } = trx
  const row = await trx
    .selectFrom('administrator_invitations')
    .select(['address_sealed', 'invited_by', 'inviter', 'proposed', 'expires_at', 'joined_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row || row.joined_at || isOver(row.expires_at, now, LASTS)) throw refuse('link_expired')
  const invitedBy =
    row.invited_by === null ? (row.inviter as unknown as Inviter) : await findGlobalAdministrator(trx, row.invited_by)
  // Who made a company lets its first administrator in, and nobody after that.
  if (!invitedBy || (row.invited_by === null && (await hasJoined(trx)))) throw refuse('link_expired')
  const address = keys.open(placeOf(tenantId, id), row.address_sealed)
  const proposed = row.proposed as unknown as ProposedNames | null
  return { tenantId, id, address, domain: await getInitialDomain(trx), invitedBy, proposed, expiresAt: row.expires_at }
}

/** Gives an invitation to a browser too. Throws `link_expired` where five have it. */
export async function bindInvitation(db: Db, means: Means, { tenantId, id }: Invitation, browserToken: string) {
  const isBound = await inTenant(db, tenantId, trx => bindToken(trx, means, LINKS, { id, browserToken }))
  if (!isBound) throw refuse('link_expired')
}

/** The invitation that this browser has opened. Throws `not_found`, `link_expired`. */
export async function getInvitation(
  db: Db,
  means: Means,
  { tenants, token, id }: { tenants: readonly string[]; token: string | undefined; id: string },
): Promise<Invitation> {
  if (token === undefined || !isUuid(id)) throw refuse('not_found')
  const hashes = means.keys.macs('browser', token)
  for (const tenantId of tenants) {
    const found = await inTenant(db, tenantId, async trx => {
      const row = await trx
        .selectFrom('administrator_invitations')
        .select('browser_hashes')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .executeTakeFirst()
      const isBound = row?.browser_hashes.some(one => hashes.some(hash => hash.equals(one)))
      return isBound ? openInvitation(trx, means, id) : undefined
    })
    if (found) return found
  }
  throw refuse('not_found')
}

/** Takes an invitation, once, in the transaction that makes its administrator. Throws `link_expired`. */
export async function claimInvitation(trx: Trx, means: Means, id: string): Promise<Invitation> {
  // Of two who join a company at once as its first, the second finds the first.
  await lockTenant(trx, trx.tenantId)
  const invitation = await openInvitation(trx, means, id)
  const claimed = await trx
    .updateTable('administrator_invitations')
    .set({ joined_at: means.now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('joined_at', 'is', null)
    .where('expires_at', '>', means.now)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw refuse('link_expired')
  return invitation
}

/** The domain that the tenant has had from its beginning. */
async function getInitialDomain(trx: Trx): Promise<string> {
  const { name } = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('is_initial', '=', true)
    .executeTakeFirstOrThrow()
  return name
}
