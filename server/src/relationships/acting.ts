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
import {
  askOne,
  combine,
  type Db,
  inTenantAfter,
  questionOf,
  type Read,
  type Reads,
  sql,
  type Trx,
} from '../store/index.ts'
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
interface AtHome {
  application: Application | undefined
  user: User | undefined
  grants: UserGrants
  tenant: Tenant | undefined
  standing: Standing
}

/** Account, application, consent, groups and roles, in one statement with other facts. Home is entered. */
const atHomeOf = ({ homeId, customerId, userId, appId }: Acting): Read<AtHome> => {
  const id = sql<string>`${userId}::uuid`
  return combine<AtHome, AtHome>(
    {
      // Its addresses say nothing here.
      application: ownOrBuiltInOf({ origin: '', tenantId: homeId }, appId),
      user: userOf(homeId, id),
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

/** What both tenants say of who acts. */
interface Said {
  home: AtHome
  there: There
}

/** Who acts and when, and what else is asked of their home. */
interface Asked<Also> {
  acting: Acting
  now: Date
  also: Reads<Also>
}

/** Asks home and then the customer, in one flight. */
export const askBoth = <Also extends object>(db: Db, asked: Asked<Also>): Promise<{ said: Said; also: Also }> =>
  afterHome(db, asked, async (trx, atHome) => {
    const there = await trx.last(() => askOne(trx, thereOf(asked.acting, asked.now)))
    const { home, also } = await atHome
    return { said: { home, there }, also }
  })

/** The same beside `work`, which reads of the customer. What it found is nobody's before `actorOf` has said whose it is. */
export const askAlong = <Also extends object, T>(
  db: Db,
  asked: Asked<Also>,
  work: (trx: Trx) => Promise<T>,
): Promise<{ said: Said; also: Also; found: T }> =>
  afterHome(db, asked, async (trx, atHome) => {
    const reading = askOne(trx, thereOf(asked.acting, asked.now))
    const [there, found, { home, also }] = await Promise.all([reading, work(trx), atHome])
    return { said: { home, there }, also, found }
  })

const afterHome = <Also extends object, T>(
  db: Db,
  { acting, also }: Asked<Also>,
  work: (trx: Trx, atHome: Promise<{ home: AtHome; also: Also }>) => Promise<T>,
): Promise<T> => {
  const question = questionOf({ home: atHomeOf(acting), also: combine<Also, Also>(also, parts => parts) })
  return inTenantAfter(db, { tenantId: acting.homeId, question }, acting.customerId, work)
}

/** Who acts, for a read; undefined where they may nothing, and where a use has to be noted first. */
export const actorOf = (
  { now }: Pick<Act, 'now'>,
  acting: Acting,
  { home, there }: Said,
): PartnersPerson | undefined => (isUseNoted(there.last, now) ? judgeActing(acting, home, there)?.actor : undefined)

/**
 * The actor of who acts, where home still lets them and the customer has given them something; what they use is noted.
 * Undefined where home lets them no more; `outside` where the customer gives them nothing (partners on the wire, §3).
 */
export async function enterCustomer(
  db: Db,
  act: Omit<Act, 'actor'>,
  acting: Acting,
  { home, there }: Said,
): Promise<PartnersPerson | 'outside' | undefined> {
  if (!isLetByHome(acting, home)) return undefined
  const found = judgeActing(acting, home, there)
  if (!found) return 'outside'
  const { actor, authority } = found
  const { customerId } = acting
  await noteUse(db, { ...act, actor }, { customerId, person: actor, authority, last: there.last })
  return actor
}

/** Who acts with the rights of now; undefined where they may nothing there any more. */
export async function findActing(db: Db, act: Omit<Act, 'actor'>, acting: Acting): Promise<PartnersPerson | undefined> {
  const { said } = await askBoth(db, { acting, now: act.now, also: {} })
  const actor = await enterCustomer(db, act, acting, said)
  return actor === 'outside' ? undefined : actor
}
