import { randomUUID } from 'node:crypto'
import type { Answer, Operation, Standing } from '@latchkey/protocol'
import {
  Attribute,
  BerWriter,
  Change,
  Client,
  type Entry,
  InvalidCredentialsError,
  NoSuchObjectError,
  ResultCodeError,
} from 'ldapts'
import { byAnchor } from './anchors.ts'
import type { Configuration } from './configuration.ts'
import type { Connections } from './connections.ts'
import { domainAttributes, mustChangeAfter, standingIn, writeIn } from './domain.ts'
import { faultOf, isTimeout } from './faults.ts'
import { findPolicy, isLocked, isSwitchedOff } from './policy.ts'
import { PolicyControl } from './ppolicy.ts'

/** How long one server of the directory may take, connection included. */
const ANSWERS_WITHIN = 5_000

/** The answer of a server that does not do it itself. */
const REFERRAL = 10

const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1'

/** An operation on a person's entry. */
export type DirectoryOperation = Exclude<Operation, { kind: 'outcome' }>

/** `mayWrite`: asked right before each write; where it says no, nothing is written. */
export type MayWrite = () => boolean

/** The request is over: nothing was written, and nothing will be. */
export class TooLate extends Error {}

/** No server of the directory answered; nothing was written. */
class Unreachable extends Error {}

/** A server that did not let the agent in, because it did not answer. */
class Unreached extends Error {}

/** `connections`: where an operation finds one that is bound already. `hasBegun`: whether it has begun to write. */
interface Kept {
  connections: Connections
  hasBegun(): boolean
}

/** Works on the first server that lets the agent in, and on the next where one does not answer or only reads. */
export async function withDirectory<T>(
  configuration: Configuration,
  work: (client: Client) => Promise<T>,
  kept?: Kept,
): Promise<T> {
  const faults: string[] = []
  let readOnly: ResultCodeError | undefined
  for (const url of configuration.servers) {
    try {
      return (
        (await workOnKept(configuration, url, { work, kept })) ?? (await workOn(configuration, url, { work, kept }))
      )
    } catch (error) {
      if (error instanceof Unreached) faults.push(error.message)
      // A server that only reads names another for the write, and has written nothing.
      else if (error instanceof ResultCodeError && error.code === REFERRAL) readOnly = error
      else throw error
    }
  }
  throw readOnly ?? new Unreachable(faults.join('; '))
}

interface Work<T> {
  work: (client: Client) => Promise<T>
  kept: Kept | undefined
}

/** Works on a connection that is open already. Undefined: there is none, or it has ended meanwhile, and nothing was written. */
async function workOnKept<T>(
  configuration: Configuration,
  url: string,
  { work, kept }: Work<T>,
): Promise<T | undefined> {
  const client = kept?.connections.take(configuration, url)
  if (!kept || !client) return undefined
  try {
    const done = await work(client)
    // ldapts opens a lost connection again, and forgets the bind: nobody's word is worth nothing.
    return client.isBound || kept.hasBegun() ? done : undefined
  } catch (error) {
    if (kept.hasBegun() || (error instanceof ResultCodeError && client.isBound)) throw error
    // One that hangs has had its time: the next server is asked.
    if (isTimeout(error)) throw new Unreached(unreached(url, error))
    return undefined
  } finally {
    await kept.connections.give(configuration, url, client)
  }
}

/** Works on a new connection. A failed bind leaves ldapts' socket open, so each client is unbound whatever happened. */
async function workOn<T>(configuration: Configuration, url: string, { work, kept }: Work<T>): Promise<T> {
  const client = clientOf(configuration, url)
  try {
    await client.bind(configuration.bindDN, configuration.password).catch(error => {
      if (error instanceof ResultCodeError && error.code !== 51 && error.code !== 52) throw error
      throw new Unreached(unreached(url, error))
    })
    return await work(client)
  } finally {
    if (kept) await kept.connections.give(configuration, url, client)
    else await client.unbind().catch(() => {})
  }
}

const unreached = (url: string, error: unknown) => `${new URL(url).host}: ${faultOf(error)}`

export const clientOf = ({ ca }: Configuration, url: string) =>
  new Client({
    url,
    timeout: ANSWERS_WITHIN,
    connectTimeout: ANSWERS_WITHIN,
    ...(url.startsWith('ldaps:') && { tlsOptions: ca === undefined ? {} : { ca } }),
  })

/** Carries an operation out, and gives the directory's own word. Throws `TooLate`. */
export async function carryOut(
  { configuration, connections }: { configuration: Configuration; connections: Connections },
  operation: DirectoryOperation,
  mayWrite: MayWrite,
): Promise<Answer> {
  let isWriting = false
  const begin = () => {
    if (!mayWrite()) throw new TooLate()
    isWriting = true
  }
  try {
    const work = async (client: Client): Promise<Answer> => {
      if (operation.kind === 'ping') return ping(configuration, client)
      const entry = await findByAnchor(configuration, client, operation.anchor)
      if (!entry)
        return { outcome: 'failed', code: 33_002, detail: 'no entry has this anchor, or the agent may not read it' }
      if (operation.kind === 'look')
        return { outcome: 'done', standing: await standingOf(configuration, client, entry) }
      if (operation.kind === 'verify') return verify(configuration, client, entry, operation.password)
      if (isDomain(configuration)) return writeIn(client, entry, operation, begin)
      // A write would lift an administrator's lock.
      if (isSwitchedOff(entry))
        return { outcome: 'failed', code: 33_005, detail: 'an administrator has switched the entry off' }
      if (operation.kind === 'unlock') return unlock(client, entry, begin)
      if (operation.kind === 'change') return change(configuration, { entry, ...operation }, begin)
      return reset(client, { entry, ...operation }, begin)
    }
    return await withDirectory(configuration, work, { connections, hasBegun: () => isWriting })
  } catch (error) {
    if (error instanceof TooLate) throw error
    if (error instanceof Unreachable)
      return { outcome: 'silent', detail: `the directory cannot be reached: ${error.message}` }
    if (error instanceof ResultCodeError) return failed(error)
    // A write that was sent and not answered may have been done: nobody knows.
    return isWriting
      ? { outcome: 'silent', detail: `no answer to a write: ${faultOf(error)}`, mayBeDone: true }
      : { outcome: 'silent', detail: `no answer: ${faultOf(error)}` }
  }
}

const isDomain = ({ kind }: Configuration) => kind === 'active-directory'

/** A no to the agent: what an administrator has to mend. */
function failed(error: ResultCodeError): Answer {
  if (error.code === 50) return { outcome: 'failed', code: 33_004, detail: 'the agent has no right to this entry (50)' }
  if (error instanceof NoSuchObjectError) return { outcome: 'failed', code: 33_002, detail: 'the entry is gone (32)' }
  if (error.code === REFERRAL)
    return { outcome: 'failed', code: 33_009, detail: 'only a read-only server answered (10)' }
  if (error instanceof InvalidCredentialsError)
    return { outcome: 'failed', code: 33_009, detail: 'the directory does not let the agent in (49)' }
  return { outcome: 'failed', code: 33_001, detail: `the directory answered ${error.code} ${error.name}` }
}

async function findByAnchor(configuration: Configuration, client: Client, value: string): Promise<Entry | undefined> {
  const { searchEntries } = await client.search(configuration.base, {
    scope: 'sub',
    filter: byAnchor(configuration, value),
    attributes: isDomain(configuration) ? domainAttributes : ['pwdPolicySubentry', 'pwdAccountLockedTime', 'pwdReset'],
    sizeLimit: 2,
  })
  return searchEntries.length === 1 ? searchEntries[0] : undefined
}

/** A password that is put into a request must not be empty: a bind without one is anonymous, and always succeeds. */
const isEmpty = (password: string) => password === ''

async function verify(configuration: Configuration, client: Client, entry: Entry, password: string): Promise<Answer> {
  const [bound, standing] = await Promise.all([
    isEmpty(password) ? WRONG : bindAs(configuration, entry.dn, password),
    standingOf(configuration, client, entry),
  ])
  // By the flag too: where the policy lacks pwdMustChange, the directory itself would let the person go on.
  const mustChange = bound.mustChange || String(entry.pwdReset).toUpperCase() === 'TRUE'
  return { outcome: 'done', right: bound.right, ...(bound.right && { mustChange }), standing }
}

const WRONG: { right: boolean; mustChange?: true } = { right: false }

/** What the agent may read of an entry and its policy. */
async function standingOf(configuration: Configuration, client: Client, entry: Entry): Promise<Standing> {
  if (isDomain(configuration)) return standingIn(client, entry)
  const policy = await findPolicy(configuration, client, entry)
  return {
    isLocked: isLocked(entry, typeof policy === 'object' ? policy : { lockSeconds: 0 }),
    ...(typeof policy === 'object' && { rules: policy.rules, ...(policy.lockout && { lockout: policy.lockout }) }),
  }
}

/** The work of a verification on an entry that nobody has, whose bind the directory counts for nobody. */
async function ping(configuration: Configuration, client: Client): Promise<Answer> {
  const nobody = randomUUID()
  const entry = await findByAnchor(configuration, client, nobody)
  await Promise.all([
    bindAs(configuration, entry?.dn ?? `cn=${nobody},${configuration.base}`, nobody),
    isDomain(configuration)
      ? standingIn(client, { dn: configuration.base })
      : findPolicy(configuration, client, undefined),
  ])
  return { outcome: 'done' }
}

/** Whether this is the person's password, on a connection of its own, and whether they must change it. */
async function bindAs(
  configuration: Configuration,
  dn: string,
  password: string,
): Promise<{ right: boolean; mustChange?: true }> {
  const faults: string[] = []
  for (const url of configuration.servers) {
    const own = clientOf(configuration, url)
    const policy = new PolicyControl()
    try {
      await own.bind(dn, password, [policy])
      return { right: true, ...(policy.error === 'changeAfterReset' && { mustChange: true }) }
    } catch (error) {
      if (error instanceof InvalidCredentialsError) {
        const mustChange = isDomain(configuration) && mustChangeAfter(error)
        return mustChange ? { right: true, mustChange } : { right: false }
      }
      if (error instanceof ResultCodeError) throw error
      faults.push(unreached(url, error))
    } finally {
      await own.unbind().catch(() => {})
    }
  }
  throw new Unreachable(faults.join('; '))
}

async function unlock(client: Client, entry: Entry, begin: () => void): Promise<Answer> {
  const lock = new Change({ operation: 'delete', modification: new Attribute({ type: 'pwdAccountLockedTime' }) })
  begin()
  try {
    await client.modify(entry.dn, lock)
  } catch (error) {
    // No such attribute: it is not locked, which is what was asked for.
    if (!(error instanceof ResultCodeError) || error.code !== 16) throw error
  }
  return { outcome: 'done' }
}

/** Sets a password that the person proved their way to. It unlocks the entry too. */
async function reset(
  client: Client,
  { entry, newPassword, mustChange }: { entry: Entry; newPassword: string; mustChange: boolean },
  begin: () => void,
): Promise<Answer> {
  const refused = await modifyPassword(client, { dn: entry.dn, newPassword }, begin)
  if (refused) return refused
  if (!mustChange) return { outcome: 'done' }
  const flag = new Attribute({ type: 'pwdReset', values: ['TRUE'] })
  try {
    await client.modify(entry.dn, new Change({ operation: 'replace', modification: flag }))
  } catch (error) {
    // The word that the person gets must not be that nothing was done.
    const detail = `the password is set, but need not be changed: ${(error as Error).name}`
    return { outcome: 'failed', code: 33_004, detail }
  }
  return { outcome: 'done' }
}

/** The person's own change: by their bind, so that the directory judges it as theirs. */
async function change(
  configuration: Configuration,
  { entry, currentPassword, newPassword }: { entry: Entry; currentPassword: string; newPassword: string },
  begin: () => void,
): Promise<Answer> {
  if (isEmpty(currentPassword)) return { outcome: 'incorrect' }
  const faults: string[] = []
  for (const url of configuration.servers) {
    const own = clientOf(configuration, url)
    try {
      try {
        await own.bind(entry.dn, currentPassword)
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return { outcome: 'incorrect' }
        if (error instanceof ResultCodeError) throw error
        faults.push(unreached(url, error))
        continue
      }
      const asked = { dn: entry.dn, currentPassword, newPassword }
      return (await modifyPassword(own, asked, begin)) ?? { outcome: 'done' }
    } finally {
      await own.unbind().catch(() => {})
    }
  }
  throw new Unreachable(faults.join('; '))
}

/** RFC 3062. Undefined: it is set. */
async function modifyPassword(
  client: Client,
  { dn, currentPassword, newPassword }: { dn: string; currentPassword?: string; newPassword: string },
  begin: () => void,
): Promise<Answer | undefined> {
  if (isEmpty(newPassword)) return { outcome: 'refused', reasons: ['too_short'] }
  const value = new BerWriter()
  value.startSequence()
  value.writeString(dn, 0x80)
  if (currentPassword !== undefined) value.writeString(currentPassword, 0x81)
  value.writeString(newPassword, 0x82)
  value.endSequence()
  const policy = new PolicyControl()
  begin()
  try {
    await client.exop(PASSWORD_MODIFY, value.buffer, [policy])
    return undefined
  } catch (error) {
    if (!(error instanceof ResultCodeError)) throw error
    if (policy.reason) return { outcome: 'refused', reasons: [policy.reason] }
    if (error.code === 19) return { outcome: 'refused', reasons: ['other'] }
    throw error
  }
}
