import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import {
  createTenant,
  createUser,
  DirectoryError,
  findTenantOfDomains,
  getUser,
  letsMailboxJoin,
  lockTenant,
  NOBODYS_TENANT,
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
  withNames,
} from '../passwords/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { displayNameOf, type MakingBrowser, signInFirst } from './make.ts'
import { readPersonName } from './names.ts'
import { changeSignup } from './queries.ts'
import type { Signup } from './signup.ts'
import { outOfStep } from './steps.ts'

/** What somebody types who makes an account for themselves. Their name is their address. */
export interface TypedPerson {
  givenName: string
  surname: string
  newPassword: string
}

type Browser = Pick<MakingBrowser, 'language' | 'deviceCookie'> & { suffix: string | undefined }

interface Made {
  user: User
  sessionCookie: string
  deviceCookie: string | undefined
}

/**
 * Makes the account of somebody whose mailbox is proved, without any role, and signs it in: in the tenant of its domain,
 * where nobody administers that or it lets such people join, or in a new one that nobody administers. Throws
 * `wrong_state`, `name_*`, `password_*`, `signup_off_for_tenant`.
 */
export async function joinAsPerson(
  db: Db,
  begun: Act,
  { checks, signup, browser }: { checks: PasswordChecks; signup: Signup; browser: Browser },
  typed: TypedPerson,
): Promise<Made> {
  if (signup.state !== 'person') throw outOfStep(signup)
  const act = { ...begun, trail: { ...begun.trail, correlationId: signup.id } }
  const { userPrincipalName } = signup
  const named = {
    userPrincipalName,
    givenName: readPersonName(typed.givenName, 'givenName'),
    surname: readPersonName(typed.surname, 'surname'),
  }
  const { domain } = readName(userPrincipalName)
  const tenantId = await findTenantOfDomains(db, [domain])
  const rules = await inTenant(db, tenantId, trx =>
    readPasswordRules(trx, act, { ...nobody(tenantId), ...named }, 'reset'),
  )
  const judged = await preparePassword(db, act, checks, {
    rules: withNames(rules, [domain.split('.')[0]!]),
    newPassword: typed.newPassword,
  })
  if ('refused' in judged) throw refusedPassword(judged.refused)
  const person = { ...named, ...displayNameOf(named, browser.language), mail: userPrincipalName }
  const made = await makeAccount(db, act, { person, password: judged.prepared, domain, browser })
  // A crash before it leaves an account that its owner signs in to: the journey then says that they have one.
  await inTenant(db, NOBODYS_TENANT, trx => changeSignup(trx, signup.id, { joined_at: act.now }))
  return made
}

interface NewPerson {
  person: Parameters<typeof createUser>[3]
  password: PreparedPassword
  domain: string
  browser: Browser
}

async function makeAccount(db: Db, act: Act, made: NewPerson): Promise<Made> {
  const { domain } = made
  const found = await findTenantOfDomains(db, [domain])
  try {
    return found === NOBODYS_TENANT
      ? await inNewTenant(db, act, made)
      : await inTenant(db, found, trx => addPerson(trx, act, made))
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    // Somebody else of the domain was quicker: theirs is the tenant.
    const other = error.code === 'domain_taken' ? await findTenantOfDomains(db, [domain]) : NOBODYS_TENANT
    if (other !== NOBODYS_TENANT) return inTenant(db, other, trx => addPerson(trx, act, made))
    throw error.code === 'user_exists' ? refuse('wrong_state') : error
  }
}

/** The first person of a domain makes the tenant of its people. Nobody administers it: a mailbox proves no domain. */
const inNewTenant = (db: Db, act: Act, made: NewPerson): Promise<Made> =>
  inTenant(db, act.random.uuid(act.now), async trx => {
    const { tenantId } = trx
    const { domain, browser } = made
    const tenant = { displayName: domain, domain, preferredLanguage: browser.language, suffix: browser.suffix }
    await createTenant(trx, act, tenantId, { ...tenant, unmanaged: true })
    // Nobody else could help these people back in.
    await changeDefaultPolicy(trx, act, tenantId, { enabled: true, gates: 1 })
    await record(trx, act, { activity: 'tenant.created', result: 'success', target: { id: tenantId, name: domain } })
    return addPerson(trx, act, made)
  })

/** Adds the account. Whether the tenant lets such people in is read anew, as its administrators may have changed it. */
async function addPerson(trx: Trx, act: Act, { person, password, browser }: NewPerson): Promise<Made> {
  const { tenantId } = trx
  await lockTenant(trx, tenantId)
  if (!(await letsMailboxJoin(trx, person.userPrincipalName))) throw refuse('signup_off_for_tenant')
  const { id } = await createUser(trx, act, tenantId, person)
  await setPassword(trx, act, await getUser(trx, tenantId, id), { ...password, mustChange: false })
  const user = await getUser(trx, tenantId, id)
  const target = { id, name: user.userPrincipalName }
  const joining = { ...act, actor: { kind: 'user', ...target } } as const
  await record(trx, joining, { activity: 'user.created', result: 'success', target })
  await record(trx, joining, { activity: 'signup.finished', result: 'success', target })
  // The mailbox is the name: by decision 24 it is no way to prove who one is.
  return { user, ...(await signInFirst(trx, act, { user, proofs: [] }, browser)) }
}
