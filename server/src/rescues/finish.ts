import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import type { Case } from '../cases/index.ts'
import { plus } from '../clock.ts'
import {
  assignRole,
  createUser,
  findUser,
  findUserByName,
  isUserPrincipalName,
  listDomains,
  lockTenant,
  nobody,
  readName,
  type User,
} from '../directory/index.ts'
import {
  type PasswordChecks,
  type PreparedPassword,
  preparePassword,
  readPasswordRules,
  refusedPassword,
  setPassword,
} from '../passwords/index.ts'
import { displayNameOf, readPersonName } from '../signup/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { protect } from '../takeovers/index.ts'
import { judgeFirm } from './entitlement.ts'
import { refusePerson } from './errors.ts'
import { within } from './events.ts'
import { lookAt } from './look.ts'
import { findObjectors, findToldMailboxes, keyOf, tellCompany } from './mails.ts'
import { changeRescue, type Found, findRescue } from './queries.ts'
import { PROOF_LASTS, type Rescue, SETTLES } from './rescue.ts'
import { inRescue, takeStep } from './step.ts'
import { readFormer, sleepWays } from './undo.ts'

/** What who asked types: a password, and for a new administrator the names. */
export interface Typed {
  givenName?: string | undefined
  surname?: string | undefined
  userName?: string | undefined
  newPassword: string
}

interface Finishing {
  checks: PasswordChecks
  language: string
  typed: Typed
}

/** A new account, or the one that gets the password. */
interface Prepared {
  user: { userPrincipalName: string; givenName: string; surname: string; displayName: string; mail: string } | User
  password: PreparedPassword
}

/**
 * Gives who asked their password, which nobody else ever sees. The right of the firm and of both its people is read once
 * more. From then on it settles. Throws `wrong_state`, `mailbox_unproved`, `username_*`, `name_*`, `password_*`.
 */
export async function finishRescue(
  db: Db,
  begun: Act,
  { rescue, one, ...finishing }: { rescue: Rescue; one: Omit<Case, 'challenge'> } & Finishing,
): Promise<void> {
  const act = within(begun, rescue)
  const { tenantId, id } = rescue
  await lookAt(db, act, { tenantId, id })
  await inTenant(db, tenantId, async trx => checkReady(await findRescue(trx, act, id), act))
  const prepared = await prepare(db, act, { rescue, one, ...finishing })
  await inRescue(db, { tenantId, firmId: rescue.provider!.id }, async enter => {
    // The rescue's row first, then its company's, as an undo and a settling do: two orders would wait for each other, and
    // PostgreSQL might end the objection.
    const found = checkReady(await findRescue(await enter(tenantId), act, id, true), act)
    await lockTenant(await enter(tenantId), tenantId)
    const people = [found.rescue.taker!.id, found.rescue.approver!.id]
    const { basis, lacks } = await judgeFirm(enter, act, { rescue, firmId: rescue.provider!.id, people })
    if (!basis || lacks.some(lack => lack.length > 0)) throw refusePerson('wrong_state')
    const company = await enter(tenantId)
    const isLost = rescue.lostMethods && rescue.act === 'newPassword'
    const asleep = isLost ? await sleepWays(company, act, await getTarget(company, rescue)) : []
    const told = await findToldMailboxes(company, act)
    const former = await readFormer(company, asleep, {
      objectors: await findObjectors(company, rescue),
      mailboxes: told.map(to => act.keys.mac('mailbox', keyOf(to)).toString('base64url')),
    })
    const user = await giveAccount(company, act, rescue, prepared)
    const ends = plus(act.now, SETTLES)
    await protect(company, { since: act.now, until: ends })
    const finished = await takeStep(enter, act, found, {
      ...{ activity: 'rescue.finished', news: 'settling', details: { account: user.userPrincipalName } },
      changes: {
        ...{ finished_at: act.now, user_id: user.id, allowed_at: null, former: JSON.stringify(former) },
        ...{ ends_at: ends, due_at: ends },
      },
    })
    // Here, and by no job: whom the rescue let in could take a mailbox out of the list before that ran.
    await tellCompany(finished, act, { rescue, one, news: 'settling', until: ends, former: former.objectors ?? [] })
  })
}

function checkReady(found: Found | undefined, { now }: Act): Found {
  const isReady = found?.rescue.state === 'ready' && found.rescue.endsAt > now && !found.row.administrator_at
  if (!found || !isReady) throw refusePerson('wrong_state')
  const provedAt = found.row.proved_at
  if (!provedAt || plus(provedAt, PROOF_LASTS) <= now || provedAt > now) throw refusePerson('mailbox_unproved')
  return found
}

/**
 * Keeps when the mailbox was proved. The code commits before, elsewhere: after a crash between the two the same code
 * brings its own time, which lengthens nothing. Throws `wrong_state` where it is not ready.
 */
export const keepProof = (
  db: Db,
  act: Act,
  { tenantId, id }: Pick<Rescue, 'tenantId' | 'id'>,
  provedAt: Date,
): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const found = await findRescue(trx, act, id, true)
    if (found?.rescue.state !== 'ready') throw refusePerson('wrong_state')
    const last = found.row.proved_at
    // A time ahead of now is of a clock that was set back.
    if (!last || last < provedAt || last > act.now) await changeRescue(trx, id, { proved_at: provedAt })
  })

/** Judges what was typed, and hashes the password with no transaction open. */
async function prepare(
  db: Db,
  act: Act,
  { rescue, one, checks, language, typed }: { rescue: Rescue; one: Omit<Case, 'challenge'> } & Finishing,
): Promise<Prepared> {
  const { tenantId } = rescue
  const { user, rules } = await inTenant(db, tenantId, async trx => {
    const user = rescue.act === 'newPassword' ? await getTarget(trx, rescue) : await readNew(trx, one, language, typed)
    const about = 'id' in user ? user : { ...nobody(tenantId), ...user }
    return { user, rules: await readPasswordRules(trx, act, about, 'reset') }
  })
  const judged = await preparePassword(db, act, checks, { rules, newPassword: typed.newPassword })
  if ('refused' in judged) throw refusedPassword(judged.refused)
  return { user, password: judged.prepared }
}

async function getTarget(trx: Trx, { targetId }: Rescue): Promise<User> {
  const user = targetId === null ? undefined : await findUser(trx, trx.tenantId, targetId, true)
  if (!user?.accountEnabled || user.passwordMasteredIn !== 'cloud') throw refusePerson('wrong_state')
  return user
}

/** The account of a new administrator, in a domain that the company has proven. */
async function readNew(trx: Trx, { address, domain }: Omit<Case, 'challenge'>, language: string, typed: Typed) {
  const wished = (typed.userName ?? '').trim()
  if (wished === '') throw refusePerson('username_required', { field: 'userName' })
  const userPrincipalName = readName(wished.includes('@') ? wished : `${wished}@${domain}`).folded
  const isOwn = (await listDomains(trx, trx.tenantId)).includes(userPrincipalName.split('@')[1] ?? '')
  if (!isOwn || !isUserPrincipalName(userPrincipalName)) throw refusePerson('username_invalid', { field: 'userName' })
  if (await findUserByName(trx, trx.tenantId, userPrincipalName))
    throw refusePerson('username_taken', { field: 'userName' })
  const named = {
    userPrincipalName,
    givenName: readPersonName(typed.givenName ?? '', 'givenName'),
    surname: readPersonName(typed.surname ?? '', 'surname'),
  }
  return { ...named, ...displayNameOf(named, language), mail: address }
}

async function giveAccount(trx: Trx, act: Act, rescue: Rescue, { user: typed, password }: Prepared): Promise<User> {
  const { tenantId } = trx
  if ('id' in typed) {
    const user = await getTarget(trx, rescue)
    const target = { id: user.id, name: user.userPrincipalName }
    await setPassword(trx, act, user, { ...password, mustChange: false })
    await record(trx, act, { activity: 'password.given', result: 'success', reason: 'rescue', target })
    return user
  }
  if (await findUserByName(trx, tenantId, typed.userPrincipalName))
    throw refusePerson('username_taken', { field: 'userName' })
  const made = await createUser(trx, act, tenantId, typed)
  const target = { id: made.id, name: made.userPrincipalName }
  await record(trx, act, { activity: 'user.created', result: 'success', reason: 'rescue', target })
  await setPassword(trx, act, made, { ...password, mustChange: false })
  await assignRole(trx, act, made.id, 'Global Administrator')
  return made
}
