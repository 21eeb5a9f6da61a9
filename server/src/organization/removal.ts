import { sql } from 'kysely'
import { authorize, demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { demandAnotherGlobalAdministrator, sleepOwnAddress } from '../administration/index.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import {
  changeUser,
  getUser,
  lockTenant,
  raiseSecurityEpoch,
  readName,
  settlingOf,
  targetOf,
  type User,
} from '../directory/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { askOne, type Db, enqueue, inTenant, type Removal, type Trx } from '../store/index.ts'
import { dropDomain, getInitial, lockRemovable, recordDomain } from './domains.ts'
import { refuseProgram } from './errors.ts'
import { tellKeepers } from './notices.ts'
import { countUses, usesDomain } from './uses.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'remove-domain': { tenantId: string; domain: string; correlationId: string }
    }
  }
}

/** People whom one forced removal renames. */
const PEOPLE_AT_MOST = 1_000

/** People whom one transaction renames: few enough that others hardly wait for the tenant's lock. */
const BATCH = 25

/** Days that a domain waits for its proof. */
const WAITS = 30 * DAY

/** Days after a contest in which its domain still waits for the name. */
const LINGERS = 7 * DAY

/** Domains that nobody proved, nor contests. */
export const unprovenDomains: Removal = {
  table: 'domains',
  due: now => sql`verified_at is null and added_at <= ${plus(now, -WAITS)}
    and (contesting_until is null or contesting_until <= ${plus(now, -LINGERS)})`,
}

/**
 * Removes a domain with a job that renames its people to the initial one, and disables them unless that is not wanted.
 * Administrators among them are protected as they are one by one. Throws `domain_needed`, `in_use` for too many
 * people, `protected_target`, `last_global_administrator`.
 */
export async function forceDelete(
  trx: Trx,
  act: Act,
  { name: typed, disableUserAccounts }: { name: string; disableUserAccounts: boolean },
): Promise<void> {
  const { tenantId } = trx
  const { name, removal } = await lockRemovable(trx, act, typed)
  if (removal === 'Scheduled' || removal === 'InProgress') return
  const settlingUntil = await askOne(trx, settlingOf(tenantId))
  demand(act, 'domains.write', { kind: 'tenant', tenantId, settlingUntil })
  if ((await countUses(trx, name)) > PEOPLE_AT_MOST) throw refuseProgram('in_use')
  const administrators = await findAdministrators(trx, name)
  if (administrators.some(one => !authorize(act, 'users.rename', targetOf(one)).allowed))
    throw refuseProgram('protected_target')
  if (disableUserAccounts) await checkAnotherStays(trx, name, administrators)
  await trx
    .updateTable('domains')
    .set({ removal: 'Scheduled', removal_at: act.now, removal_disables: disableUserAccounts })
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .execute()
  await recordDomain(trx, act, 'domain.removal_asked', { name, disableUserAccounts: String(disableUserAccounts) })
  await tellKeepers(trx, act, 'forced', { name })
  await enqueue(trx, 'remove-domain', { tenantId, domain: name, correlationId: act.trail.correlationId })
}

/** The people of the domain who hold a role. */
async function findAdministrators(trx: Trx, name: string): Promise<User[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ id: string }>`
    select id from users where tenant_id = ${tenantId} and ${usesDomain(name)}
      and exists(select from role_assignments r where r.tenant_id = ${tenantId} and r.user_id = users.id)`.execute(trx)
  return Promise.all(rows.map(({ id }) => getUser(trx, tenantId, id)))
}

/** Throws `last_global_administrator` where those who get another name, and are disabled, are all who could give a right back. */
const checkAnotherStays = (trx: Trx, name: string, administrators: readonly User[]) =>
  demandAnotherGlobalAdministrator(
    trx,
    ...administrators
      .filter(({ userPrincipalName }) => readName(userPrincipalName).domain === name)
      .map(({ id }) => id),
  )

/** Does what a forced removal asked for. May run twice: what is left to do is read anew each time. */
export async function removeDomain(
  db: Db,
  act: Act,
  { tenantId, domain, correlationId }: GraphileWorker.Tasks['remove-domain'],
): Promise<void> {
  try {
    while (await inTenant(db, tenantId, trx => renameSome(trx, act, { tenantId, domain, correlationId })));
  } catch (error) {
    // Rules changed their answer since it was asked: somebody has to look. Other failures are tried again.
    const code = (error as { code?: string }).code
    if (code !== 'last_global_administrator' && code !== 'in_use') throw error
    await inTenant(db, tenantId, async trx => {
      await setRemoval(trx, act, domain, 'Failed')
      await record(trx, act, {
        ...{ activity: 'domain.removal_failed', result: 'failure', reason: code },
        target: { name: domain },
      })
    })
  }
}

const setRemoval = (trx: Trx, { now }: Act, name: string, removal: 'InProgress' | 'Failed') =>
  trx
    .updateTable('domains')
    .set({ removal, removal_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', name)
    .execute()

/** Renames some people of the domain; the last time it removes the domain. Returns whether there is more to do. */
async function renameSome(trx: Trx, act: Act, asked: GraphileWorker.Tasks['remove-domain']): Promise<boolean> {
  const { tenantId, domain: name } = asked
  await lockTenant(trx, tenantId)
  const domain = await trx
    .selectFrom('domains')
    .select(['removal', 'removal_disables as disables'])
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  if (domain?.removal !== 'Scheduled' && domain?.removal !== 'InProgress') return false
  // A takeover may have begun to settle since it was asked: nobody renames people who can still undo it.
  const settlingUntil = await askOne(trx, settlingOf(tenantId))
  if (settlingUntil !== null && settlingUntil > act.now.getTime()) {
    const jobKey = `remove-domain ${name}`
    await enqueue(trx, 'remove-domain', asked, { jobKey, after: settlingUntil - act.now.getTime() })
    return false
  }
  const people = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where(usesDomain(name))
    .orderBy('id')
    .limit(BATCH)
    .forNoKeyUpdate()
    .execute()
  if (people.length === 0) {
    await dropDomain(trx, act, name)
    return false
  }
  if (domain.disables) await checkAnotherStays(trx, name, await findAdministrators(trx, name))
  const initial = await getInitial(trx)
  for (const { id } of people)
    await rename(trx, act, await getUser(trx, tenantId, id), { name, initial: initial.name, disables: domain.disables })
  await setRemoval(trx, act, name, 'InProgress')
  return true
}

/** Moves one person's names and addresses to the initial domain, and tells them. A new name ends every session. */
async function rename(
  trx: Trx,
  act: Act,
  user: User,
  { name, initial, disables }: { name: string; initial: string; disables: boolean },
): Promise<void> {
  const { tenantId, id, userPrincipalName, mail, proxyAddresses } = user
  const isIn = (address: string) => address.toLowerCase().endsWith(`@${name}`)
  const moved = (address: string) =>
    isIn(address) ? `${address.slice(0, address.lastIndexOf('@'))}@${initial}` : address
  const renamed = isIn(userPrincipalName) ? await freeName(trx, moved(userPrincipalName)) : userPrincipalName
  const readers = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  const names = { mail: mail && moved(mail), proxyAddresses: [...new Set(proxyAddresses.map(moved))] }
  await sleepOwnAddress(trx, act, user, { ...user, ...names, userPrincipalName: renamed })
  await changeUser(trx, user, {
    mail: names.mail,
    ...(renamed !== userPrincipalName && { userPrincipalName: renamed, ...(disables && { accountEnabled: false }) }),
  })
  await trx
    .updateTable('users')
    .set({ proxy_addresses: names.proxyAddresses })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
  const target = { id, name: renamed }
  await record(trx, act, {
    ...{ activity: 'user.renamed', result: 'success', target },
    details: { former: userPrincipalName, disabled: String(disables) },
  })
  if (renamed === userPrincipalName) return
  await raiseSecurityEpoch(trx, tenantId, id)
  const template = disables ? 'renamed_disabled' : 'renamed'
  await tellOfAccount(trx, act, user, {
    readers: readers.map(to => ({ to, preferredLanguage: user.preferredLanguage, template })),
    about: { renamedTo: renamed },
  })
}

/** The name, or with a number the first that nobody has. */
async function freeName(trx: Trx, wanted: string): Promise<string> {
  const [local = '', domain = ''] = wanted.split('@')
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${local.slice(0, 58)}-${number}@${domain}`
    const taken = await trx
      .selectFrom('users')
      .select('id')
      .where('tenant_id', '=', trx.tenantId)
      .where('user_principal_name_folded', '=', name.toLowerCase())
      .executeTakeFirst()
    if (!taken) return name
  }
}
