import type { Act } from '../act.ts'
import type { NewUserInput } from '../administration/index.ts'
import { readBreachedPasswords } from '../config.ts'
import type { Passwords } from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import type { Store, Trx } from '../store/index.ts'
import type { Links } from '../writeback/index.ts'
import {
  type Command,
  CommandError,
  flag,
  getUser,
  type Modules,
  modules,
  onUser,
  show,
  tenantOfName,
  text,
  UsageError,
  type Values,
  withAct,
} from './command.ts'

/** What a command needs to make or judge a password. */
export const forPasswords = [
  'administration',
  'crypto',
  'directory',
  'outside',
  'passwords',
  'policies',
  'store',
] as const

type ForPasswords = Modules<(typeof forPasswords)[number]>

/** The checks of passwords for one command. What they refuse is told by its codes. */
async function withChecks<T>({ crypto, outside, passwords }: ForPasswords, work: (checks: Passwords) => Promise<T>) {
  const breached = await outside.openBreached(readBreachedPasswords(process.env))
  const hasher = await crypto.createHasher({ atOnce: 1, waiting: 1 })
  try {
    return await work({ ...passwords.createPasswordChecks(hasher, breached), homeOf: passwords.homeOf })
  } catch (error) {
    if (error instanceof Refusal && /^(newPassword|passwordProfile\/password)$/.test(error.field ?? ''))
      if (error.errors.length > 0)
        throw new CommandError(`The password is refused (${error.errors.map(({ code }) => code).join(', ')}).`)
    throw error
  } finally {
    await breached?.close()
  }
}

/** Makes or judges the first password of somebody. `made`: where none was typed. */
export const firstPassword = (
  on: ForPasswords,
  db: Store,
  act: Act,
  { tenantId, input }: { tenantId: string; input: NewUserInput },
) => withChecks(on, checks => on.administration.prepareFirstPassword(db, act, checks, { tenantId, input }))

/** Until when a temporary password that is set now works. */
export const untilOf = async ({ passwords, policies, store }: ForPasswords, trx: Trx, { now }: Act): Promise<Date> =>
  passwords.temporaryUntil(now, await store.askOne(trx, policies.protectionOf(trx.tenantId)))

/** A secret from standard input, without the end of its line: process lists show arguments. */
export async function readSecret(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** The password that standard input holds. */
export async function readPassword(): Promise<string> {
  const password = await readSecret()
  if (password === '' || password.length > 1024)
    throw new UsageError('--password-stdin takes 1 to 1,024 characters from standard input.')
  return password
}

/** A password that is shown once, and until when it works, as lines. */
export const shown = ({ password, until }: { password: string; until: Date | null }) => [
  '',
  `  ${password}`,
  '',
  until
    ? `It works until ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC.`
    : 'Its directory ends it by its own rules.',
]

/** What operators are told where a directory did not set a password. */
const DIRECTORY_SAYS: Record<string, string> = {
  SSPR_0029: 'Its directory did not let the agent set it: the audit log has the reason (agent.event).',
  SSPR_0030: 'No word came from its directory, so that nobody knows whether it is set: see latchkey agents list.',
}

/** Sets passwords that a directory keeps, too: by the agents that are linked to the servers. */
async function withDirectories<T>(
  { crypto, writeback }: Modules<'crypto' | 'writeback'>,
  db: Store,
  { now, keys }: Act,
  work: (links: Links) => Promise<T>,
): Promise<T> {
  const links = writeback.openLinks(db, { clock: () => now, random: crypto.systemRandom, keys }, () => {
    throw new Error('no agent links itself to a command')
  })
  try {
    return await work(links)
  } catch (error) {
    const told = error instanceof Refusal ? DIRECTORY_SAYS[error.code] : undefined
    throw told === undefined ? error : new CommandError(told)
  } finally {
    links.close()
  }
}

/** Gives a user another temporary password: theirs was lost, or has expired unused. */
async function newPassword({ json, ...values }: Values, userPrincipalName: string) {
  const on = await modules(...forPasswords, 'writeback')
  const { administration, store } = on
  const typed = values['password-stdin'] ? await readPassword() : undefined
  const { password, until, user } = await withAct(async (db, act) => {
    const tenantId = await tenantOfName(on, db, userPrincipalName)
    const { id } = await store.inTenant(db, tenantId, async trx => {
      const found = await getUser(on, trx, userPrincipalName)
      if (found.passwordMasteredIn === 'directory' && !found.directory)
        throw new CommandError(
          `The password of ${found.userPrincipalName} is kept in another directory: only that directory can set a new one.`,
        )
      if (found.directory && typed === undefined)
        throw new CommandError(
          `The directory of ${found.userPrincipalName} has rules of its own, so that none is made up: give one by --password-stdin.`,
        )
      return found
    })
    const asked = { tenantId, id, ...(typed !== undefined && { newPassword: typed }) }
    return withDirectories(on, db, act, links =>
      withChecks(on, checks =>
        administration.resetPassword(db, act, { ...checks, homeOf: on.writeback.openHomes(links) }, asked),
      ),
    )
  })
  const { id, accountEnabled } = user
  const told = { id, userPrincipalName: user.userPrincipalName, accountEnabled, until: until?.toISOString() ?? null }
  show(json, typed === undefined ? { ...told, password } : told, () => [
    ...(typed === undefined
      ? [
          `${user.userPrincipalName} has a new password, and every session has ended. The password is shown only now, and must be changed at the first sign-in:`,
          ...shown({ password, until }),
        ]
      : [
          `${user.userPrincipalName} has the new password, which must be changed at the first sign-in, and every session has ended.`,
          shown({ password: '', until }).at(-1)!,
        ]),
    ...(accountEnabled ? [] : ['', 'The account is disabled: until it is enabled nobody can sign in to it.']),
  ])
}

/** Gives a user an access pass, which opens sign-in in place of the password. */
async function givePass({ json, ...values }: Values, userPrincipalName: string) {
  const on = await modules('administration', 'directory', 'policies', 'store')
  const { least, most } = on.policies.PASS_MINUTES
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
  if (minutes !== undefined && (!Number.isInteger(minutes) || minutes < least || minutes > most))
    throw new UsageError(`--minutes takes a whole number from ${least} to ${most}.`)
  const { user, pass, endsAt, once } = await onUser(on, userPrincipalName, async (trx, act, { id: userId }) => {
    const { TemporaryAccessPass: policy } = await on.store.askOne(trx, on.policies.methodsPolicyOf(trx.tenantId))
    const once = values.once === true || policy.isUsableOnce
    return { once, ...(await on.administration.givePass(trx, act, { userId, isNew: false, minutes, once })) }
  })
  const told = { id: user.id, userPrincipalName: user.userPrincipalName, once, until: endsAt.toISOString() }
  show(json, { ...told, temporaryAccessPass: pass }, () => [
    `${user.userPrincipalName} has an access pass, which opens sign-in ${once ? 'once' : 'until its end'} in place of the password. It is shown only now:`,
    ...shown({ password: pass, until: endsAt }),
  ])
}

const json = flag

/** Commands that give somebody a secret, which is printed once. */
export const passwordCommands = {
  'new-password': {
    usage: 'UPN [--password-stdin] [--json]',
    about: 'give a user another temporary password, lift the block of sign-in, and tell them',
    options: { 'password-stdin': flag, json },
    takes: ['UPN'],
    run: newPassword,
  },
  pass: {
    usage: 'UPN [--minutes N] [--once] [--json]',
    about: 'give a user an access pass, which opens sign-in in place of the password for an hour, or so many minutes',
    options: { minutes: text, once: flag, json },
    takes: ['UPN'],
    run: givePass,
  },
} satisfies Record<string, Command>
