import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { addMember, createGroup, findTenantId, findUserByName, readName } from '../directory/index.ts'
import {
  AGREEMENT,
  admitPartner,
  agentRoles,
  beginEnrollment,
  findAccount,
  findAgentGroup,
  nextReminder,
  type Program,
  signEnrollment,
  submitEnrollment,
} from '../partners/index.ts'
import { beginAgreement, nextLook, noteServed } from '../relationships/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { type Firm, partnersTenants } from './partnersTenants.ts'

/** What one company of the demonstration has with a firm, besides relationships. */
interface DemoLink {
  firm: string
  company: string
  /** The firm is its provider. */
  provided?: true
  /** The firm sells to it; by this reseller, where it names one. */
  sold?: true
  reseller?: string
  delegated?: true
}

const links: readonly DemoLink[] = [
  { firm: 'harbour', company: 'lantern', provided: true },
  { firm: 'harbour', company: 'quill', provided: true },
  { firm: 'harbour', company: 'fern', sold: true, delegated: true },
  { firm: 'harbour', company: 'moss', sold: true, delegated: true },
  { firm: 'harbour', company: 'reed', sold: true, reseller: 'lantern' },
  { firm: 'lantern', company: 'reed', sold: true },
]

/** A relationship of the demonstration. Times are days before its first start. */
interface DemoRelationship {
  firm: string
  company: string
  displayName: string
  roles: readonly Role[]
  days: number
  status: 'created' | 'approvalPending' | 'active' | 'expired' | 'terminated'
  ago: number
  autoExtend?: true
  /** The group of the firm that it reaches. */
  group?: string
}

const CARE: readonly Role[] = ['Helpdesk Administrator', 'User Administrator', 'Directory Readers']

const relationships: readonly DemoRelationship[] = [
  {
    ...{ firm: 'harbour', company: 'quill', displayName: 'Quill rescue', status: 'active', days: 365, ago: 30 },
    roles: ['Privileged Authentication Administrator', 'User Administrator', 'Privileged Role Administrator'],
    group: 'Admin agents',
  },
  {
    ...{ firm: 'harbour', company: 'moss', displayName: 'Moss care', status: 'active', days: 180, ago: 174 },
    ...{ roles: CARE, group: 'Customer care', autoExtend: true },
  },
  {
    ...{ firm: 'harbour', company: 'reed', displayName: 'Reed care', status: 'active', days: 365, ago: 10 },
    ...{ roles: CARE, group: 'Customer care' },
  },
  {
    ...{ firm: 'harbour', company: 'reed', displayName: 'Reed draft', status: 'created', days: 90, ago: 1 },
    roles: ['Global Reader'],
  },
  {
    ...{ firm: 'harbour', company: 'reed', displayName: 'Reed audit', status: 'approvalPending', days: 180, ago: 2 },
    roles: ['Global Reader', 'Reports Reader'],
  },
  {
    ...{ firm: 'harbour', company: 'fern', displayName: 'Fern old', status: 'expired', days: 90, ago: 120 },
    roles: ['Helpdesk Administrator'],
  },
  {
    ...{ firm: 'harbour', company: 'moss', displayName: 'Moss first', status: 'terminated', days: 180, ago: 100 },
    roles: ['Helpdesk Administrator'],
  },
  {
    ...{ firm: 'lantern', company: 'reed', displayName: 'Reed sale', status: 'created', days: 90, ago: 1 },
    roles: ['Directory Readers'],
  },
]

/** How long after it began a relationship was ended that did not last. */
const ENDED_AFTER = 20 * DAY

/**
 * Makes the firms partners, and what they have with companies (partners on the wire, §8). Rows alone: nobody was told of
 * what lies before the first start. Done again after a start that was killed, it makes what is missing.
 */
export async function seedRelationships(db: Db, act: Act): Promise<void> {
  const ids = new Map<string, string>()
  for (const { domain } of partnersTenants) ids.set(labelOf(domain), await findTenantId(db, domain))
  const idOf = (label: string) => ids.get(label)!
  for (const { domain, displayName, firm } of partnersTenants)
    if (firm)
      await inTenant(db, idOf(labelOf(domain)), async trx => {
        if (!(await findAccount(trx, act))) await enrollPartner(trx, act, { ...firm, companyName: displayName })
      })
  for (const one of links)
    await inTenant(db, idOf(one.company), trx => link(trx, act, one, { firm: idOf(one.firm), idOf }))
  const [lantern, harbour] = [idOf('lantern'), idOf('harbour')]
  await inTenant(db, lantern, trx => beginAgreement(trx, act, { providers: [harbour], coolingOffHours: 24 }))
  for (const [place, one] of relationships.entries()) {
    const id = `d3e00000-0000-4000-8000-${String(201 + place).padStart(12, '0')}`
    const pair = { id, firmId: idOf(one.firm), companyId: idOf(one.company) }
    await inTenant(db, pair.firmId, trx => seedOffer(trx, act, one, pair))
    await inTenant(db, pair.companyId, trx => seedGrant(trx, act, one, pair))
  }
}

const labelOf = (domain: string) => domain.slice(0, domain.indexOf('.'))

/** Makes the tenant that is entered a partner whose agreements are signed, with these people as its agents. */
export async function enrollPartner(
  trx: Trx,
  act: Act,
  { program, companyName, agents, care, rejectedAgo }: Firm & { companyName: string },
): Promise<void> {
  for (const one of new Set<Program>(['membership', program])) {
    const id = await beginEnrollment(trx, act, {
      program: one,
      legalProfile: {
        ...{ companyName, street: '1 Quay Street', city: 'Seattle', country: 'US' },
        ...{ postalCode: null, registrationNumber: null },
      },
      primaryContact: { givenName: 'Ada', surname: 'Quay', mail: 'ada@mail.example', phoneNumber: null },
    })
    await submitEnrollment(trx, act, id)
    await admitPartner(trx, act)
    await signEnrollment(trx, act, { id, version: AGREEMENT })
  }
  for (const role of agentRoles) await join(trx, (await findAgentGroup(trx, role))!, agents[role] ?? [])
  if (care) await join(trx, await createGroup(trx, act, trx.tenantId, { displayName: 'Customer care' }), care)
  if (rejectedAgo !== undefined) await rejectBusiness(trx, act, plus(act.now, -rejectedAgo * DAY))
}

async function rejectBusiness(trx: Trx, { now, random, keys }: Act, since: Date): Promise<void> {
  const { tenantId } = trx
  const said = { stage: 'business', status: 'rejected', reason: 'address_mismatch' } as const
  await trx
    .updateTable('partner_stages')
    .set({ ...said, since, required_documents: ['businessRegistration'], look_at: nextReminder(since, now) })
    .where('tenant_id', '=', tenantId)
    .where('stage', '=', 'business')
    .execute()
  const id = random.uuid(since)
  const text = 'The register has 1 Quay Street, Tacoma. Please send an extract from it, or correct the address.'
  const place = { purpose: 'verification-text', tenantId, rowId: id } as const
  await trx
    .insertInto('partner_stage_events')
    .values({ tenant_id: tenantId, id, at: since, ...said, by: 'reviewer', text_sealed: keys.seal(place, text) })
    .execute()
}

async function join(trx: Trx, groupId: string, names: readonly string[]): Promise<void> {
  const { tenantId } = trx
  for (const name of names) {
    const { id } = (await findUserByName(trx, tenantId, readName(name).folded))!
    await addMember(trx, tenantId, groupId, { kind: 'user', id })
  }
}

async function link(
  company: Trx,
  act: Act,
  { provided, sold, reseller, delegated }: DemoLink,
  { firm, idOf }: { firm: string; idOf(label: string): string },
): Promise<void> {
  await noteServed(company, act, firm, {
    ...(provided && { provided_since: act.now }),
    ...(sold && { sold_since: act.now, reseller_tenant_id: reseller === undefined ? null : idOf(reseller) }),
  })
  if (!delegated) return
  const ends = plus(act.now, 90 * DAY)
  const given = { starts_at: act.now, ends_at: ends, awake_at: act.now, due_at: nextLook(ends, act.now) }
  await company
    .insertInto('daps')
    .values({ tenant_id: company.tenantId, other_tenant_id: firm, ...given })
    .onConflict(row => row.doNothing())
    .execute()
}

interface DemoPair {
  id: string
  firmId: string
  companyId: string
}

const ofBoth = ({ displayName, roles, days, autoExtend }: DemoRelationship) => ({
  ...{ display_name: displayName, roles: [...roles], duration: `P${days}D`, auto_extend: autoExtend === true },
})

/** When it began, and when it ended before its time. */
function timesOf({ now }: Act, { status, ago }: DemoRelationship) {
  const began = plus(now, -ago * DAY)
  return { began, ended: status === 'terminated' ? plus(began, ENDED_AFTER) : null }
}

async function seedOffer(firm: Trx, act: Act, one: DemoRelationship, { id, companyId }: DemoPair): Promise<void> {
  const { tenantId } = firm
  const { began, ended } = timesOf(act, one)
  await firm
    .insertInto('gdap_offers')
    .values({
      ...{ tenant_id: tenantId, id, other_tenant_id: companyId, display_name_folded: foldText(one.displayName) },
      ...{ ...ofBoth(one), created_at: began, modified_at: ended ?? began, ended_at: ended },
      locked_at: one.status === 'created' ? null : began,
    })
    .onConflict(row => row.doNothing())
    .execute()
  if (one.group === undefined) return
  const { id: groupId } = await firm
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('display_name', '=', one.group)
    .executeTakeFirstOrThrow()
  await firm
    .insertInto('gdap_assignments')
    .values({
      ...{ tenant_id: tenantId, id, offer_id: id, other_tenant_id: companyId, group_id: groupId },
      ...{ roles: [...one.roles], created_at: began, modified_at: began },
    })
    .onConflict(row => row.doNothing())
    .execute()
}

async function seedGrant(company: Trx, act: Act, one: DemoRelationship, { id, firmId }: DemoPair): Promise<void> {
  const { status, days } = one
  if (status === 'created' || status === 'approvalPending') return
  const { began, ended } = timesOf(act, one)
  const ends = plus(began, days * DAY)
  const over =
    status === 'expired'
      ? ({ ended_at: ends, end_reason: 'expired' } as const)
      : ended && ({ ended_at: ended, end_reason: 'terminatedByCustomer' } as const)
  await company
    .insertInto('gdap_grants')
    .values({
      ...{ tenant_id: company.tenantId, id, other_tenant_id: firmId, ...ofBoth(one) },
      ...{ decided_at: began, modified_at: ended ?? began, ends_at: ends },
      ...(over ?? { due_at: nextLook(ends, act.now), last_used_at: plus(act.now, -DAY) }),
    })
    .onConflict(row => row.doNothing())
    .execute()
}
