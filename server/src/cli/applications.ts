import type { Act } from '../act.ts'
import type { Application } from '../applications/index.ts'
import type { Store, Trx } from '../store/index.ts'
import {
  CommandError,
  type CommandGroup,
  checkName,
  columns,
  flag,
  inTenantOf,
  type Modules,
  modules,
  needed,
  print,
  readTenantOf,
  several,
  show,
  text,
  UsageError,
  type Values,
  withAct,
  withStore,
} from './command.ts'
import { cellOf, readRows } from './lists.ts'
import { readSetting } from './policies.ts'

async function createApplication({ json, ...values }: Values, domain: string) {
  const displayName = checkName(needed(values.name, '--name'), '--name')
  const given = { displayName, addresses: readAddresses(values), ...readSettings(values) }
  const on = await modules('administration', 'directory', 'store')
  const { appId, platform } = await inTenantOf(on, domain, (trx, act) =>
    on.administration.addApplication(trx, act, given),
  )
  show(json, { appId, displayName, platform }, () => [
    `${displayName} was registered. Its id, by which it signs people in, is ${appId}`,
    ...(platform === 'web' ? [`Give it a secret: latchkey applications secret ${appId}`] : []),
  ])
}

async function listApplications({ json, deleted }: Values, domain: string) {
  const on = await modules('applications', 'directory', 'odata', 'store')
  const { applications } = on
  if (!deleted) {
    const found = await readTenantOf(on, domain, trx => applications.listApplications(trx, trx.tenantId))
    const told = found.map(({ displayName, appId, platform }) => ({ appId, displayName, platform }))
    return show(json, told, () => columns(told.map(one => [one.displayName, one.appId, one.platform])))
  }
  const found = await inTenantOf(on, domain, (trx, act) => {
    const entity = applications.deletedApplicationEntity(trx.tenantId)
    return readRows(on, trx, act, { entity, select: ['appId', 'displayName', 'deletedDateTime'] })
  })
  show(json, found, () =>
    columns(
      found.map(({ appId, displayName, deletedDateTime }) => [
        cellOf(displayName),
        cellOf(appId),
        `deleted ${cellOf(deletedDateTime).slice(0, 10)}`,
      ]),
    ),
  )
}

async function updateApplication({ json: _, ...values }: Values, appId: string) {
  const { consent, 'take-back-consent': takesBack, assign = [], unassign = [], name } = values
  if (consent && takesBack) throw new UsageError('--consent and --take-back-consent exclude each other.')
  const addresses = readAddresses(values)
  const changes = {
    ...(typeof name === 'string' && { displayName: checkName(name, '--name') }),
    ...(Object.keys(addresses).length > 0 && { addresses }),
    ...readSettings(values),
  }
  const on = await modules('administration', 'applications', 'directory', 'store')
  const { administration, applications, store } = on
  const read = async (db: Store) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    return store.inTenant(db, tenantId, trx => applications.lockApplication(trx, tenantId, appId))
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOfApplication(on, db, appId)
    return store.inTenant(db, tenantId, async trx => {
      if (Object.keys(changes).length > 0)
        await administration.updateApplication(trx, act, { by: 'appId', value: appId }, { changes })
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

async function applicationSecret({ json, name, days = '180', remove }: Values, appId: string) {
  const on = await modules('administration', 'applications', 'store')
  const { administration } = on
  if (typeof remove === 'string') {
    await onApplication(on, appId, (trx, act, key) => administration.removePassword(trx, act, key, remove))
    return show(json, { id: remove }, () => ['The secret was taken back.'])
  }
  if (!/^\d{1,4}$/.test(String(days))) throw new UsageError('--days is a whole number.')
  const { id, secretText, expiresAt } = await onApplication(on, appId, (trx, act, key) => {
    const displayName = typeof name === 'string' ? checkName(name, '--name') : act.now.toISOString().slice(0, 10)
    return administration.addPassword(trx, act, key, { displayName, days: Number(days) })
  })
  show(json, { id, secretText, expiresAt }, () => [
    'The secret is shown only now:',
    '',
    `  ${secretText}`,
    '',
    `It works until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    `This takes it back: latchkey applications secret ${appId} --remove ${id}`,
  ])
}

async function deleteApplication({ json }: Values, appId: string) {
  const on = await modules('administration', 'applications', 'store')
  await onApplication(on, appId, (trx, act, key) => on.administration.deleteApplication(trx, act, key))
  show(json, { appId }, () => [
    `The application ${appId} was removed. For thirty days latchkey applications restore brings it back.`,
  ])
}

/** A command that does something to a deleted application and says so. */
const onDeleted =
  (done: (appId: string) => string, change: (on: OnDeleted, trx: Trx, act: Act, id: string) => Promise<void>) =>
  async ({ json }: Values, domain: string, appId: string) => {
    const on = await loadForDeleted()
    await inTenantOf(on, domain, async (trx, act) =>
      change(on, trx, act, await on.administration.getDeletedApplicationId(trx, appId)),
    )
    show(json, { appId }, () => [done(appId)])
  }

const loadForDeleted = () => modules('administration', 'directory', 'store')
type OnDeleted = Awaited<ReturnType<typeof loadForDeleted>>

const restoreApplication = onDeleted(
  appId => `The application ${appId} is back, with its secrets, assignments and consents.`,
  ({ administration }, trx, act, id) => administration.restoreApplication(trx, act, id),
)

const purgeApplication = onDeleted(
  appId => `The application ${appId} was erased for ever.`,
  ({ administration }, trx, act, id) => administration.purgeApplication(trx, act, id),
)

/** Acts on the application of this id, as the operator. */
const onApplication = <T>(
  on: Modules<'applications' | 'store'>,
  appId: string,
  work: (trx: Trx, act: Act, key: { by: 'appId'; value: string }) => Promise<T>,
): Promise<T> =>
  withAct(async (db, act) =>
    on.store.inTenant(db, await tenantOfApplication(on, db, appId), trx =>
      work(trx, act, { by: 'appId', value: appId }),
    ),
  )

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

const json = flag
const addresses = { web: several, spa: several, native: several }

export const applicationCommands: CommandGroup = {
  about: 'what people sign in to, and programs. ID is what an application signs people in with.',
  commands: {
    create: {
      usage: 'DOMAIN --name NAME [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …] [--json]',
      about: 'register an application that people of a tenant sign in to, or that acts by itself',
      options: { name: text, ...addresses, set: several, json },
      takes: ['DOMAIN'],
      run: createApplication,
    },
    list: {
      usage: 'DOMAIN [--deleted] [--json]',
      about: 'every application of a tenant, or those that can be restored',
      options: { deleted: flag, json },
      takes: ['DOMAIN'],
      run: listApplications,
    },
    update: {
      usage:
        'ID [--name NAME] [--web ADDRESS … | --spa ADDRESS … | --native ADDRESS …] [--set KEY=VALUE …] [--assign UPN[=ROLE] …] [--unassign UPN …] [--consent | --take-back-consent] [--json]',
      about: 'show or change an application, who may use it, and what the organization agrees to',
      options: {
        name: text,
        ...addresses,
        set: several,
        assign: several,
        unassign: several,
        consent: flag,
        'take-back-consent': flag,
        json,
      },
      takes: ['ID'],
      run: updateApplication,
    },
    secret: {
      usage: 'ID [--name NAME] [--days DAYS] [--json] | ID --remove SECRET [--json]',
      about: 'give an application a secret, shown once, for 180 days if no other number is given; or take one back',
      options: { name: text, days: text, remove: text, json },
      takes: ['ID'],
      run: applicationSecret,
    },
    delete: {
      usage: 'ID [--json]',
      about: 'remove an application with its secrets, assignments and consents; it can be restored for thirty days',
      options: { json },
      takes: ['ID'],
      run: deleteApplication,
    },
    restore: {
      usage: 'DOMAIN ID [--json]',
      about: 'restore an application that was removed',
      options: { json },
      takes: ['DOMAIN', 'ID'],
      run: restoreApplication,
    },
    purge: {
      usage: 'DOMAIN ID [--json]',
      about: 'erase a removed application for ever',
      options: { json },
      takes: ['DOMAIN', 'ID'],
      run: purgeApplication,
    },
  },
  examples: [
    [
      'An application that runs on a server',
      'applications create acme.example --name Expenses --web https://expenses.acme.example/callback',
    ],
    ['Which there are', 'applications list acme.example'],
    ['Which were removed and can be restored', 'applications list acme.example --deleted'],
    [
      'Only those who are assigned may use it',
      'applications update ID --set assignmentRequired=true --assign ada@acme.example --consent',
    ],
    ['A secret for a year', "applications secret ID --name 'The server' --days 365"],
    ['Remove it for thirty days', 'applications delete ID'],
    ['Bring it back', 'applications restore acme.example ID'],
    ['Or erase it', 'applications purge acme.example ID'],
  ],
}
