import { demand, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { getTenant, lockTenant } from '../directory/index.ts'
import { admitMail } from '../mailboxes/index.ts'
import { isCountry } from '../methods/index.ts'
import { findAccount, isActivePartner } from '../partners/index.ts'
import {
  checkReseller,
  companyName,
  keepBoth,
  lockForApproval,
  lockOffer,
  makeOffer,
  noteServed,
  refuseRelationship,
  relationshipId,
} from '../relationships/index.ts'
import { type Db, inPair, inTenant, type Trx } from '../store/index.ts'
import { readAnyAddress } from './addresses.ts'
import { refuse } from './errors.ts'
import { hasJoined, type Inviter, inviteFirst, type ProposedNames } from './invitations.ts'
import { countFirstInvitation } from './limits.ts'
import { beginTenant, readNames } from './make.ts'
import { readOrganizationName } from './names.ts'
import { judgeLabel } from './steps.ts'

/** Companies that a partner makes a day (partners on the wire, §7). */
const A_DAY = 100

/** What a partner asks a company for that it makes, where it names nothing (Partner Center and work accounts, §5.6). */
const USUAL: readonly Role[] = [
  ...(['Directory Readers', 'Directory Writers', 'License Administrator', 'Service Support Administrator'] as const),
  ...(['User Administrator', 'Privileged Role Administrator', 'Helpdesk Administrator'] as const),
  ...(['Privileged Authentication Administrator', 'Global Reader'] as const),
]
/** What those ask for beside, who provide or sell without a provider. */
const OF_PROVIDERS: readonly Role[] = ['Cloud Application Administrator', 'Application Administrator']
const USUAL_TIME = 'P1Y'

/** A company as its partner makes it. `mail`: where its first administrator is invited. */
export interface NewCustomer {
  displayName: string
  label: string
  country: string
  mail: string
  administrator: ProposedNames
  resellerId: string | undefined
  request: { roleIds: readonly string[]; duration: string } | undefined
}

/** The company that was made, and what the partner asks of it. `token`: the secret of that request's address. */
export interface MadeCustomer {
  id: string
  domain: string
  invitationExpiresAt: Date
  request: { id: string; token: string }
}

/**
 * Makes a company that the firm sells to, with the domain of its label. Its first administrator is invited by mail, sets
 * the password that nobody else sees, and decides on the request. Throws `account_not_active`, `no_initial_domains`,
 * `quota_exceeded`, and what the parts refuse.
 */
export async function makeCustomer(
  db: Db,
  act: Act,
  { homeId, suffix, templateIds }: { homeId: string; suffix: string | undefined; templateIds: Record<Role, string> },
  asked: NewCustomer,
): Promise<MadeCustomer> {
  demand(act, 'partner.customers.create', { kind: 'tenant', tenantId: homeId })
  if (suffix === undefined) throw refuse('no_initial_domains')
  const displayName = readOrganizationName(asked.displayName, true)
  if (!isCountry(asked.country)) throw refuse('country_invalid', { field: 'country' })
  const { address, domain: mailDomain } = readAnyAddress(asked.mail, 'mail')
  const label = await judgeLabel(db, { typed: asked.label, displayName, domain: mailDomain, suffix })
  const domain = `${label}.${suffix}`
  const names = readNames(asked.administrator, domain)
  const { inviter, roles, language } = await inTenant(db, homeId, async trx => ({
    ...(await readFirm(trx, act, asked.resellerId)),
    inviter: await inviterOf(trx, act),
  }))
  const request = asked.request ?? { roleIds: roles.map(role => templateIds[role]), duration: USUAL_TIME }
  const admitted = await admitMail(db, act, address)
  const id = act.random.uuid(act.now)
  return inPair(db, [homeId, id], async enter => {
    await countMade(await enter(homeId), act)
    const customer = await enter(id)
    const system = { ...act, actor: { kind: 'system' } } as const
    const organization = { displayName, country: asked.country, label, technicalContact: undefined }
    await beginTenant(customer, system, { organization, domain, language })
    await noteServed(customer, act, homeId, {
      ...{ sold_since: act.now, sold_until: null, made_at: act.now, reseller_tenant_id: asked.resellerId ?? null },
    })
    const proposed = { ...names, userName: names.userPrincipalName.slice(0, names.userPrincipalName.indexOf('@')) }
    const invitationExpiresAt = await inviteFirst(customer, system, {
      ...{ address, admitted, inviter },
      proposed: { givenName: proposed.givenName, surname: proposed.surname, userName: proposed.userName },
    })
    await keepBoth(enter, act, { partnerId: homeId, customerId: id, by: 'partner' }, [
      { activity: 'resale.begun', news: 'resaleBegun' },
    ])
    const home = await enter(homeId)
    const offerId = await makeOffer(home, act, {
      displayName: `${displayName.slice(0, 46 - label.length)} (${label})`,
      ...{ ...request, autoExtend: 'PT0S', customer: { tenantId: id, displayName } },
    })
    const token = await lockForApproval(home, act, await lockOffer(home, act, offerId))
    return { id, domain, invitationExpiresAt, request: { id: relationshipId(offerId, homeId), token } }
  })
}

/** What the firm asks for usually, and its language. Throws `account_not_active`, `reseller_unknown`. */
async function readFirm(trx: Trx, act: Act, resellerId: string | undefined) {
  const account = await findAccount(trx, act)
  if (!account || !(await isActivePartner(trx))) throw refuseRelationship('account_not_active')
  if (resellerId !== undefined) await checkReseller(trx, resellerId)
  const isProvider = account.kinds.some(kind => kind === 'indirectProvider' || kind === 'directBill')
  return {
    roles: [...USUAL, ...(isProvider ? OF_PROVIDERS : [])],
    language: (await getTenant(trx, trx.tenantId)).preferredLanguage,
  }
}

/** Counts the companies that the firm made within a day: of several at once each counts those before it. Throws `quota_exceeded`. */
async function countMade(firm: Trx, { now }: Act): Promise<void> {
  await lockTenant(firm, firm.tenantId)
  const { count } = await firm
    .selectFrom('served_companies')
    .select(row => row.fn.countAll<string>().as('count'))
    .where('other_tenant_id', '=', firm.tenantId)
    .where('made_at', '>', plus(now, -DAY))
    .executeTakeFirstOrThrow()
  if (Number(count) >= A_DAY) throw refuseRelationship('quota_exceeded')
}

/** The person and the firm, as the invited one is told. */
async function inviterOf(trx: Trx, { actor }: Act): Promise<Inviter> {
  return { displayName: await companyName(trx), userPrincipalName: 'name' in actor ? (actor.name ?? '') : '' }
}

/** Mails the first administrator's link anew, while nobody has joined. Throws `not_found`, `administrator_joined`. */
export async function inviteFirstAgain(
  db: Db,
  act: Act,
  {
    homeId,
    customerId,
    mail,
    administrator,
  }: { homeId: string; customerId: string } & Pick<NewCustomer, 'mail' | 'administrator'>,
): Promise<Date> {
  demand(act, 'partner.customers.create', { kind: 'tenant', tenantId: homeId })
  const { address } = readAnyAddress(mail, 'mail')
  const inviter = await inTenant(db, homeId, async trx => {
    const made = await trx
      .selectFrom('served_companies')
      .select('tenant_id')
      .where('other_tenant_id', '=', homeId)
      .where('tenant_id', '=', customerId)
      .where('made_at', 'is not', null)
      .where('sold_until', 'is', null)
      .executeTakeFirst()
    if (!made) throw refuse('not_found')
    return inviterOf(trx, act)
  })
  await countFirstInvitation(db, act, { homeId, customerId })
  const admitted = await admitMail(db, act, address)
  return inTenant(db, customerId, async trx => {
    // Of two at once the second finds the link of the first, and voids it.
    await lockTenant(trx, customerId)
    if (await hasJoined(trx)) throw refuse('administrator_joined')
    const { name: domain } = await trx
      .selectFrom('domains')
      .select('name')
      .where('tenant_id', '=', customerId)
      .where('is_initial', '=', true)
      .executeTakeFirstOrThrow()
    readNames(administrator, domain)
    return inviteFirst(
      trx,
      { ...act, actor: { kind: 'system' } },
      { address, admitted, inviter, proposed: administrator },
    )
  })
}
