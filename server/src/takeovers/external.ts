import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  findGroupsOf,
  findTenantOfDomains,
  findUser,
  getTenant,
  listDomains,
  lockTenant,
  NOBODYS_TENANT,
} from '../directory/index.ts'
import { issueMailboxCode } from '../mailboxes/index.ts'
import { domainsWith, getProof, passDomains, readDomains, takeDomains } from '../organization/index.ts'
import { type Db, inPair, inTenant, type Trx } from '../store/index.ts'
import { placeClaim, takeClaim } from './claims.ts'
import { refuse } from './errors.ts'
import { recordTakeover, within } from './events.ts'
import { type FormerPeople, PEOPLE_AT_MOST, readLeft } from './former.ts'
import { readGroups } from './groups.ts'
import { mailClaimant } from './mails.ts'
import { movePeople } from './people.ts'
import { findPeopleIn, insertTakeover, settlesUntil } from './queries.ts'
import { protectPeople } from './settling.ts'
import { readClaimed } from './start.ts'
import type { Takeover } from './takeover.ts'
import { tellEverybody } from './tell.ts'

/** How an administrator asks for the people of a domain that nobody administers. */
export interface AskedPeople {
  domain: string
  address: string
  browserToken: string
  language: string
}

/**
 * Begins a claim of the administrator's company to the people of a domain, and mails a code to a mailbox there (work
 * accounts on the wire, §1.4). The domain is on the company's list, and its record proves it. Returns the claim's id.
 * Throws `not_found`, `already_verified`, `takeover_settling`, `address_*`, `throttled`.
 */
export async function startExternal(
  db: Db,
  act: Act,
  tenantId: string,
  { domain: typed, address: typedAddress, browserToken, language }: AskedPeople,
): Promise<string> {
  const {
    name: domain,
    proof,
    company,
  } = await inTenant(db, tenantId, async trx => {
    const found = await getProof(trx, act, typed)
    if (found.verifiedAt || found.proof === null) throw refuse('already_verified')
    await checkSettled(trx, act)
    const { displayName } = await getTenant(trx, tenantId)
    const [primary] = await listDomains(trx, tenantId)
    return { ...found, proof: found.proof, company: `${displayName} (${primary})` }
  })
  const { address } = readClaimed({ domain, address: typedAddress })
  const id = act.random.uuid(act.now)
  const source = await findTenantOfDomains(db, [domain])
  // First, as it may refuse. A code whose claim a crash has lost proves nothing.
  await inTenant(db, NOBODYS_TENANT, trx => issueMailboxCode(trx, act, { journeyId: id, address, language }))
  const browserHashes = [act.keys.mac('browser', browserToken)]
  await inTenant(db, source, trx =>
    insertTakeover(trx, act, {
      ...{ id, kind: 'external', domain, address, language, browserHashes, proof },
      company: { tenantId, name: company },
    }),
  )
  return id
}

/** Throws `takeover_settling` where the company itself was taken over or recovered, and that can still be undone: who came by it would take more. */
async function checkSettled(trx: Trx, { now }: Act): Promise<void> {
  const settling = await trx
    .selectFrom('tenants')
    .select('tenant_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('settling_since', 'is not', null)
    .where('settling_until', '>', now)
    .executeTakeFirst()
  if (settling) throw refuse('takeover_settling')
}

/**
 * Takes the people of a domain into the company, with the domain, in one transaction of both tenants. They bring no role.
 * From now on it settles. Throws `wrong_state`, `forbidden`, `step_up`, `takeover_settling`, `names_taken`.
 */
export async function finishExternal(db: Db, begun: Act, takeover: Takeover): Promise<void> {
  const { tenantId: from, otherTenantId: to, id, domain, proof } = takeover
  const { actor } = begun
  if (takeover.state !== 'ready') throw refuse('wrong_state')
  if (to === null || actor.kind !== 'user' || actor.tenantId !== to) throw refuse('forbidden')
  const act = within(begun, takeover)
  const ends = settlesUntil(act.now)
  await inPair(db, [from, to], async enter => {
    // Always the people's tenant first, so that no two such transactions wait for each other.
    const locked = await enter(from)
    await lockTenant(locked, from)
    const names = await domainsWith(locked, domain)
    const people = await findPeopleIn(locked, names)
    const checked = await enter(to)
    await lockTenant(checked, to)
    await checkTarget(
      checked,
      act,
      domain,
      people.map(({ name }) => name),
    )
    const source = await enter(from)
    const ids = people.map(one => one.id)
    const groups = await findGroupsOf(source, ids)
    const former: FormerPeople = {
      ...{ people: ids, movedGroups: groups, domains: await readDomains(source) },
      ...{ groups: await readGroups(source), left: await readLeft(source, ids) },
    }
    await claim(source, act, takeover, { userId: actor.id, ends, former })
    const moving = { id, people: ids }
    await recordTakeover(source, act, takeover, { activity: 'takeover.finished' })
    const taken = await takeClaim(source, moving)
    await passDomains(source, names)
    const target = await movePeople({ enter, from, to }, act, { people: ids, groups })
    await takeDomains(target, act, { names, claimed: domain, proof, takenBy: id })
    await placeClaim(target, act, taken, from)
    await protectPeople(target, ids, ends)
    await recordTakeover(target, act, takeover, { activity: 'takeover.finished' })
    await mailClaimant(target, act, takeover, { news: 'taken', until: ends })
    await tellEverybody(target, id, 'finished')
  })
}

/** Judges the company anew: who acts for it, whether it has settled, and whether the names are free there. */
async function checkTarget(trx: Trx, act: Act, domain: string, names: readonly string[]): Promise<void> {
  const { actor } = act
  const user = actor.kind === 'user' ? await findUser(trx, trx.tenantId, actor.id) : undefined
  if (!user?.accountEnabled || actor.kind !== 'user') throw refuse('forbidden')
  demand({ ...act, actor: { ...actor, roles: user.roles } }, 'domains.write', {
    ...{ kind: 'domain', tenantId: trx.tenantId, id: domain },
  })
  await checkSettled(trx, act)
  const taken = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('user_principal_name_folded', '=', sql<string>`any(${names}::text[])`)
    .limit(1)
    .executeTakeFirst()
  if (taken) throw refuse('names_taken')
}

/** One request finishes a claim, while nobody administers the people. Throws `wrong_state`. */
async function claim(
  trx: Trx,
  { now }: Act,
  { id }: Takeover,
  { userId, ends, former }: { userId: string; ends: Date; former: FormerPeople },
): Promise<void> {
  const { tenantId } = trx
  if (former.people.length > PEOPLE_AT_MOST || !(await isUnmanaged(trx))) throw refuse('wrong_state')
  const claimed = await trx
    .updateTable('takeovers')
    .set({
      ...{ finished_at: now, user_id: userId, allowed_at: null, ends_at: ends, due_at: ends },
      former: JSON.stringify(former),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('kind', '=', 'external')
    .where('ready_at', 'is not', null)
    .where('finished_at', 'is', null)
    .where('disputed_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw refuse('wrong_state')
}

/** Whether nobody administers this tenant: neither was it taken over, nor has somebody got the role. */
export async function isUnmanaged(trx: Trx): Promise<boolean> {
  const { tenantId } = trx
  const found = await trx
    .selectFrom('tenants')
    .select('unmanaged_since')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  if (!found?.unmanaged_since) return false
  const administrator = await trx
    .selectFrom('role_assignments')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('role', '=', 'Global Administrator')
    .limit(1)
    .executeTakeFirst()
  return administrator === undefined
}
