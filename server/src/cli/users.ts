// This file is long because each command of people is a few lines of what it says besides its rule.

import type { Act } from '../act.ts'
import type { NewUserInput, UserInput } from '../administration/index.ts'
import type { User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
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
  onUser,
  print,
  several,
  show,
  tenantOfName,
  text,
  UsageError,
  type Values,
  withAct,
} from './command.ts'
import { importUsers } from './imports.ts'
import { cellOf, readRows } from './lists.ts'
import { passkeyCommands } from './passkeys.ts'
import { firstPassword, forPasswords, passwordCommands, readPassword, readSecret, shown, untilOf } from './passwords.ts'
import { readSetting } from './policies.ts'
import { judgeStates, listWithStates } from './resetStates.ts'

const load = () => modules('access', 'administration', 'directory', 'odata', 'store')
type On = Awaited<ReturnType<typeof load>>

/** Words as people type them, or clauses as `/v1.0` takes them. */
const searchOf = (typed: string) =>
  typed.includes('"')
    ? typed
    : ['displayName', 'userPrincipalName', 'mail'].map(name => `"${name}:${typed}"`).join(' OR ')

/** A user of a list with the names of their roles in place of ids. */
const named = ({ access: { roles, templateIds } }: Modules<'access'>, user: Record<string, unknown>) => ({
  ...user,
  assignedRoles: roles.filter(role => (user.assignedRoles as string[]).includes(templateIds[role])),
})

async function listUsers({ json, search, filter, deleted }: Values, domain: string) {
  const on = await load()
  const { deletedUserEntity, userEntity } = on.directory
  const withStates = !deleted && typeof filter === 'string' && filter.includes('resetState')
  const asked = {
    select: ['id', 'userPrincipalName', 'displayName', 'accountEnabled', 'assignedRoles'],
    orderby: 'userPrincipalName',
    ...(typeof search === 'string' && { search: searchOf(search) }),
    ...(typeof filter === 'string' && { filter }),
  }
  if (withStates) await judgeStates(domain)
  const rows = await inTenantOf(on, domain, (trx, act) =>
    deleted
      ? readRows(on, trx, act, {
          ...asked,
          entity: deletedUserEntity(trx.tenantId),
          select: [...asked.select, 'deletedDateTime'],
        })
      : withStates
        ? listWithStates(trx, act, asked)
        : readRows(on, trx, act, { ...asked, entity: userEntity(trx.tenantId) }),
  )
  const users = rows.map(row => named(on, row) as Record<string, unknown>)
  show(json, users, () =>
    columns(
      users.map(({ id, userPrincipalName, displayName, accountEnabled, assignedRoles, deletedDateTime }) => [
        cellOf(userPrincipalName),
        cellOf(displayName),
        deleted ? `deleted ${cellOf(deletedDateTime).slice(0, 10)}` : accountEnabled ? 'enabled' : 'disabled',
        ...(deleted ? [cellOf(id)] : []),
        cellOf(assignedRoles),
      ]),
    ),
  )
}

async function showUser({ json }: Values, userPrincipalName: string) {
  const on = await load()
  const user = await onUser(on, userPrincipalName, async (trx, act, { id }) => {
    const entity = on.directory.userEntity(trx.tenantId)
    const select = Object.keys(entity.properties).filter(name => name !== 'deletedDateTime')
    const [row] = await readRows(on, trx, act, { entity, select, within: [on.directory.isUser(id)] })
    return named(on, row!)
  })
  show(json, user, () =>
    columns(Object.entries(user).flatMap(([name, value]) => (cellOf(value) === '' ? [] : [[name, cellOf(value)]]))),
  )
}

/** Properties that have an option or a command of their own. */
const OWN: Record<string, string> = {
  displayName: '--name',
  mail: '--mail',
  preferredLanguage: '--language',
  passwordProfile: 'latchkey users new-password',
}

/** The properties that a command gives. Throws `UsageError`, and `property_…` as `/v1.0` does. */
function readProperties(
  { administration, api, words }: Modules<'administration' | 'api' | 'words'>,
  { name, mail, language, set = [] }: Values,
): UserInput {
  const { languages } = words
  if (typeof language === 'string' && !languages.some(one => one === language))
    throw new UsageError(`--language is one of ${languages.join(', ')}.`)
  const given = (set as string[]).map(readProperty)
  for (const [property] of given)
    if (Object.hasOwn(OWN, property)) throw new UsageError(`${property} is set by ${OWN[property]}.`)
  return api.bodyJudge({ body: administration.UserChanges })({
    ...Object.fromEntries(given),
    ...(typeof name === 'string' && { displayName: checkName(name, '--name') }),
    ...(typeof mail === 'string' && { mail }),
    ...(typeof language === 'string' && { preferredLanguage: language }),
  }) as UserInput
}

/** No property of a user is a number, but numbers of employees and post codes look like one. */
function readProperty(pair: string): [string, unknown] {
  const [name, value] = readSetting(pair)
  return [name, typeof value === 'number' ? pair.slice(name.length + 1) : value]
}

async function createUser({ json, role, ...values }: Values, userPrincipalName: string) {
  const displayName = needed(values.name, '--name')
  const sources = ['password-temporary', 'password-stdin', 'password-hash'].filter(source => values[source])
  if (sources.length > 1) throw new UsageError(`--${sources[0]} and --${sources[1]} exclude each other.`)
  const [source] = sources
  const on = await modules(...forPasswords, 'api', 'purpose', 'words')
  const { administration, store } = on
  const properties = readProperties(on, values)
  const roleGiven = typeof role === 'string' ? on.directory.getRole(role) : undefined
  const password = source === 'password-stdin' ? await readPassword() : undefined
  const input: NewUserInput = {
    ...properties,
    accountEnabled: properties.accountEnabled ?? true,
    displayName,
    userPrincipalName,
    ...(password !== undefined && { passwordProfile: { password } }),
  }
  const imported = source === 'password-hash' ? await readPasswordHash(on) : undefined
  const done = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    await on.purpose.claimDatabase(db, act.keys, 'production')
    const first =
      imported !== undefined
        ? { hash: imported, history: 0, mustChange: false }
        : source !== undefined
          ? await firstPassword(on, db, act, { tenantId, input })
          : undefined
    return store.inTenant(db, tenantId, async trx => {
      const { id } = await administration.addUser(trx, act, input, first)
      if (roleGiven) await administration.assignRoleTo(trx, act, id, roleGiven)
      return { id, made: first && 'made' in first ? first.made : undefined, until: await untilOf(on, trx, act) }
    })
  })
  const { id, made, until } = done
  show(
    json,
    { id, userPrincipalName, ...(made !== undefined && { password: made, until: until.toISOString() }) },
    () => [
      `${userPrincipalName} was created.`,
      ...(made === undefined
        ? []
        : [
            'The password is shown only now, and must be changed at the first sign-in:',
            ...shown({ password: made, until }),
          ]),
      ...(password === undefined ? [] : ['The password must be changed at the first sign-in.']),
    ],
  )
}

/** The hash of the password from another system. */
async function readPasswordHash({ crypto }: Modules<'crypto'>): Promise<string> {
  const hash = (await readSecret()).trim()
  try {
    await crypto.checkForeignHash(hash)
  } catch (error) {
    if (error instanceof crypto.ForeignHashError)
      throw new UsageError(`The hash cannot be taken over. ${error.message}`)
    throw error
  }
  return hash
}

async function updateUser({ json, ...values }: Values, userPrincipalName: string) {
  const on = await modules('administration', 'api', 'directory', 'store', 'words')
  const changes = readProperties(on, values)
  if (Object.keys(changes).length === 0)
    throw new UsageError('It takes something to change, as in --set jobTitle=Nurse.')
  const { id } = await onUser(on, userPrincipalName, async (trx, act, user) => {
    await on.administration.updateUserIn(trx, act, { id: user.id, changes })
    return user
  })
  show(json, { id }, () => [`${userPrincipalName} was changed.`])
}

/** A command that does something to one user and says so. */
const changing =
  (done: (name: string) => string, change: (on: On, trx: Trx, act: Act, user: User) => Promise<void>) =>
  async ({ json }: Values, userPrincipalName: string) => {
    const on = await load()
    const { id } = await onUser(on, userPrincipalName, async (trx, act, user) => {
      await change(on, trx, act, user)
      return user
    })
    show(json, { id }, () => [done(userPrincipalName)])
  }

const deleteUser = changing(
  name => `${name} was deleted, and is signed out everywhere. For thirty days: latchkey users restore ${name}`,
  ({ administration }, trx, act, { id }) => administration.deleteUser(trx, act, id),
)

const revokeSessions = changing(
  name => `${name} is signed out everywhere.`,
  ({ administration }, trx, act, { id }) => administration.revokeSessions(trx, act, id),
)

/** Acts on a deleted user, as the operator. `id`: of several who had the name. */
const onDeleted = <T>(
  on: Modules<'administration' | 'directory' | 'store'>,
  { name, id }: { name: string; id: Values[string] },
  work: (trx: Trx, act: Act, deletedId: string) => Promise<T>,
): Promise<T> =>
  withAct(async (db, act) =>
    on.store.inTenant(db, await tenantOfName(on, db, name), async trx => {
      const found = await on.administration.listDeletedUsers(trx, name)
      const fitting = typeof id === 'string' ? found.filter(one => one === id.toLowerCase()) : found
      if (fitting.length > 1)
        throw new CommandError(`Several who were deleted had this name. --id says which: ${fitting.join(', ')}.`)
      if (!fitting[0]) throw new CommandError(`No user ${name} was deleted in the last thirty days.`)
      return work(trx, act, fitting[0])
    }),
  )

async function restoreUser({ json, id, as: newName, ...values }: Values, name: string) {
  const on = await load()
  const user = await onDeleted(on, { name, id }, (trx, act, deletedId) =>
    on.administration.restoreUser(trx, act, deletedId, {
      ...(typeof newName === 'string' && { newUserPrincipalName: newName }),
      autoReconcileProxyConflict: values['drop-taken-addresses'] === true,
    }),
  )
  const { userPrincipalName } = user
  show(json, { id: user.id, userPrincipalName }, () => [
    `${userPrincipalName} was restored with the roles and groups of before. The password must be changed at the next sign-in.`,
  ])
}

async function purgeUser({ json, id }: Values, name: string) {
  const on = await load()
  const erased = await onDeleted(on, { name, id }, async (trx, act, deletedId) => {
    await on.administration.purgeUser(trx, act, deletedId)
    return deletedId
  })
  show(json, { id: erased }, () => [`${name} was erased for ever. The audit log stays for its time.`])
}

/** Prints what is kept about a person, in their language or another. */
async function exportUser({ json, language }: Values, userPrincipalName: string) {
  const on = await modules('directory', 'personalData', 'store', 'words')
  const { languages, loadWords } = on.words
  const chosen = languages.find(one => one === language)
  if (language !== undefined && !chosen) throw new UsageError(`--language is one of ${languages.join(', ')}.`)
  await onUser(on, userPrincipalName, async (trx, act, user) => {
    const data = await on.personalData.readPersonalData(trx, act, user)
    if (json === true) return show(json, Object.fromEntries(data.map(({ table, rows }) => [table, rows])), () => [])
    const preferred = languages.find(one => user.preferredLanguage?.startsWith(one))
    const words = loadWords().in(chosen ?? preferred ?? 'en')
    print((await on.personalData.personalText(trx, act, words, { user, data })).trimEnd())
  })
}

async function unblockUser({ json }: Values, userPrincipalName: string) {
  const on = await modules('administration', 'directory', 'store')
  const { blockKinds, liftBlocks } = on.administration
  const { id, lifted } = await onUser(on, userPrincipalName, async (trx, act, user) => ({
    id: user.id,
    lifted: await liftBlocks(trx, act, { id: user.id, kinds: blockKinds }),
  }))
  show(json, { id, ...lifted }, () => [
    `Blocks lifted for ${userPrincipalName}: ${lifted.blocks}.`,
    ...(lifted.methods > 0
      ? [
          `Methods unblocked for ${userPrincipalName}: ${lifted.methods}. They had been reported as used by somebody else.`,
        ]
      : []),
    ...(lifted.reported
      ? [
          'The password was reported as known to somebody else, so it stays locked: a reset gives the account a new one.',
        ]
      : []),
  ])
}

const json = flag
const changeable = { name: text, mail: text, language: text, set: several }
const takes = ['UPN']

export const userCommands: CommandGroup = {
  about: 'people and their ways to sign in. UPN is a sign-in name, such as ada@acme.example.',
  commands: {
    list: {
      usage: 'DOMAIN [--search WORDS] [--filter FILTER] [--deleted] [--json]',
      about: 'users of a tenant, all or as a search or a filter of /v1.0 finds them; or those who can be restored',
      options: { search: text, filter: text, deleted: flag, json },
      takes: ['DOMAIN'],
      run: listUsers,
    },
    show: {
      usage: 'UPN [--json]',
      about: 'everything in the directory about a user',
      options: { json },
      takes,
      run: showUser,
    },
    create: {
      usage:
        'UPN --name NAME [--mail ADDRESS] [--language CODE] [--set KEY=VALUE …] [--role ROLE] [--password-temporary | --password-stdin | --password-hash] [--json]',
      about:
        'add a user: with a password that is made and printed once, or one or its hash from standard input, or with none',
      options: {
        ...changeable,
        role: text,
        'password-temporary': flag,
        'password-stdin': flag,
        'password-hash': flag,
        json,
      },
      takes,
      run: createUser,
    },
    update: {
      usage: 'UPN [--name NAME] [--mail ADDRESS] [--language CODE] [--set KEY=VALUE …] [--json]',
      about: 'change a user by the names of /v1.0; a new name and a disabled account end every session',
      options: { ...changeable, json },
      takes,
      run: updateUser,
    },
    import: {
      usage: 'DOMAIN FILE [--dry-run] [--whole] [--json]',
      about:
        'add the people of a CSV file, with phones, groups and the hashes of their passwords elsewhere: each row for itself, or --whole all or nobody; - is standard input',
      options: { 'dry-run': flag, whole: flag, json },
      takes: ['DOMAIN', 'FILE'],
      run: importUsers,
    },
    delete: {
      usage: 'UPN [--json]',
      about: 'delete a user, who is signed out everywhere and can be restored for thirty days',
      options: { json },
      takes,
      run: deleteUser,
    },
    restore: {
      usage: 'UPN [--id ID] [--as NEW-UPN] [--drop-taken-addresses] [--json]',
      about: 'restore a deleted user, perhaps by another name, or without addresses that others have meanwhile',
      options: { id: text, as: text, 'drop-taken-addresses': flag, json },
      takes,
      run: restoreUser,
    },
    purge: {
      usage: 'UPN [--id ID] [--json]',
      about: 'erase a deleted user for ever',
      options: { id: text, json },
      takes,
      run: purgeUser,
    },
    export: {
      usage: 'UPN [--language CODE] [--json]',
      about:
        'print everything that is kept about a person, for them to read or as JSON; no password, answer, code or key',
      options: { language: text, json },
      takes,
      run: exportUser,
    },
    'revoke-sessions': {
      usage: 'UPN [--json]',
      about: 'sign a user out everywhere',
      options: { json },
      takes,
      run: revokeSessions,
    },
    unblock: { usage: 'UPN [--json]', about: 'lift every block of a user', options: { json }, takes, run: unblockUser },
    ...passwordCommands,
    ...passkeyCommands,
  },
  examples: [
    ['Whose name begins with Kim, for a script', 'users list acme.example --search kim --json'],
    ['Who may not sign in', "users list acme.example --filter 'accountEnabled eq false'"],
    ['Who could not reset their password', "users list acme.example --filter 'resetState/isCapable eq false' --json"],
    ['Who was deleted and can be restored', 'users list acme.example --deleted'],
    ['Everything about somebody', 'users show kim@acme.example'],
    [
      'Somebody with a temporary password',
      "users create kim@acme.example --name 'Kim Doe' --set jobTitle=Nurse --password-temporary",
    ],
    ['Judge a file of people first, and change nothing', 'users import acme.example people.csv --dry-run'],
    ['Bring all of them in, or nobody', 'users import acme.example people.csv --whole'],
    ['Keep somebody out who has left', 'users update kim@acme.example --set accountEnabled=false'],
    [
      'Give somebody another name',
      "users update kim@acme.example --set userPrincipalName=kim.d@acme.example --name 'Kim D'",
    ],
    ['Delete somebody for thirty days', 'users delete kim@acme.example'],
    ['Bring them back', 'users restore kim@acme.example'],
    ['Bring them back though another has their name', 'users restore kim@acme.example --as kim.doe@acme.example'],
    ['Give somebody what is kept about them', 'users export kim@acme.example --language fr'],
    ['Erase somebody who was deleted', 'users purge kim@acme.example'],
    ['Sign somebody out on every device', 'users revoke-sessions kim@acme.example'],
    ['Let somebody try again after wrong passwords or codes', 'users unblock kim@acme.example'],
    ['A temporary password for somebody who lost theirs', 'users new-password kim@acme.example'],
    ['Let somebody in who has lost everything', 'users pass kim@acme.example --minutes 30 --once'],
    ['The passkeys of somebody', 'users passkeys kim@acme.example'],
  ],
}
