import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import {
  assignRole,
  createUser,
  findUser,
  findUserByName,
  getUser,
  lockTenant,
  nobody,
  readName,
  type User,
} from '../directory/index.ts'
import { HYGIENE, settleDomains } from '../organization/index.ts'
import {
  type PasswordChecks,
  preparePassword,
  readPasswordRules,
  refusedPassword,
  setPassword,
} from '../passwords/index.ts'
import { nextRequirement } from '../registration/index.ts'
import { newSession, type Session } from '../sessions/index.ts'
import { displayNameOf, readPersonName } from '../signup/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { recordTakeover, within } from './events.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { mailClaimant } from './mails.ts'
import { changeTakeover, type Found, findTakeover, nameOf, settlesUntil } from './queries.ts'
import { protect, protectPeople } from './settling.ts'
import type { Takeover } from './takeover.ts'
import { tellEverybody } from './tell.ts'
import { readFormer } from './undo.ts'

/** What a new administrator types. */
export interface NewAdministrator {
  givenName: string
  surname: string
  newPassword: string
}

/** Who finishes: by an account that is made, or in the session of the account that has the mailbox's name. */
export interface Finishing {
  checks: PasswordChecks
  language: string
  session: Session | undefined
  typed: NewAdministrator | undefined
}

/**
 * Gives the tenant to who has proved its domain: one account becomes its Global Administrator, in a session of its own.
 * From now on it settles. Throws `wrong_state`, `sign_in_first`, `forbidden`, `name_*`, `password_*`.
 */
export async function finishTakeover(
  db: Db,
  begun: Act,
  takeover: Takeover,
  { checks, language, session, typed }: Finishing,
): Promise<{ user: User; sessionCookie: string }> {
  const { tenantId } = takeover
  if (takeover.state !== 'ready' || takeover.kind === 'external') throw refuse('wrong_state')
  const act = within(begun, takeover)
  const name = nameOf(takeover.address)
  const isTheirs =
    session?.tenantId === tenantId && readName(session.user.userPrincipalName).folded === readName(name).folded
  if (!typed && !isTheirs) throw refuse(session ? 'forbidden' : 'not_signed_in')
  const made = typed && (await prepareAccount(db, act, { takeover, checks, language, typed }))
  return inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const user = made ? await makeAccount(trx, act, made) : await findUser(trx, tenantId, session!.user.id, true)
    if (!user?.accountEnabled) throw refuse('not_signed_in')
    await claim(trx, act, takeover, user)
    return { user, sessionCookie: await signIn(trx, act, await getUser(trx, tenantId, user.id), language) }
  })
}

/** Judges what was typed, and hashes the password with no transaction open. */
async function prepareAccount(
  db: Db,
  act: Act,
  {
    takeover,
    checks,
    language,
    typed,
  }: { takeover: Takeover; checks: PasswordChecks; language: string; typed: NewAdministrator },
) {
  const { tenantId, account: name } = takeover
  const named = {
    userPrincipalName: name,
    givenName: readPersonName(typed.givenName, 'givenName'),
    surname: readPersonName(typed.surname, 'surname'),
  }
  const rules = await inTenant(db, tenantId, async trx => {
    if (await findUserByName(trx, tenantId, readName(name).folded)) throw refuse('sign_in_first')
    return readPasswordRules(trx, act, { ...nobody(tenantId), ...named }, 'reset')
  })
  const judged = await preparePassword(db, act, checks, { rules, newPassword: typed.newPassword })
  if ('refused' in judged) throw refusedPassword(judged.refused)
  return {
    user: { ...named, ...displayNameOf(named, language), mail: nameOf(takeover.address) },
    password: judged.prepared,
  }
}

async function makeAccount(
  trx: Trx,
  act: Act,
  { user, password }: Awaited<ReturnType<typeof prepareAccount>>,
): Promise<User> {
  const { tenantId } = trx
  if (await findUserByName(trx, tenantId, readName(user.userPrincipalName).folded)) throw refuse('sign_in_first')
  const made = await createUser(trx, act, tenantId, user)
  await record(trx, act, {
    ...{ activity: 'user.created', result: 'success' },
    target: { id: made.id, name: made.userPrincipalName },
  })
  await setPassword(trx, act, made, { ...password, mustChange: false })
  return made
}

/** One request finishes a claim. Throws `wrong_state`. */
async function claim(trx: Trx, act: Act, { id, domain, proof }: Takeover, user: User): Promise<void> {
  const { now } = act
  const { tenantId } = trx
  const ends = settlesUntil(now)
  const former = await readFormer(trx, domain)
  const claimed = await trx
    .updateTable('takeovers')
    .set({
      ...{ finished_at: now, user_id: user.id, allowed_at: null, ends_at: ends, due_at: ends },
      former: JSON.stringify(former),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('ready_at', 'is not', null)
    .where('finished_at', 'is', null)
    .where('disputed_at', 'is', null)
    .where('administrator_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw refuse('wrong_state')
  await trx.updateTable('tenants').set({ unmanaged_since: null }).where('tenant_id', '=', tenantId).execute()
  await protect(trx, { since: now, until: ends })
  await trx
    .updateTable('domains')
    .set({ proof, is_root: true, next_check_at: plus(now, HYGIENE) })
    .where('tenant_id', '=', tenantId)
    .where('name', '=', domain)
    .execute()
  await assignRole(trx, act, user.id, 'Global Administrator')
  const { takeover } = (await findTakeover(trx, act, id))!
  const actor = { kind: 'anyone', name: user.userPrincipalName, id: user.id } as const
  await recordTakeover(trx, { ...act, actor }, takeover, { activity: 'takeover.finished' })
  await mailClaimant(trx, act, takeover, { news: 'finished', until: ends })
  await tellEverybody(trx, id, 'finished')
}

/** The session of the new administrator. The mailbox and the DNS were proved: what is missing is a second way. */
async function signIn(trx: Trx, act: Act, user: User, language: string): Promise<string> {
  const { requires } = await nextRequirement(trx, act, user, { proofs: [], deviceCookie: undefined })
  const target = { id: user.id, name: user.userPrincipalName }
  const actor = { kind: 'anyone', name: target.name, id: target.id } as const
  await record(trx, { ...act, actor }, { activity: 'signin.succeeded', result: 'success', reason: 'takeover', target })
  return newSession(trx, act, user, { requires, language, isProved: true })
}

/** What has settled is over: from now on administrators act on everybody. */
export async function settle(trx: Trx, act: Act, { row, takeover: { id, domain, kind } }: Found) {
  if (hasTakenIn(row)) {
    await protectPeople(trx, formerPeopleOf(row).people, null)
    await settleDomains(trx, id)
  } else await protect(trx, undefined)
  await changeTakeover(trx, id, { ended_at: act.now, outcome: 'settled' })
  await recordTakeover(trx, act, { id, domain, kind }, { activity: 'takeover.settled' })
}
