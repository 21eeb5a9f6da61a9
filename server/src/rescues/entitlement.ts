import { sql } from 'kysely'
import type { Role } from '../access/index.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findUser, nobody, rankOf } from '../directory/index.ts'
import { findAccount, findAgents } from '../partners/index.ts'
import {
  type Given,
  givenTo,
  isServedBy,
  judgeAuthority,
  type RescueTerms,
  readAgreement,
  type Standing,
  standingOf,
} from '../relationships/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { RELATED_FOR, type Rescue } from './rescue.ts'

/** Enters one of the two tenants of a pair. */
export type Enter = (tenantId: string) => Promise<Trx>

/** What a company lets a firm do about its rescue. */
interface Basis {
  terms: RescueTerms
  /** `agreement`: the firm stands in it, and needs no role. */
  via: 'agreement' | 'roles'
  given: Given
  /** Any one of these sets of roles reaches so far. */
  needed: readonly (readonly Role[])[]
}

/** What a rescue is about, as far as rights go. */
type About = Pick<Rescue, 'act' | 'targetId'>

/** By each of these sets of roles a rescue can be done (partners on the wire, §4). */
async function neededFor(company: Trx, { act, targetId }: About): Promise<readonly (readonly Role[])[]> {
  const all = ['Global Administrator'] as const
  if (act === 'newAdministrator') return [['User Administrator', 'Privileged Role Administrator'], all]
  // Of a name that is nobody's the same is asked, so that the time does not tell it.
  const { roles, roleAssignable } = await rankOf(company, targetId ?? nobody(company.tenantId).id)
  const isPlain = targetId !== null && roles.length === 0 && !roleAssignable
  return [['Privileged Authentication Administrator'], ...(isPlain ? [['User Administrator'] as const] : []), all]
}

const reaches = (roles: readonly Role[], needed: Basis['needed']) =>
  needed.some(set => set.every(role => roles.includes(role)))

/** What the company that is entered lets a firm do about a rescue; undefined where nothing. */
export async function findBasis(company: Trx, means: Means, firmId: string, about: About): Promise<Basis | undefined> {
  const { terms } = await readAgreement(company, means)
  if (terms.refused || !terms.acts.includes(about.act)) return undefined
  const given = await askOne(company, givenTo(company.tenantId, firmId, means.now))
  const needed = await neededFor(company, about)
  if (terms.providers.length > 0)
    return terms.providers.includes(firmId) && (await isServedBy(company, firmId))
      ? { terms, via: 'agreement', given, needed }
      : undefined
  const isGiven = given.dap !== undefined || reaches([...new Set(given.grants.flatMap(({ roles }) => roles))], needed)
  return isGiven ? { terms, via: 'roles', given, needed } : undefined
}

/** The firms that the company that is entered could ask: those that serve it, or were given something. */
async function findFirms(company: Trx): Promise<string[]> {
  const { tenantId } = company
  const { rows } = await sql<{ id: string }>`
    select other_tenant_id as id from served_companies where tenant_id = ${tenantId}
    union select other_tenant_id from gdap_grants where tenant_id = ${tenantId} and ended_at is null
    union select other_tenant_id from daps where tenant_id = ${tenantId} and ended_at is null
    order by id`.execute(company)
  return rows.map(({ id }) => id)
}

/** The firms that the company that is entered lets do something about a rescue. */
export async function findCandidates(company: Trx, means: Means, about: About): Promise<string[]> {
  const able: string[] = []
  for (const firmId of await findFirms(company)) if (await findBasis(company, means, firmId, about)) able.push(firmId)
  return able
}

/** What keeps somebody of a firm from a rescue; empty: nothing. `no_agent`: no enabled Admin agent. `related`: to the first one. */
type Lack = Role | 'no_agent' | 'related'

/** Judged in the firm that is entered, by what the company lets it do. */
async function lacksOf(firm: Trx, { via, given, needed }: Basis, userId: string, companyId: string): Promise<Lack[]> {
  const user = await findUser(firm, firm.tenantId, userId)
  const standing: Standing = await askOne(firm, standingOf(firm.tenantId, sql`${userId}::uuid`, companyId))
  if (!user?.accountEnabled || standing.barred || !standing.partnerRoles.includes('Admin agent')) return ['no_agent']
  if (via === 'agreement') return []
  const roles = judgeAuthority(standing, given)?.roles ?? []
  return reaches(roles, needed) ? [] : needed[0]!.filter(role => !roles.includes(role))
}

/** Whether nothing new begins at the firm that is entered. */
export const isSuspended = async (firm: Trx, means: Means): Promise<boolean> =>
  (await findAccount(firm, means))?.status !== 'active'

/** What somebody of a firm lacks for a rescue, and whether there is nobody else of it who could. */
export interface Missing {
  roles: Role[]
  secondPerson: boolean
}

/** The company is entered last. */
export async function readMissing(
  enter: Enter,
  means: Means,
  { rescue, firmId, userId }: { rescue: Rescue; firmId: string; userId: string },
): Promise<Missing | undefined> {
  const basis = await findBasis(await enter(rescue.tenantId), means, firmId, rescue)
  if (!basis) return undefined
  const firm = await enter(firmId)
  const roles = (await lacksOf(firm, basis, userId, rescue.tenantId)).filter(
    lack => lack !== 'no_agent' && lack !== 'related',
  )
  const others = (await findAgents(firm)).filter(({ id }) => id !== userId)
  let secondPerson = true
  for (const { id } of others)
    if (secondPerson && (await lacksOf(firm, basis, id, rescue.tenantId)).length === 0) secondPerson = false
  return { roles, secondPerson }
}

/** Read anew at each step: what the company lets a firm do, and which of these people may, of whom none has made another. The company is entered last. */
export async function judgeFirm(
  enter: Enter,
  means: Means,
  { rescue, firmId, people }: { rescue: Rescue; firmId: string; people: readonly string[] },
): Promise<{ basis: Basis | undefined; lacks: Lack[][] }> {
  const basis = await findBasis(await enter(rescue.tenantId), means, firmId, rescue)
  const lacks: Lack[][] = []
  const firm = await enter(firmId)
  for (const userId of people) lacks.push(basis ? await lacksOf(firm, basis, userId, rescue.tenantId) : ['no_agent'])
  const [one, other] = people
  if (one && other && (await areRelated(firm, means, one, other))) lacks[1]!.push('related')
  await enter(rescue.tenantId)
  return { basis, lacks }
}

/** What one person does to another's account that lets them act as the other. */
const MAKES = ['user.created', 'password.given', 'pass.issued', 'method.added', 'method.changed', 'link.sent']

/**
 * Whether one of two people of the firm that is entered has made or reset the other lately. What an application did
 * counts as well: whoever holds its secret may be one of the two.
 */
export async function areRelated(firm: Trx, { now }: Pick<Means, 'now'>, one: string, other: string): Promise<boolean> {
  const { rows } = await sql`
    select from audit_events where tenant_id = ${firm.tenantId} and activity = any(${MAKES}) and result = 'success'
      and at > ${plus(now, -RELATED_FOR)} and target_id in (${one}, ${other})
      and (actor_kind = 'application' or (actor_id in (${one}, ${other}) and actor_id <> target_id))
    limit 1`.execute(firm)
  return rows.length > 0
}
