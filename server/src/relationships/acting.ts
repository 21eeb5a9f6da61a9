import type { Actor, SignedIn } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  type Application,
  findMissing,
  isAssigned,
  ownOrBuiltInOf,
  type Scope,
  type UserGrants,
  userGrantsOf,
} from '../applications/index.ts'
import { type Tenant, tenantOf, type User, userOf } from '../directory/index.ts'
import { askOne, combine, type Db, inTenant, type Read, sql, type Trx } from '../store/index.ts'
import { type Authority, type Given, givenTo, judgeAuthority, type Standing, standingOf } from './authority.ts'
import { isUseNoted, lastUseOf, noteUse } from './uses.ts'

/** A person of a partner who acts in a customer's tenant, through an application of their firm. */
export interface Acting {
  homeId: string
  customerId: string
  userId: string
  appId: string
  scopes: readonly string[]
  /** The person's epoch when they signed in: what ends their sessions ends this. */
  securityEpoch: number | undefined
  proof: SignedIn['proof']
}

/** What is read at home of who acts. */
export interface AtHome {
  application: Application | undefined
  user: User | undefined
  grants: UserGrants
  tenant: Tenant | undefined
  standing: Standing
}

/** Account, application, consent, groups and roles, in one statement with other facts. Home is entered. */
export const atHomeOf = (trx: Trx, { homeId, customerId, userId, appId }: Acting): Read<AtHome> => {
  const id = sql<string>`${userId}::uuid`
  return combine<AtHome, AtHome>(
    {
      // Its addresses say nothing here.
      application: ownOrBuiltInOf({ origin: '', tenantId: homeId }, appId),
      user: userOf(trx, id),
      grants: userGrantsOf(homeId, appId, id),
      tenant: tenantOf(homeId),
      standing: standingOf(homeId, id, customerId),
    },
    parts => parts,
  )
}

/** What is read in the customer's tenant. */
interface There {
  given: Given
  last: Date | null
}

/** What the customer has given the firm, and when the person acted there last. The customer is entered. */
const thereOf = ({ homeId, customerId, userId }: Acting, now: Date): Read<There> =>
  combine<There, There>(
    { given: givenTo(customerId, homeId, now), last: lastUseOf(customerId, homeId, userId) },
    parts => parts,
  )

type PartnersPerson = Extract<Actor, { kind: 'partner' }>

/** Whether home still lets somebody act: account, application, consent and sessions. */
function isLetByHome({ scopes, securityEpoch }: Acting, { application, user, grants, tenant }: AtHome): boolean {
  if (!application?.partnerAccess || !user?.accountEnabled || !tenant) return false
  if (securityEpoch === undefined || user.securityEpoch !== securityEpoch) return false
  const asked = scopes.map(name => ({ name }) as Scope)
  return isAssigned(application, grants) && findMissing(application, grants, asked).length === 0
}

/** The actor of who acts by both tenants, and by what; undefined where one of them does not let them (partners on the wire, §3). */
function judgeActing(
  acting: Acting,
  home: AtHome,
  { given }: There,
): { actor: PartnersPerson; authority: Authority } | undefined {
  const authority = isLetByHome(acting, home) ? judgeAuthority(home.standing, given) : undefined
  if (!authority) return undefined
  const { id, userPrincipalName: name, displayName } = home.user!
  const { homeId, customerId, scopes, proof } = acting
  const actor: PartnersPerson = {
    ...{ kind: 'partner', id, tenantId: customerId, name, displayName, scopes, proof },
    home: { tenantId: homeId, name: home.tenant!.displayName },
    relationshipId: authority.relationshipIds[0] ?? null,
    ...{ application: home.application!.displayName, applicationId: home.application!.appId },
    roles: authority.roles,
  }
  return { actor, authority }
}

/**
 * The actor of who acts, where home still lets them and the customer has given them something; what they use is noted.
 * Undefined where home lets them no more; `outside` where the customer gives them nothing (partners on the wire, §3).
 */
export async function enterCustomer(
  db: Db,
  act: Omit<Act, 'actor'>,
  acting: Acting,
  home: AtHome,
): Promise<PartnersPerson | 'outside' | undefined> {
  if (!isLetByHome(acting, home)) return undefined
  const { customerId } = acting
  const there = await inTenant(db, customerId, trx => trx.last(() => askOne(trx, thereOf(acting, act.now))))
  const found = judgeActing(acting, home, there)
  if (!found) return 'outside'
  const { actor, authority } = found
  await noteUse(db, { ...act, actor }, { customerId, person: actor, authority, last: there.last })
  return actor
}

/** The same beside other reads of the customer, which is entered; undefined also where a use has to be noted first. */
export async function actAlong(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  acting: Acting,
  home: AtHome,
): Promise<PartnersPerson | undefined> {
  const there = await askOne(trx, thereOf(acting, now))
  return isUseNoted(there.last, now) ? judgeActing(acting, home, there)?.actor : undefined
}

/** Who acts with the rights of now; undefined where they may nothing there any more. */
export async function findActing(db: Db, act: Omit<Act, 'actor'>, acting: Acting): Promise<PartnersPerson | undefined> {
  const home = await inTenant(db, acting.homeId, trx => trx.last(() => askOne(trx, atHomeOf(trx, acting))))
  const actor = await enterCustomer(db, act, acting, home)
  return actor === 'outside' ? undefined : actor
}
