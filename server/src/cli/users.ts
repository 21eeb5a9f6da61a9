import type { Act } from '../act.ts'
import { readBreachedPasswords } from '../config.ts'
import type { User } from '../directory/index.ts'
import type { Passwords } from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
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
  newTrail,
  print,
  tenantOf,
  tenantOfName,
  text,
  UsageError,
  type Values,
  withAct,
  withStore,
} from './command.ts'

export async function createUser(values: Values, userPrincipalName: string) {
  const displayName = checkName(needed(values.name, '--name'), '--name')
  const { mail, language, role } = values
  const on = await modules(...forPasswords, 'audit', 'directory', 'methods', 'purpose', 'words')
  const { directory } = on
  const { languages } = on.words
  if (typeof language === 'string' && !languages.some(one => one === language))
    throw new UsageError(`--language is one of ${languages.join(', ')}.`)
  const named = typeof role === 'string' ? directory.getRole(role) : undefined
  const address = typeof mail === 'string' ? readMail(on, mail) : undefined
  if (values['password-temporary'] && values['password-hash'])
    throw new UsageError('--password-temporary and --password-hash exclude each other.')
  const imported = values['password-hash'] ? await readPasswordHash(on) : undefined
  const password = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    await on.purpose.claimDatabase(db, act.keys, 'production')
    const temporary = values['password-temporary']
      ? await makePassword(on, db, act, { ...directory.nobody(tenantId), userPrincipalName })
      : undefined
    await on.store.inTenant(db, tenantId, async trx => {
      const user = await directory.createUser(trx, act, tenantId, {
        userPrincipalName,
        displayName,
        mail: address,
        preferredLanguage: typeof language === 'string' ? language : undefined,
      })
      if (named) await directory.assignRole(trx, act, user.id, named)
      await temporary?.setFor(trx, user)
      if (imported) await on.passwords.setPassword(trx, act, user, { hash: imported, history: 0, mustChange: false })
      await on.audit.record(trx, act, {
        activity: 'user.created',
        result: 'success',
        target: { id: user.id, name: user.userPrincipalName },
      })
    })
    return temporary
  })
  print(`${userPrincipalName} was created.`)
  if (password) print('The password is shown only now, and must be changed at the first sign-in:', ...shown(password))
}

/** Gives a user another temporary password: theirs was lost, or has expired unused. */
export async function newPassword(_values: Values, userPrincipalName: string) {
  const on = await modules(...forPasswords, 'administration', 'directory')
  const { administration, store } = on
  const { password, until, user } = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    const { id } = await store.inTenant(db, tenantId, async trx => {
      const found = await getUser(on, trx, userPrincipalName)
      if (found.passwordMasteredIn === 'directory')
        throw new CommandError(
          `The password of ${found.userPrincipalName} is kept in another directory: only that directory can set a new one.`,
        )
      return found
    })
    return withChecks(on, checks => administration.resetPassword(db, act, checks, { tenantId, id }).catch(asTold))
  })
  print(
    `${user.userPrincipalName} has a new password, and every session has ended. The password is shown only now, and must be changed at the first sign-in:`,
    ...shown({ password, until }),
  )
  if (!user.accountEnabled) print('', 'The account is disabled: until it is enabled nobody can sign in to it.')
}

/** Gives a user an access pass, which opens sign-in in place of the password. */
export async function givePass(values: Values, userPrincipalName: string) {
  const on = await modules('administration', 'directory', 'passwords', 'store')
  const { least, most, usual } = on.passwords.PASS_MINUTES
  const minutes = values.minutes === undefined ? usual : Number(values.minutes)
  if (!Number.isInteger(minutes) || minutes < least || minutes > most)
    throw new UsageError(`--minutes takes a whole number from ${least} to ${most}.`)
  const once = values.once === true
  const { user, pass, endsAt } = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    return on.store.inTenant(db, tenantId, async trx => {
      const { id: userId } = await getUser(on, trx, userPrincipalName)
      return on.administration.givePass(trx, act, { userId, isNew: false, minutes, once })
    })
  })
  print(
    `${user.userPrincipalName} has an access pass, which opens sign-in ${once ? 'once' : 'until its end'} in place of the password. It is shown only now:`,
    ...shown({ password: pass, until: endsAt }),
  )
}

/** Lists the passkeys of a user, or takes one off the record. */
export async function passkeysOf({ remove: id }: Values, userPrincipalName: string) {
  const on = await modules('directory', 'passkeys', 'registration', 'store')
  const { registration, passkeys } = on
  if (typeof id === 'string') {
    await withAct(async (db, act) => {
      const tenantId = await tenantOfName(on, db, userPrincipalName)
      await on.store.inTenant(db, tenantId, async trx => {
        const user = await getUser(on, trx, userPrincipalName)
        const refused = (error: unknown): never => {
          if (error instanceof Refusal && error.code === 'not_found')
            throw new CommandError(`${user.userPrincipalName} has no passkey ${id}.`)
          throw error
        }
        await registration.removePasskeyOf(trx, act, user, id).catch(refused)
      })
    })
    return print(
      `The passkey of ${userPrincipalName} was removed. Sessions that it opened go on; latchkey users new-password ends them.`,
    )
  }
  const list = await withStore(async db => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    return on.store.inTenant(db, tenantId, async trx => {
      const user = await getUser(on, trx, userPrincipalName)
      return passkeys.listPasskeys(trx, registration.ownerOfPasskeys(user))
    })
  })
  const day = (at: Date) => at.toISOString().slice(0, 10)
  print(
    ...columns(
      list.map(({ id, name, aaguid, synced, createdAt, lastUsedAt }) => [
        id,
        name ?? passkeys.modelOf(aaguid) ?? '',
        synced ? 'synced' : 'on one device',
        `made ${day(createdAt)}`,
        lastUsedAt ? `used ${day(lastUsedAt)}` : 'not used yet',
      ]),
    ),
  )
}

async function getUser({ directory }: Modules<'directory'>, trx: Trx, typed: string) {
  const user = await directory.findUserByName(trx, trx.tenantId, directory.readName(typed).folded)
  if (!user) throw new CommandError(`There is no user ${typed}.`)
  return user
}

/** The hash of the password from another system, from standard input: process lists show arguments. */
async function readPasswordHash({ crypto }: Modules<'crypto'>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  const hash = Buffer.concat(parts).toString('utf8').trim()
  try {
    await crypto.checkForeignHash(hash)
  } catch (error) {
    if (error instanceof crypto.ForeignHashError)
      throw new UsageError(`The hash cannot be taken over. ${error.message}`)
    throw error
  }
  return hash
}

export async function listUsers(_values: Values, domain: string) {
  const on = await modules('directory', 'store')
  const users = await withStore(async db => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => on.directory.listUsers(trx, tenantId))
  })
  print(
    ...columns(
      users.map(({ userPrincipalName, displayName, accountEnabled, roles }) => [
        userPrincipalName,
        displayName,
        accountEnabled ? 'enabled' : 'disabled',
        roles.join(', '),
      ]),
    ),
  )
}

export async function unblockUser(_values: Values, userPrincipalName: string) {
  const on = await modules('administration', 'directory', 'store')
  const { blockKinds, liftBlocks } = on.administration
  const lifted = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    return on.store.inTenant(db, tenantId, async trx => {
      const { id } = await getUser(on, trx, userPrincipalName)
      return liftBlocks(trx, act, { id, kinds: blockKinds })
    })
  })
  print(`Blocks lifted for ${userPrincipalName}: ${lifted.blocks}.`)
  if (lifted.methods > 0)
    print(
      `Methods unblocked for ${userPrincipalName}: ${lifted.methods}. They had been reported as used by somebody else.`,
    )
  if (lifted.reported)
    print(
      'The password was reported as known to somebody else, so it stays locked: a reset gives the account a new one.',
    )
}

/** A temporary password, and until when it works, as lines. */
export const shown = ({ password, until }: { password: string; until: Date }) => [
  '',
  `  ${password}`,
  '',
  `It works until ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
]

/** What a command needs to make a password. */
export const forPasswords = ['crypto', 'outside', 'passwords', 'policies', 'store'] as const

type ForPasswords = Modules<(typeof forPasswords)[number]>

/** Makes a temporary password for somebody who is not on record yet. */
export async function makePassword(on: ForPasswords, db: Store, act: Act, user: User) {
  const { passwords, policies, store } = on
  const { rules, protection } = await store.inTenant(db, user.tenantId, async trx => ({
    rules: await passwords.readPasswordRules(trx, act, user, 'reset'),
    protection: await store.askOne(trx, policies.protectionOf(user.tenantId)),
  }))
  const apart = { ...act, trail: newTrail(act) }
  const { password, judged } = await withChecks(on, async checks => {
    const newPassword = passwords.newTemporaryPassword(act, checks, rules)
    const judged = await passwords.preparePassword(db, apart, checks, { rules, newPassword })
    return { password: newPassword, judged }
  })
  if ('refused' in judged) throw refusedByRules(judged.refused)
  return {
    password,
    until: passwords.temporaryUntil(act.now, protection),
    setFor: (trx: Trx, set: User) => passwords.setPassword(trx, act, set, { ...judged.prepared, mustChange: true }),
  }
}

/** The checks of passwords for one command. */
async function withChecks<T>({ crypto, outside, passwords }: ForPasswords, work: (checks: Passwords) => Promise<T>) {
  const breached = await outside.openBreached(readBreachedPasswords(process.env))
  const hasher = await crypto.createHasher({ atOnce: 1, waiting: 1 })
  try {
    return await work({ ...passwords.createPasswordChecks(hasher, breached), homeOf: passwords.homeOf })
  } finally {
    await breached?.close()
  }
}

const refusedByRules = (codes: readonly string[]) =>
  new CommandError(`The password that was made is refused (${codes.join(', ')}): run the command again.`)

/** A refused password in an operator's words. */
function asTold(error: unknown): never {
  if (error instanceof Refusal && error.field === 'newPassword')
    throw refusedByRules(error.errors.map(({ code }) => code))
  throw error
}

function readMail({ methods }: Modules<'methods'>, mail: string): string {
  try {
    return methods.readAddress(mail)
  } catch (error) {
    throw error instanceof Refusal ? new UsageError('--mail is not an email address.') : error
  }
}

export const userCommands: CommandGroup = {
  about: 'people and their ways to sign in',
  commands: {
    create: {
      usage:
        'UPN --name NAME [--mail ADDRESS] [--language CODE] [--role ROLE] [--password-temporary | --password-hash]',
      about: 'add a user',
      options: {
        name: text,
        mail: text,
        language: text,
        role: text,
        'password-temporary': flag,
        'password-hash': flag,
      },
      takes: ['UPN'],
      run: createUser,
    },
    list: { usage: 'DOMAIN', about: 'every user of a tenant', takes: ['DOMAIN'], run: listUsers },
    'new-password': {
      usage: 'UPN',
      about: 'give a user another temporary password, lift the block of sign-in, and tell them',
      takes: ['UPN'],
      run: newPassword,
    },
    pass: {
      usage: 'UPN [--minutes N] [--once]',
      about: 'give a user an access pass, which opens sign-in in place of the password for an hour, or so many minutes',
      options: { minutes: text, once: flag },
      takes: ['UPN'],
      run: givePass,
    },
    passkeys: {
      usage: 'UPN [--remove ID]',
      about: 'list the passkeys of a user, or take one that was lost off the record, and tell them',
      options: { remove: text },
      takes: ['UPN'],
      run: passkeysOf,
    },
    unblock: { usage: 'UPN', about: 'lift every block of a user', takes: ['UPN'], run: unblockUser },
  },
  examples: [
    ['Somebody with a temporary password', "users create new@acme.example --name 'New Person' --password-temporary"],
    ['Let somebody in who has lost everything', 'users pass new@acme.example --minutes 30 --once'],
  ],
}
