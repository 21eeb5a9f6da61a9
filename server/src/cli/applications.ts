import type { Act } from '../act.ts'
import type { Application } from '../applications/index.ts'
import type { Store, Trx } from '../store/index.ts'
import {
  CommandError,
  type CommandGroup,
  checkName,
  columns,
  flag,
  type Modules,
  modules,
  needed,
  print,
  several,
  tenantOf,
  text,
  UsageError,
  type Values,
  withAct,
  withStore,
} from './command.ts'
import { readSetting } from './policies.ts'

export async function createApplication(values: Values, domain: string) {
  const displayName = checkName(needed(values.name, '--name'), '--name')
  const given = { displayName, addresses: readAddresses(values), ...readSettings(values) }
  const on = await modules('applications', 'directory', 'store')
  const { appId, platform } = await withAct(async (db, act) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => on.applications.createApplication(trx, act, tenantId, given))
  })
  print(`${displayName} was registered. Its id, by which it signs people in, is ${appId}`)
  if (platform === 'web') print(`Give it a secret: latchkey applications secret ${appId}`)
}

export async function listApplications(_values: Values, domain: string) {
  const on = await modules('applications', 'directory', 'store')
  const found = await withStore(async db => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => on.applications.listApplications(trx, tenantId))
  })
  print(...columns(found.map(({ displayName, appId, platform }) => [displayName, appId, platform])))
}

export async function updateApplication(values: Values, appId: string) {
  const { consent, 'take-back-consent': takesBack, assign = [], unassign = [], name } = values
  if (consent && takesBack) throw new UsageError('--consent and --take-back-consent exclude each other.')
  const addresses = readAddresses(values)
  const changes = {
    ...(typeof name === 'string' && { displayName: checkName(name, '--name') }),
    ...(Object.keys(addresses).length > 0 && { addresses }),
    ...readSettings(values),
  }
  const on = await modules('applications', 'directory', 'store')
  const { applications, store } = on
  const read = async (db: Store) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    return store.inTenant(db, tenantId, trx => applications.lockApplication(trx, tenantId, appId))
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    return store.inTenant(db, tenantId, async trx => {
      if (Object.keys(changes).length > 0) await applications.changeApplication(trx, act, appId, changes)
      for (const pair of assign as string[]) {
        const [, upn = '', role] = /^([^=]*)(?:=(.*))?$/s.exec(pair) ?? []
        await applications.assign(trx, act, appId, { ...(await userOf(on, trx, tenantId, upn)), role })
      }
      for (const upn of unassign as string[])
        if (!(await applications.unassign(trx, act, appId, await userOf(on, trx, tenantId, upn))))
          throw new CommandError(`${upn} was not assigned.`)
      const { requestedScopes, requestedPermissions } = await applications.lockApplication(trx, tenantId, appId)
      const asked = { scopes: requestedScopes, permissions: requestedPermissions }
      if (consent) await applications.giveOrganizationConsent(trx, act, appId, asked)
      if (takesBack) await applications.takeBackOrganizationConsent(trx, act, appId)
      return applications.lockApplication(trx, tenantId, appId)
    })
  }
  const shows = Object.keys(values).length === 0
  print(JSON.stringify(shown(shows ? await withStore(read) : await withAct(change)), null, 2))
}

export async function applicationSecret({ name, days = '180', remove }: Values, appId: string) {
  const on = await modules('applications', 'directory', 'store')
  const { applications, store } = on
  if (typeof remove === 'string') {
    await withAct(async (db, act) => {
      const tenantId = await tenantOfApplication(on, db, appId)
      await store.inTenant(db, tenantId, trx => applications.removeSecret(trx, act, appId, remove))
    })
    return print('The secret was taken back.')
  }
  if (!/^\d{1,4}$/.test(String(days))) throw new UsageError('--days is a whole number.')
  const added = await withAct(async (db, act) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    const displayName = typeof name === 'string' ? checkName(name, '--name') : act.now.toISOString().slice(0, 10)
    return store.inTenant(db, tenantId, trx =>
      applications.addSecret(trx, act, appId, { displayName, days: Number(days) }),
    )
  })
  print(
    'The secret is shown only now:',
    '',
    `  ${added.secretText}`,
    '',
    `It works until ${added.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    `This takes it back: latchkey applications secret ${appId} --remove ${added.id}`,
  )
}

export async function deleteApplication(_values: Values, appId: string) {
  const on = await modules('applications', 'directory', 'store')
  await withAct(async (db, act) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    await on.store.inTenant(db, tenantId, trx => on.applications.deleteApplication(trx, act, appId))
  })
  print(`The application ${appId} was removed.`)
}

async function tenantOfApplication(
  { applications }: Modules<'applications'>,
  db: Store,
  appId: string,
): Promise<string> {
  if (appId === applications.BUILT_IN)
    throw new CommandError(`${appId} is part of Latchkey and of no tenant: it can be neither changed nor removed.`)
  const tenantId = await applications.findApplicationTenant(db, appId)
  if (tenantId === undefined) throw new CommandError(`There is no application ${appId}.`)
  return tenantId
}

async function userOf({ directory }: Modules<'directory'>, trx: Trx, tenantId: string, upn: string) {
  const user = await directory.findUserByName(trx, tenantId, directory.readName(upn).folded)
  if (!user) throw new CommandError(`There is no user ${upn}.`)
  return { kind: 'user', id: user.id } as const
}

function readAddresses({ web, spa, native }: Values) {
  const given = { web, spa, publicClient: native } as Record<string, string[] | undefined>
  return Object.fromEntries(Object.entries(given).filter(([, addresses]) => addresses !== undefined))
}

/** Settings that have an option of their own are refused: they would be dropped unseen. */
function readSettings({ set = [] }: Values): Record<string, unknown> {
  const settings = Object.fromEntries((set as string[]).map(readSetting))
  const own = { displayName: '--name', platform: '--web, --spa or --native', redirectUris: '--web, --spa or --native' }
  for (const [name, option] of Object.entries(own))
    if (name in settings) throw new UsageError(`${name} is set by ${option}.`)
  return settings
}

/** An application as an operator sees it: of a secret no more than its hint. */
const shown = ({ tenantId: _, secrets, ...application }: Application) => ({
  ...application,
  secrets: secrets.map(({ sealed: _, ...secret }) => secret),
})

const addresses = { web: several, spa: several, native: several }

export const applicationCommands: CommandGroup = {
  about: 'what people sign in to, and programs',
  commands: {
    create: {
      usage: 'DOMAIN --name NAME [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …]',
      about: 'register an application that people of a tenant sign in to, or that acts by itself',
      options: { name: text, ...addresses, set: several },
      takes: ['DOMAIN'],
      run: createApplication,
    },
    list: {
      usage: 'DOMAIN',
      about: 'every application of a tenant',
      takes: ['DOMAIN'],
      run: listApplications,
    },
    update: {
      usage:
        'ID [--name NAME] [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …] [--assign UPN[=ROLE] …] [--unassign UPN …] [--consent | --take-back-consent]',
      about: 'show or change an application, who may use it, and what the organization agrees to',
      options: {
        name: text,
        ...addresses,
        set: several,
        assign: several,
        unassign: several,
        consent: flag,
        'take-back-consent': flag,
      },
      takes: ['ID'],
      run: updateApplication,
    },
    secret: {
      usage: 'ID [--name NAME] [--days DAYS] | ID --remove SECRET',
      about: 'give an application a secret, shown once, for 180 days if no other number is given; or take one back',
      options: { name: text, days: text, remove: text },
      takes: ['ID'],
      run: applicationSecret,
    },
    delete: {
      usage: 'ID',
      about: 'remove an application with its secrets, assignments and consents',
      takes: ['ID'],
      run: deleteApplication,
    },
  },
  examples: [
    [
      'An application that runs on a server',
      'applications create acme.example --name Expenses --web https://expenses.acme.example/callback',
    ],
  ],
}
