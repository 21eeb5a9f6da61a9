import { readFile } from 'node:fs/promises'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import {
  addMember,
  assignRole,
  createGroup,
  createTenant,
  createUser,
  findTenantId,
  NOBODYS_TENANT,
  nobody,
  readName,
  setContactInfo,
  setSettings,
  type User,
} from '../directory/index.ts'
import { lock } from '../limits/index.ts'
import { type PreparedAnswers, prepareAnswers, saveAnswers, saveMethod } from '../methods/index.ts'
import { beginBranding } from '../organization/index.ts'
import {
  addBannedWords,
  findRefusals,
  type PasswordChecks,
  type PreparedPassword,
  preparePassword,
  readPasswordRules,
  renewTemporaryPasswords,
  setPassword,
} from '../passwords/index.ts'
import { addPolicy, changeDefaultPolicy, resetPolicy } from '../policies/index.ts'
import { type Db, inSystem, inTenant, type Trx } from '../store/index.ts'
import { hasContacts, importContacts, readContacts } from '../support/index.ts'
import { operatorAct, seedApplications } from './applications.ts'
import { seedRelationships } from './partners.ts'
import { partnersTenants } from './partnersTenants.ts'
import {
  accountsOf,
  answeredQuestions,
  answerTo,
  type DemoAccount,
  type DemoTenant,
  PASSWORD,
  tenants,
} from './tenants.ts'

/** The hashes that the accounts share: made once, so that the first start is quick. */
interface Secrets {
  checks: PasswordChecks
  password: PreparedPassword
  /** Of a password that nobody knows. */
  unknown: PreparedPassword
  answers: PreparedAnswers
}

/**
 * Makes what is missing of the demonstration's tenants, also in one of an older version. What is there keeps people's
 * changes, and what was made before and is gone stays away: it would come back with a password that everybody knows.
 */
export async function seedDemonstration(db: Db, means: Means, checks: PasswordChecks): Promise<void> {
  await seedTenants(db, means, checks, { tenants, made: 'demonstration accounts' })
  await seedSupport(db, operatorAct(means))
}

/** The same for partners and their customers, with what these have given them. */
export const seedPartners = (db: Db, means: Means, checks: PasswordChecks): Promise<void> =>
  seedTenants(db, means, checks, {
    tenants: partnersTenants,
    made: 'demonstration accounts of partners',
    afterwards: () => seedRelationships(db, operatorAct(means)),
  })

/** `made`: the name of what says which accounts were made once. `afterwards`: what needs them, done once. */
async function seedTenants(
  db: Db,
  means: Means,
  checks: PasswordChecks,
  {
    tenants,
    made: name,
    afterwards,
  }: { tenants: readonly DemoTenant[]; made: string; afterwards?: () => Promise<void> },
): Promise<void> {
  const made = await readMade(db, name)
  const plans = await Promise.all(tenants.map(tenant => planTenant(db, means, tenant, made)))
  const incomplete = plans.filter(({ accounts }) => accounts.length > 0)
  const secrets = incomplete.length > 0 ? await hashSecrets(db, means, checks) : undefined
  for (const { tenant, tenantId, accounts } of plans) {
    const act = operatorAct(means)
    // One transaction: a start that is killed half-way leaves no half tenant, which the next start would keep.
    if (tenantId === NOBODYS_TENANT) {
      if (accounts.length > 0) await seedTenant(db, act, secrets!, tenant)
    } else
      await inTenant(db, tenantId, async trx => {
        for (const account of accounts) await seedAccount(trx, act, secrets!, account)
        await seedApplications(trx, act, tenant.domain)
      })
  }
  if (made.size === 0) await afterwards?.()
  await noteMade(db, name, tenants)
}

/** The names of the accounts that were made once. */
async function readMade(db: Db, name: string): Promise<ReadonlySet<string>> {
  const fact = await inSystem(db, trx =>
    trx.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst(),
  )
  return new Set(fact ? (JSON.parse(fact.value) as string[]) : [])
}

/** Written last: a start that is killed before makes what it lacks anew. */
async function noteMade(db: Db, name: string, tenants: readonly DemoTenant[]): Promise<void> {
  const value = JSON.stringify(tenants.flatMap(tenant => accountsOf(tenant).map(({ name }) => name)))
  await inSystem(db, trx =>
    trx
      .insertInto('facts')
      .values({ name, value })
      .onConflict(row => row.column('name').doUpdateSet({ value }))
      .execute(),
  )
}

/** Thirty countries and everywhere else, for all tenants (work accounts on the wire, §6). */
async function seedSupport(db: Db, act: Act): Promise<void> {
  const contacts = readContacts(await readFile(new URL('./support-contacts.json', import.meta.url), 'utf8'))
  await inTenant(db, NOBODYS_TENANT, async trx => {
    if (!(await hasContacts(trx))) await importContacts(trx, act, contacts)
  })
}

/** The accounts that a tenant lacks and never had; all where it is missing itself. Temporary passwords of an existing one work anew. */
async function planTenant(db: Db, means: Means, tenant: DemoTenant, made: ReadonlySet<string>) {
  const tenantId = await findTenantId(db, tenant.domain)
  const unmade = accountsOf(tenant).filter(({ name }) => !made.has(name))
  if (tenantId === NOBODYS_TENANT) return { tenant, tenantId, accounts: unmade }
  return inTenant(db, tenantId, async trx => {
    await renewTemporaryPasswords(trx, means, tenantId)
    const known = await trx
      .selectFrom('accounts')
      .select('user_principal_name')
      .where('tenant_id', '=', tenantId)
      .execute()
    const names = known.map(row => row.user_principal_name)
    return { tenant, tenantId, accounts: unmade.filter(({ name }) => !names.includes(name)) }
  })
}

async function hashSecrets(db: Db, means: Means, checks: PasswordChecks): Promise<Secrets> {
  const answers = answeredQuestions.map(({ id }, place) => ({ question: id, answer: answerTo(place + 1) }))
  const policy = { questions: answeredQuestions, questionsToRegister: answeredQuestions.length }
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
  const rules = await inTenant(db, NOBODYS_TENANT, trx =>
    readPasswordRules(trx, means, nobody(NOBODYS_TENANT), 'reset'),
  )
  const [password, unknown, prepared] = await Promise.all([
    preparePassword(db, act, checks, { rules, newPassword: PASSWORD }),
    preparePassword(db, act, checks, { rules, newPassword: act.random.token() }),
    prepareAnswers(checks.hasher, policy, answers),
  ])
  if ('refused' in password) throw new Error(`The demonstration's password is refused: ${password.refused.join(', ')}`)
  if ('refused' in unknown) throw new Error('A password of chance is refused')
  return { checks, password: password.prepared, unknown: unknown.prepared, answers: prepared }
}

/** What its policies have in common. A reset of the demonstration shows its last page. */
const settings = { signInAfterReset: false }

async function seedTenant(db: Db, act: Act, secrets: Secrets, tenant: DemoTenant): Promise<void> {
  const { looks } = tenant
  const logo = looks && (await readFile(new URL(`./logos/${looks.logo}.png`, import.meta.url)))
  const id = act.random.uuid(act.now)
  const { displayName, domain, unmanaged } = tenant
  await inTenant(db, id, async trx => {
    await createTenant(trx, act, id, { displayName, domain, unmanaged })
    if (looks && logo) await beginBranding(trx, act, { color: looks.color, logo })
    await record(trx, act, {
      activity: 'tenant.created',
      result: 'success',
      target: { id, name: domain },
    })
    if (tenant.openness) await setSettings(trx, tenant.openness)
    await changeDefaultPolicy(trx, act, id, { ...settings, ...tenant.settings })
    await addBannedWords(trx, act, id, tenant.bannedWords ?? [])
    const group = tenant.groupPolicy && (await createGroup(trx, act, id, { displayName: tenant.groupPolicy.group }))
    if (tenant.groupPolicy && group)
      await addPolicy(trx, act, id, {
        displayName: tenant.groupPolicy.group,
        priority: 1,
        includedGroups: [group],
        excludedGroups: [],
        settings: { ...resetPolicy.defaults, ...settings, ...tenant.groupPolicy.settings },
      })
    for (const account of accountsOf(tenant)) {
      const user = await seedAccount(trx, act, secrets, account)
      if (account.mayReset && group) await addMember(trx, id, group, { kind: 'user', id: user.id })
    }
    await seedApplications(trx, act, domain)
  })
}

async function seedAccount(trx: Trx, act: Act, secrets: Secrets, account: DemoAccount): Promise<User> {
  const { tenantId } = trx
  const user = await createUser(trx, act, tenantId, {
    userPrincipalName: account.name,
    displayName: account.displayName,
    accountEnabled: !account.disabled,
    passwordMasteredIn: account.directory ? 'directory' : 'cloud',
    ...(account.mailbox && { mail: account.name }),
  })
  await record(trx, act, {
    activity: 'user.created',
    result: 'success',
    target: { id: user.id, name: user.userPrincipalName },
  })
  if (account.role) await assignRole(trx, act, user.id, account.role)
  // The password was hashed once for all accounts, so it is judged against each account's names here.
  const refused = findRefusals(secrets.checks, await readPasswordRules(trx, act, user, 'reset'), PASSWORD)
  if (refused.length > 0) throw new Error(`The password of ${account.name} is refused: ${refused.join(', ')}`)
  const password = account.unknownPassword ? secrets.unknown : secrets.password
  await setPassword(trx, act, user, { ...password, mustChange: account.temporaryPassword === true })
  const then = { ...act, now: plus(act.now, -(account.registeredDaysAgo ?? 0) * DAY) }
  await seedMethods(trx, then, user, account)
  if (account.methods?.questions) {
    await saveMethod(trx, then, user, { kind: 'securityQuestions', value: null, source: 'person' })
    await saveAnswers(trx, then, user, secrets.answers)
  }
  if (account.locked) await lock(trx, act, tenantId, readName(account.name).folded)
  return user
}

async function seedMethods(trx: Trx, means: Means, user: User, account: DemoAccount): Promise<void> {
  const { mobilePhone, officePhone, email } = account.methods ?? {}
  const save = (kind: 'mobilePhone' | 'email', value: string) =>
    account.prefilled
      ? setContactInfo(trx, means, user, { kind, value, setBy: 'administrator', confirmedAt: null })
      : saveMethod(trx, means, user, { kind, value, source: 'person', provedAt: means.now })
  if (mobilePhone) await save('mobilePhone', mobilePhone)
  if (email) await save('email', email)
  if (officePhone)
    await setContactInfo(trx, means, user, { kind: 'officePhone', value: officePhone, setBy: 'administrator' })
}
