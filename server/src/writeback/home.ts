import type { Answer as AgentAnswer, Operation } from '@latchkey/protocol'
import type { Act } from '../act.ts'
import { SECOND } from '../clock.ts'
import { type DirectoryNews, noteDirectory, raiseSecurityEpoch, type User } from '../directory/index.ts'
import {
  type Compared,
  clearFailures,
  cloud,
  judgeForDirectory,
  type PasswordHome,
  type Passwords,
  readPasswordRules,
  refusedByDirectory,
  refusedPassword,
} from '../passwords/index.ts'
import { writebackOf } from '../policies/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import type { Links } from './links.ts'
import { ANSWERED_WITHIN, settleRequest } from './requests.ts'

/** A person who looks at a page waits no longer for what it could also do without. */
const LOOK_WITHIN = 3_000

type Within = Parameters<PasswordHome['unlock']>[3]

/** Chooses the home of each password: here, or the company's directory, which its agents ask. */
export function openHomes(links: Links): Passwords['homeOf'] {
  const directory = directoryHome(links)
  const beside = besideDirectories(links)
  return user => (user?.directory ? directory : beside)
}

/** Passwords that are kept here. Beside an agent, one that is compared takes as long as one that the agent is asked for. */
function besideDirectories(links: Links): PasswordHome {
  const ping = async (tenantId: string, operation: Operation, within?: number) => {
    const padding = 'x'.repeat(sizeOf(operation) - sizeOf({ kind: 'ping', padding: '' }))
    await links.ask(tenantId, { kind: 'ping', padding }, { ...(within !== undefined && { within }) })
  }
  return {
    ...cloud,
    async verify(asked) {
      const { tenantId, password, isAgentUp } = asked
      if (isAgentUp) await ping(tenantId, { kind: 'verify', anchor: ANCHOR, password })
      return cloud.verify(asked)
    },
    async look(asked) {
      if (asked.isAgentUp) await ping(asked.tenantId, { kind: 'look', anchor: ANCHOR }, LOOK_WITHIN)
      return cloud.look(asked)
    },
  }
}

/** As long as a real one. */
const ANCHOR = '00000000-0000-0000-0000-000000000000'

const sizeOf = (operation: Operation) => Buffer.byteLength(JSON.stringify(operation))

/** Passwords that a company's directory keeps. It judges, and its word alone counts. */
function directoryHome(links: Links): PasswordHome {
  return {
    rules: readPasswordRules,

    async verify({ tenantId, user, password }): Promise<Compared | 'unknown'> {
      const answer = await links.ask(tenantId, { kind: 'verify', anchor: anchorOf(user), password })
      // An entry that is gone has no password.
      if (answer.outcome === 'failed' && answer.code === 33_002) return { right: false, news: {} }
      if (answer.outcome !== 'done' || answer.right === undefined) return 'unknown'
      const { right, mustChange = false, standing } = answer
      const news: DirectoryNews = {
        ...(right && { mustChange, lockedAt: null, unsureAt: null }),
        ...(standing && { lockout: standing.lockout ?? { threshold: 0, seconds: null } }),
      }
      return { right, news }
    },

    async look({ tenantId, user }) {
      const answer = await links.ask(tenantId, { kind: 'look', anchor: anchorOf(user) }, { within: LOOK_WITHIN })
      const standing = answer.outcome === 'done' ? answer.standing : undefined
      return {
        isLocked: standing?.isLocked ?? user!.directory!.isLocked,
        ...(standing?.rules && { rules: standing.rules }),
      }
    },

    // biome-ignore lint/complexity/useMaxParams: the port has these five
    async set(db, act, checks, asked, within) {
      const { rules, newPassword, currentPassword, mustChange = false } = asked
      const judged = await judgeForDirectory(db, act, checks, { rules, newPassword })
      if (judged) return refusedPassword(judged)
      const { user } = rules
      const opened = await openFirst(db, act, user, within)
      if (typeof opened === 'string') return opened
      if ('unable' in opened) return opened
      const anchor = anchorOf(user)
      const operation: Operation =
        currentPassword === undefined
          ? { kind: 'reset', anchor, newPassword, mustChange, byAdministrator: mustChange }
          : { kind: 'change', anchor, currentPassword, newPassword }
      const id = act.random.uuid(act.now)
      // Before it goes out: what this server cannot note later is on record.
      await inTenant(db, user.tenantId, trx => noteDirectory(trx, user, { unsureAt: act.now }))
      const until = performance.now() + ANSWERED_WITHIN
      const said = await links.ask(user.tenantId, operation, { change: { id, userId: user.id, mustChange } })
      const isOpen = isUndecided(said) || (opened.isUnsure && inHistory(said))
      const answer = isOpen ? await foundOut(links, user, { newPassword, mustChange, until }, said) : said
      // What came of it is on record, and settled when its answer comes after all.
      if (isUndecided(answer)) return { unknown: answer.detail }
      const settle = async (trx: Trx) => {
        await settleRequest(trx, id)
        // Nothing was written, so that what an earlier try left open stays so.
        const isWritten = answer.outcome !== 'down' && answer.outcome !== 'silent'
        if (isWritten || !opened.isUnsure) await noteDirectory(trx, user, { unsureAt: null })
      }
      if (answer.outcome !== 'done') {
        await inTenant(db, user.tenantId, settle)
        return toldOf(answer)
      }
      return conclude(db, user, within, {
        async change(trx, { user: person }) {
          await settle(trx)
          await noteDirectory(trx, person, { passwordAt: act.now, mustChange, lockedAt: null })
          const [securityEpoch] = await Promise.all([
            raiseSecurityEpoch(trx, person.tenantId, person.id),
            clearFailures(trx, act, person),
          ])
          return { ...person, securityEpoch }
        },
      })
    },

    async unlock(db, act, user, within) {
      const opened = await openFirst(db, act, user, within)
      if (typeof opened === 'string') return opened
      if ('unable' in opened) return opened
      const answer = await links.ask(user.tenantId, { kind: 'unlock', anchor: anchorOf(user) })
      if (answer.outcome !== 'done') return toldOf(answer)
      return conclude(db, user, within, {
        async change(trx, { user: person }) {
          await noteDirectory(trx, person, { lockedAt: null })
          await clearFailures(trx, act, person)
          return person
        },
      })
    },
  }
}

const anchorOf = (user: User | undefined) => user!.directory!.anchor

/**
 * Whether the change may be made, before anything is sent. The authority is read at that moment, and so is the entry: an
 * account that the directory guards, or a tenant that writes nothing back, ends here.
 */
async function openFirst(
  db: Db,
  act: Act,
  { tenantId }: User,
  { open }: Within,
): Promise<'ended' | { unable: string } | { isUnsure: boolean }> {
  return inTenant(db, tenantId, async trx => {
    const opened = await open(trx)
    if (!opened) return 'ended'
    const { directory } = opened.user
    const { writeback } = await askOne(trx, writebackOf(tenantId, act.now))
    if (!directory) return { unable: '33002: the account is no longer tied to an entry of the directory' }
    if (!writeback) return { unable: '33009: writeback is switched off' }
    if (directory.isProtected) return { unable: '33004: the directory protects the account (AdminSDHolder)' }
    return { isUnsure: directory.isUnsure }
  })
}

/** The answer to a change that was not made. */
function toldOf(answer: Exclude<Said, { outcome: 'done' }>) {
  if (answer.outcome === 'refused') return refusedByDirectory(answer.reasons.length > 0 ? answer.reasons : ['other'])
  if (answer.outcome === 'failed') return { unable: `${answer.code}: ${answer.detail}` }
  // The present password was right a moment ago, when it was verified.
  if (answer.outcome === 'incorrect') return { unable: '33007: the current password is not right any more' }
  if (answer.outcome === 'silent') return { unknown: answer.detail }
  return { unknown: answer.outcome === 'down' ? 'no agent of the company is up' : 'the agent did not see the request' }
}

type Said = AgentAnswer | { outcome: 'down' }

const isUndecided = (answer: Said): answer is { outcome: 'silent'; detail: string; mayBeDone: true } =>
  answer.outcome === 'silent' && answer.mayBeDone === true

const inHistory = (answer: Said) =>
  answer.outcome === 'refused' && answer.reasons.every(reason => reason === 'in_history')

/**
 * A write was not answered, or an earlier one was not, and now the same password is no longer new: the directory is asked
 * whether it is the present one, so that the person is told what is. A no is no answer: the write may still come.
 */
async function foundOut(
  links: Links,
  user: User,
  { newPassword, mustChange, until }: { newPassword: string; mustChange: boolean; until: number },
  said: Said,
): Promise<Said> {
  const within = until - performance.now()
  if (within < SECOND) return said
  const operation: Operation = { kind: 'verify', anchor: anchorOf(user), password: newPassword }
  const asked = await links.ask(user.tenantId, operation, { within })
  const isSet = asked.outcome === 'done' && asked.right && (asked.mustChange === true || !mustChange)
  return isSet ? { outcome: 'done' } : said
}

/**
 * Makes the changes that follow. The directory's are made already: where the act that asked for them may no longer be
 * concluded, its person's grants end all the same.
 */
async function conclude<Opened extends { user: User }, Claimed, T>(
  db: Db,
  user: User,
  { open, claim, conclude: end }: Parameters<typeof cloud.unlock<Opened, Claimed, T>>[3],
  { change }: { change(trx: Trx, opened: { user: User }): Promise<User> },
): Promise<{ done: T } | 'ended'> {
  const changed = () =>
    inTenant(db, user.tenantId, async trx => {
      await change(trx, { user })
      return 'ended' as const
    })
  try {
    const concluded = await inTenant(db, user.tenantId, async trx => {
      const opened = await open(trx)
      if (!opened) return undefined
      const person = await change(trx, opened)
      const claimed = await claim(trx, opened)
      return { done: await end(trx, opened, person, claimed) }
    })
    return concluded ?? (await changed())
  } catch (error) {
    await changed()
    throw error
  }
}
