import { readTenantSuffix } from '../config.ts'
import { bannedWords } from './bannedWords.ts'
import {
  type CommandGroup,
  checkName,
  columns,
  flag,
  modules,
  needed,
  newTrail,
  several,
  show,
  text,
  UsageError,
  type Values,
  withAct,
  withStore,
} from './command.ts'
import { firstPassword, forPasswords, shown, untilOf } from './passwords.ts'
import { tenantMethods, tenantPolicy, tenantProtection, tenantSignIn, tenantWriteback } from './policies.ts'

async function createTenant({ json, admin, name, color, country }: Values, domain: string) {
  const userPrincipalName = needed(admin, '--admin')
  const displayName = checkName(typeof name === 'string' ? name : domain, '--name')
  if (typeof color === 'string' && !/^#[0-9a-f]{6}$/i.test(color))
    throw new UsageError('--color is written #rrggbb, in quotes.')
  const on = await modules(...forPasswords, 'audit', 'methods', 'organization', 'purpose')
  const { administration, directory } = on
  if (typeof country === 'string' && !on.methods.isCountry(country))
    throw new UsageError('--country is a code of two capital letters, such as GB.')
  const suffix = readTenantSuffix(process.env)
  const made = await withAct(async (db, act) => {
    await on.purpose.prepareDatabase(db, act.keys, 'production')
    const tenantId = act.random.uuid(act.now)
    const input = { userPrincipalName, displayName: 'Administrator', accountEnabled: true }
    const first = await firstPassword(on, db, act, { tenantId, input })
    return on.store.inTenant(db, tenantId, async trx => {
      const own = { suffix, ...(typeof country === 'string' && { country }) }
      await directory.createTenant(trx, act, tenantId, { displayName, domain, ...own })
      if (typeof color === 'string') await on.organization.beginBranding(trx, act, { color })
      await on.audit.record(trx, act, {
        activity: 'tenant.created',
        result: 'success',
        target: { id: tenantId, name: domain },
      })
      const { id } = await administration.addUser(trx, { ...act, trail: newTrail(act) }, input, first)
      // Nobody is there yet who could be told of it.
      await directory.assignRole(trx, act, id, 'Global Administrator')
      return { id: tenantId, password: first.made!, until: await untilOf(on, trx, act) }
    })
  })
  const { id, until } = made
  show(json, { id, domain, userPrincipalName, password: made.password, until: until.toISOString() }, () => [
    `The tenant ${domain} was created. Its administrator ${userPrincipalName} signs in with this password.`,
    'It is shown only now, and must be changed at the first sign-in:',
    ...shown(made),
    `Reset is still off: latchkey tenant policy ${domain} --set enabled=true`,
  ])
}

async function listTenants({ json }: Values) {
  const { directory, store } = await modules('directory', 'store')
  const tenants = await withStore(async db => {
    const found = []
    for (const { id, displayName } of await directory.listTenants(db)) {
      const domains = await store.inTenant(db, id, trx => directory.listDomains(trx, id))
      found.push({ id, displayName, domains })
    }
    return found
  })
  show(json, tenants, () =>
    columns(tenants.map(({ id, displayName, domains }) => [domains.join(', '), displayName, id])),
  )
}

const json = flag

export const tenantCommands: CommandGroup = {
  about: 'companies, their domains, policies and settings',
  commands: {
    create: {
      usage: 'DOMAIN --admin UPN [--name NAME] [--color #RRGGBB] [--country CODE] [--json]',
      about: 'make a tenant and its first administrator',
      options: { admin: text, name: text, color: text, country: text, json },
      takes: ['DOMAIN'],
      run: createTenant,
    },
    list: { usage: '[--json]', about: 'every tenant and its domains', options: { json }, run: listTenants },
    policy: {
      usage: 'DOMAIN [--set KEY=VALUE …] [--json]',
      about: 'show or change the default reset policy',
      options: { set: several, json },
      takes: ['DOMAIN'],
      run: tenantPolicy,
    },
    methods: {
      usage: 'DOMAIN [--set METHOD=JSON …] [--json]',
      about: 'show or change which methods are on, and for which groups, as in --set \'Sms={"state":"disabled"}\'',
      options: { set: several, json },
      takes: ['DOMAIN'],
      run: tenantMethods,
    },
    protection: {
      usage: 'DOMAIN [--set KEY=VALUE …] [--json]',
      about: 'show or change how accounts are protected: lockout, passwords, messages, concealing',
      options: { set: several, json },
      takes: ['DOMAIN'],
      run: tenantProtection,
    },
    signin: {
      usage: 'DOMAIN [--set KEY=VALUE …] [--json]',
      about: 'show or change how people sign in: second step, how long they stay signed in, what they agree to',
      options: { set: several, json },
      takes: ['DOMAIN'],
      run: tenantSignIn,
    },
    writeback: {
      usage: 'DOMAIN [--set KEY=VALUE …] [--json]',
      about: 'show or change how the company’s own directory takes part: writeback, unlockWithoutReset, brakePercent',
      options: { set: several, json },
      takes: ['DOMAIN'],
      run: tenantWriteback,
    },
    'banned-words': {
      usage: 'DOMAIN [--add WORD …] [--remove WORD …] [--import FILE] [--json]',
      about: 'show or change the words that passwords of the tenant may not be made of',
      options: { add: several, remove: several, import: text, json },
      takes: ['DOMAIN'],
      run: bannedWords,
    },
  },
  examples: [
    ['A company with its first administrator', 'tenant create acme.example --admin admin@acme.example'],
    ['Every company, for a script', 'tenant list --json'],
    ['Let everybody reset their password', 'tenant policy acme.example --set enabled=true'],
    ['Nobody proves who they are by text message', `tenant methods acme.example --set 'Sms={"state":"disabled"}'`],
    ['Lock after five wrong passwords', 'tenant protection acme.example --set lockoutThreshold=5'],
    ['A second step for everybody', 'tenant signin acme.example --set secondStep=everyone'],
    ['People may unlock in the company’s own directory', 'tenant writeback acme.example --set unlockWithoutReset=on'],
    ['No password holds the company’s name', 'tenant banned-words acme.example --add acme'],
  ],
}
