import type { RawBuilder } from 'kysely'
import { demand, mayAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid, linkToken, type Means } from '../crypto/index.ts'
import { lockTenant } from '../directory/index.ts'
import { findAccount, isActivePartner, type PartnerAccount } from '../partners/index.ts'
import { type Db, endedLongAgo, inPair, inTenant, sql, type Trx } from '../store/index.ts'
import { demandGiving } from './deciding.ts'
import { giveDap, lockDap } from './delegations.ts'
import { refuse, refuseMissing, refusePerson } from './errors.ts'
import { namesOf } from './names.ts'
import { agreeWith } from './rescueAgreement.ts'
import { idOf, readId } from './rows.ts'
import { isProvided, lockServed, noteServed } from './served.ts'
import { type Kept, keepBoth } from './sides.ts'

/** How long an invitation is open (partners on the wire, §1). */
const LASTS = 30 * DAY

/** Invitations that a partner makes a day (partners on the wire, §7). */
const A_DAY = 50

const KEPT = 365 * DAY

/** Invitations that ended a year ago. */
export const oldPartnerInvitations = endedLongAgo('partner_invitations', { lasts: LASTS, kept: KEPT })

/** `reseller`: the firm sells to the company. `partnership`: the firm, a provider, has the company as a reseller. */
export type InvitationKind = 'reseller' | 'partnership' | 'both'

/** What a partner invites a company to. */
export interface Invitation {
  id: string
  kind: InvitationKind
  /** Whether it asks for delegated administration too. */
  dap: boolean
  resellerId: string | null
  status: 'open' | 'accepted' | 'declined' | 'revoked' | 'lapsed'
  createdAt: Date
  expiresAt: Date
  /** The company that has answered. */
  customerId: string | null
}

const selected = (trx: Trx, now: Date, where: RawBuilder<boolean>) => sql<Invitation>`
  select id, kind, dap, reseller_tenant_id as "resellerId", created_at as "createdAt", expires_at as "expiresAt",
    other_tenant_id as "customerId",
    coalesce(outcome, case when expires_at <= ${now}::timestamptz then 'lapsed' else 'open' end) as status
  from partner_invitations where tenant_id = ${trx.tenantId} and ${where} order by created_at desc, id`

/** The firm's invitations, the newest first. */
export const listInvitations = async (trx: Trx, now: Date): Promise<Invitation[]> =>
  (await selected(trx, now, sql`true`).execute(trx)).rows

/** Throws `not_found`. */
export async function getInvitation(trx: Trx, now: Date, id: string): Promise<Invitation> {
  const { rows } = await selected(trx, now, sql<boolean>`id::text = ${id.toLowerCase()}`).execute(trx)
  if (!rows[0]) throw refuseMissing('not_found')
  return rows[0]
}

export interface NewInvitation {
  kind: InvitationKind
  dap: boolean
  resellerId: string | undefined
}

/**
 * Invites a company that the firm hands the address to. Returns the secret of the address, which is told once. Throws
 * `account_not_active`, `not_a_provider`, `reseller_unknown`, `quota_exceeded`.
 */
export async function makeInvitation(
  trx: Trx,
  act: Act,
  { kind, dap, resellerId }: NewInvitation,
): Promise<{ id: string; token: string }> {
  const { tenantId } = trx
  const action = kind === 'reseller' ? 'partner.invite' : 'partner.invitePartner'
  demand(act, action, { kind: 'tenant', tenantId })
  if (!(await isActivePartner(trx))) throw refuse('account_not_active')
  // A partnership opens nothing in the reseller's tenant.
  if (kind === 'partnership' && dap) throw refuse('property_invalid', { field: 'dap' })
  if (kind !== 'reseller' && !isProvider(await findAccount(trx, act))) throw refuse('not_a_provider', { field: 'kind' })
  if (resellerId !== undefined) await checkReseller(trx, resellerId.toLowerCase())
  // Of several at once each counts those before it.
  await lockTenant(trx, tenantId)
  const { count } = await trx
    .selectFrom('partner_invitations')
    .select(row => row.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>', plus(act.now, -DAY))
    .executeTakeFirstOrThrow()
  if (Number(count) >= A_DAY) throw refuse('quota_exceeded')
  const [id, token] = [act.random.uuid(act.now), linkToken(act.random)]
  await trx
    .insertInto('partner_invitations')
    .values({
      ...{ tenant_id: tenantId, id, kind, dap, reseller_tenant_id: resellerId?.toLowerCase() ?? null },
      ...{ token_hash: hashOf(act, token), created_at: act.now, expires_at: plus(act.now, LASTS) },
    })
    .execute()
  await recordInvitation(trx, act, { id, kind }, 'invitation.created')
  return { id, token }
}

const hashOf = ({ keys }: Pick<Means, 'keys'>, token: string) => keys.mac('partner-invitation', token)

const isProvider = (account: PartnerAccount | undefined) => account?.kinds.includes('indirectProvider') === true

/** Whether the firm that is entered has this reseller. Throws `reseller_unknown`. */
export async function checkReseller(trx: Trx, resellerId: string): Promise<void> {
  const { rows } = isUuid(resellerId)
    ? await sql`
        select from served_companies served where served.tenant_id = ${resellerId}
          and served.other_tenant_id = ${trx.tenantId} and ${isProvided('served')}`.execute(trx)
    : { rows: [] }
  if (rows.length === 0) throw refuse('reseller_unknown', { field: 'resellerTenantId' })
}

const recordInvitation = (
  trx: Trx,
  act: Act,
  { id, kind }: Pick<Invitation, 'id' | 'kind'>,
  activity: 'invitation.created' | 'invitation.revoked',
) => record(trx, act, { activity, result: 'success', target: { id, name: kind }, customer: null })

/** Takes an invitation back that nobody has answered. Throws `not_found`, `wrong_status`. */
export async function revokeInvitation(trx: Trx, act: Act, id: string): Promise<void> {
  const invitation = await getInvitation(trx, act.now, id)
  const action = invitation.kind === 'reseller' ? 'partner.invite' : 'partner.invitePartner'
  demand(act, action, { kind: 'tenant', tenantId: trx.tenantId })
  if (!(await claim(trx, act, invitation.id, { outcome: 'revoked' }))) throw refuse('wrong_status')
  await recordInvitation(trx, act, invitation, 'invitation.revoked')
}

/** Ends an open invitation, once. */
async function claim(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  id: string,
  ended: { outcome: 'accepted' | 'declined' | 'revoked'; other_tenant_id?: string },
): Promise<boolean> {
  const claimed = await trx
    .updateTable('partner_invitations')
    .set({ ...ended, ended_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** What the company of a session is invited to, and by whom. */
export interface InvitedTo {
  invitation: Invitation
  partner: { id: string; displayName: string; domain: string }
}

/** The invitation of an address, for who has its secret, or has answered it. Throws `not_found`, and `link_expired` where it can be answered no more. */
async function findInvited(
  partner: Trx,
  means: Pick<Means, 'keys' | 'now'>,
  { id, customerId, token }: { id: string; customerId: string; token: string | undefined },
): Promise<Invitation> {
  const row = await partner
    .selectFrom('partner_invitations')
    .select('token_hash')
    .where('tenant_id', '=', partner.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw refuseMissing('not_found')
  const invitation = await getInvitation(partner, means.now, id)
  if (invitation.customerId === customerId) return invitation
  if (token === undefined || !means.keys.matches(row.token_hash, 'partner-invitation', token))
    throw refuseMissing('not_found')
  if (invitation.status !== 'open') throw refusePerson('link_expired')
  return invitation
}

/** Reads what the company of the act is invited to; nobody but its deciders does. Throws `forbidden`. */
export async function getInvited(
  db: Db,
  act: Act,
  { id: text, token }: { id: string; token: string | undefined },
): Promise<InvitedTo> {
  const { actor } = act
  if (actor.kind !== 'user' || !mayAny(actor, 'partners.decide').allowed) throw refusePerson('forbidden')
  const customerId = actor.tenantId
  const { id, partnerId } = readId(text)
  return inTenant(db, partnerId, async trx => ({
    invitation: await findInvited(trx, act, { id, customerId, token }),
    partner: { id: partnerId, ...(await namesOf(trx)) },
  }))
}

/** The tenant whose person decides. */
function decidingTenant(act: Act): string {
  const tenantId = 'tenantId' in act.actor ? act.actor.tenantId : ''
  demand(act, 'partners.decide', { kind: 'tenant', tenantId })
  return tenantId
}

/** An invitation that is being answered, and its firm. */
interface Answered {
  invitation: Invitation
  inviter: PartnerAccount | undefined
}

/**
 * A company's answer, in one transaction of both tenants. `begin`: judges it, and returns what it begins in the company's
 * tenant. Throws `own_tenant`, `not_found`, `link_expired`.
 */
async function answerInvitation(
  db: Db,
  act: Act,
  { id: text, token, outcome }: { id: string; token: string | undefined; outcome: 'accepted' | 'declined' },
  begin: (answered: Answered) => (customer: Trx, partnerId: string) => Promise<Kept[]>,
): Promise<void> {
  const customerId = decidingTenant(act)
  const { id, partnerId } = readId(text)
  if (partnerId === customerId) throw refusePerson('own_tenant')
  await inPair(db, [partnerId, customerId], async enter => {
    const partner = await enter(partnerId)
    const invitation = await findInvited(partner, act, { id, customerId, token })
    const begun = begin({ invitation, inviter: await findAccount(partner, act) })
    if (!(await claim(partner, act, id, { outcome, other_tenant_id: customerId }))) throw refusePerson('link_expired')
    const kept = await begun(await enter(customerId), partnerId)
    await keepBoth(enter, act, { partnerId, customerId, by: 'customer' }, [
      { activity: `invitation.${outcome}` },
      ...kept,
    ])
  })
}

/**
 * A company's yes. Both relations stand apart from each other; delegated administration is given where it was asked for
 * and ticked; `rescue` names the firm in the rescue agreement. Throws `own_tenant`, `already_linked`, `not_enrolled`, `link_expired`.
 */
export const acceptInvitation = (
  db: Db,
  act: Act,
  { dap, rescue, ...asked }: { id: string; token: string | undefined; dap: boolean; rescue: boolean },
): Promise<void> =>
  answerInvitation(db, act, { ...asked, outcome: 'accepted' }, ({ invitation, inviter }) => {
    // A firm at which nothing new may begin has nobody to invite.
    if (inviter?.status !== 'active' || (invitation.kind !== 'reseller' && !isProvider(inviter)))
      throw refusePerson('link_expired')
    return async (customer, partnerId) => {
      await demandGiving(customer, act)
      const kept = await linkIn(customer, act, { partnerId, invitation, inviter, dap })
      if (rescue) await agreeWith(customer, act, partnerId)
      return kept
    }
  })

/** A company's no. Throws as `acceptInvitation` does. */
export const declineInvitation = (db: Db, act: Act, asked: { id: string; token: string | undefined }): Promise<void> =>
  answerInvitation(db, act, { ...asked, outcome: 'declined' }, () => async () => [])

async function linkIn(
  customer: Trx,
  act: Act,
  {
    partnerId,
    invitation: { kind, dap: asked, resellerId },
    inviter,
    dap: ticked,
  }: { partnerId: string; invitation: Invitation; inviter: PartnerAccount; dap: boolean },
): Promise<Kept[]> {
  const kept: Kept[] = []
  // Before what is served, as ends and jobs lock them.
  const standing = asked && ticked ? await lockDap(customer, partnerId) : undefined
  const { sold, provided } = await lockServed(customer, partnerId)
  if (kind !== 'reseller') {
    const own = await findAccount(customer, act)
    const isReseller = own?.status === 'active' && own.kinds.includes('indirectReseller')
    if (!isReseller || own.legalProfile.country !== inviter.legalProfile.country) throw refusePerson('not_enrolled')
    if (!provided) {
      await noteServed(customer, act, partnerId, { provided_since: act.now, provided_until: null })
      kept.push({ activity: 'partnership.begun', news: 'partnershipBegun' })
    }
  }
  if (kind !== 'partnership' && !sold) {
    await noteServed(customer, act, partnerId, {
      sold_since: act.now,
      sold_until: null,
      reseller_tenant_id: resellerId,
    })
    kept.push({ activity: 'resale.begun', news: 'resaleBegun' })
  }
  if (asked && ticked && (!standing || standing.endsAt <= act.now)) kept.push(await giveDap(customer, act, partnerId))
  if (kept.length === 0) throw refusePerson('already_linked')
  return kept
}

/** The address of an invitation, which the firm hands on. */
export const invitationPath = (id: string, partnerId: string, token: string) =>
  `/partner-invitations/${idOf(id, partnerId)}?token=${token}`
