import { randomUUID } from 'node:crypto'
import type { Answer, Operation, Standing } from '@latchkey/protocol'
import { BerWriter, type Client, type Entry, InvalidCredentialsError, NoSuchObjectError, ResultCodeError } from 'ldapts'
import { byAnchor } from './anchors.ts'
import { openClient } from './clients.ts'
import type { Configuration } from './configuration.ts'
import type { Connections } from './connections.ts'
import { domainAttributes, mustChangeAfter, standingIn, writeIn } from './domain.ts'
import { faultOf, isTimeout } from './faults.ts'
import type { DirectoryPolicy } from './policy.ts'
import { type PolicySchema, schemaOf } from './policySchema.ts'
import { PolicyControl } from './ppolicy.ts'

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
  const client = await openClient(configuration, url).catch(error => {
    throw new Unreached(unreached(url, error))
  })
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
      const schema = schemaOf(configuration)
      // A write would lift an administrator's lock.
      if (schema.isSwitchedOff(entry))
        return { outcome: 'failed', code: 33_005, detail: 'an administrator has switched the entry off' }
      if (operation.kind === 'unlock') return unlock(client, { entry, schema }, begin)
      const policy = schema.reasonFor && (await policyOf(configuration, client, entry))
      const judged = { entry, schema, policy, ...operation }
      if (judged.kind === 'change') return change(configuration, judged, begin)
      return reset(client, judged, begin)
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
    attributes: [...(isDomain(configuration) ? domainAttributes : schemaOf(configuration).attributes)],
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
  // By the flag too: where its policy does not ask for that, the directory itself would let the person go on.
  const mustChange = bound.mustChange || (!isDomain(configuration) && schemaOf(configuration).mustChange(entry))
  return { outcome: 'done', right: bound.right, ...(bound.right && { mustChange }), standing }
}

const WRONG: { right: boolean; mustChange?: true } = { right: false }

/** What the agent may read of an entry and its policy. */
async function standingOf(configuration: Configuration, client: Client, entry: Entry): Promise<Standing> {
  if (isDomain(configuration)) return standingIn(client, entry)
  const policy = await policyOf(configuration, client, entry)
  return {
    isLocked: schemaOf(configuration).isLocked(entry, policy),
    ...(policy && { rules: policy.rules, ...(policy.lockout && { lockout: policy.lockout }) }),
  }
}

/** The policy that judges this entry's passwords, where the agent can tell. */
async function policyOf(configuration: Configuration, client: Client, entry: Entry | undefined) {
  const found = await schemaOf(configuration).findPolicy(configuration, client, entry)
  return typeof found === 'object' ? found : undefined
}

/** The work of a verification on an entry that nobody has, whose bind the directory counts for nobody. */
async function ping(configuration: Configuration, client: Client): Promise<Answer> {
  const nobody = randomUUID()
  const entry = await findByAnchor(configuration, client, nobody)
  await Promise.all([
    bindAs(configuration, entry?.dn ?? `cn=${nobody},${configuration.base}`, nobody),
    isDomain(configuration)
      ? standingIn(client, { dn: configuration.base })
      : policyOf(configuration, client, undefined),
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
    let own: Client | undefined
    const policy = new PolicyControl()
    try {
      own = await openClient(configuration, url)
      await own.bind(dn, password, [policy])
      return { right: true, ...(policy.error === 'changeAfterReset' && { mustChange: true }) }
    } catch (error) {
      if (error instanceof InvalidCredentialsError) {
        const mustChange = isDomain(configuration) && mustChangeAfter(error)
        return mustChange ? { right: true, mustChange } : { right: false }
      }
      // Some say a locked account by a number of its own.
      if (policy.error === 'accountLocked') return { right: false }
      if (error instanceof ResultCodeError) throw error
      faults.push(unreached(url, error))
    } finally {
      await own?.unbind().catch(() => {})
    }
  }
  throw new Unreachable(faults.join('; '))
}

/** An entry, and what is known of the rules for its passwords. */
interface Judged {
  entry: Entry
  schema: PolicySchema
  policy: DirectoryPolicy | undefined
}

async function unlock(client: Client, { entry, schema }: Omit<Judged, 'policy'>, begin: () => void): Promise<Answer> {
  begin()
  try {
    await client.modify(entry.dn, schema.unlocking())
  } catch (error) {
    // No such attribute: it is not locked, which is what was asked for.
    if (!(error instanceof ResultCodeError) || error.code !== 16) throw error
  }
  return { outcome: 'done' }
}

/** Sets a password that the person proved their way to. It unlocks the entry too. */
async function reset(
  client: Client,
  judged: Judged & { newPassword: string; mustChange: boolean },
  begin: () => void,
): Promise<Answer> {
  const { entry, schema, policy, mustChange } = judged
  const refused = await modifyPassword(client, judged, begin)
  if (refused) return refused
  if (!mustChange) {
    if (schema.keeping) await keep(client, { entry, schema, policy })
    return { outcome: 'done' }
  }
  try {
    await client.modify(entry.dn, schema.forcing())
  } catch (error) {
    // The word that the person gets must not be that nothing was done.
    const detail = `the password is set, but need not be changed: ${(error as Error).name}`
    return { outcome: 'failed', code: 33_004, detail }
  }
  return { outcome: 'done' }
}

/** Lets the person keep the password that they have just chosen. Where the agent may not, the directory asks for another. */
async function keep(client: Client, { entry, schema, policy }: Judged): Promise<void> {
  try {
    const { searchEntries } = await client.search(entry.dn, {
      ...{ scope: 'base', filter: '(objectClass=*)', attributes: [...schema.attributes] },
    })
    const changes = searchEntries[0] ? schema.keeping!(searchEntries[0], policy) : []
    if (changes.length > 0) await client.modify(entry.dn, changes)
  } catch {
    // The password is set, which is the word that the person needs.
  }
}

/** The person's own change: by their bind, so that the directory judges it as theirs. */
async function change(
  configuration: Configuration,
  judged: Judged & { currentPassword: string; newPassword: string },
  begin: () => void,
): Promise<Answer> {
  const { entry, currentPassword } = judged
  if (isEmpty(currentPassword)) return { outcome: 'incorrect' }
  let readOnly: ResultCodeError | undefined
  const faults: string[] = []
  for (const url of configuration.servers) {
    let own: Client | undefined
    const locked = new PolicyControl()
    try {
      try {
        own = await openClient(configuration, url)
        await own.bind(entry.dn, currentPassword, [locked])
      } catch (error) {
        if (error instanceof InvalidCredentialsError || locked.error === 'accountLocked')
          return { outcome: 'incorrect' }
        if (error instanceof ResultCodeError) throw error
        faults.push(unreached(url, error))
        continue
      }
      return (await modifyPassword(own, judged, begin)) ?? { outcome: 'done' }
    } catch (error) {
      // One that only reads has written nothing, and knows the password as well as the next.
      if (!(error instanceof ResultCodeError) || error.code !== REFERRAL) throw error
      readOnly = error
    } finally {
      await own?.unbind().catch(() => {})
    }
  }
  throw readOnly ?? new Unreachable(faults.join('; '))
}

/** RFC 3062. Undefined: it is set. */
async function modifyPassword(
  client: Client,
  { entry, currentPassword, newPassword, schema, policy }: Judged & { currentPassword?: string; newPassword: string },
  begin: () => void,
): Promise<Answer | undefined> {
  if (isEmpty(newPassword)) return { outcome: 'refused', reasons: ['too_short'] }
  const value = new BerWriter()
  value.startSequence()
  value.writeString(entry.dn, 0x80)
  if (currentPassword !== undefined) value.writeString(currentPassword, 0x81)
  value.writeString(newPassword, 0x82)
  value.endSequence()
  const said = new PolicyControl()
  begin()
  try {
    await client.exop(PASSWORD_MODIFY, value.buffer, [said])
    return undefined
  } catch (error) {
    if (!(error instanceof ResultCodeError) || !(said.reason || error.code === 19)) throw error
    const reason = schema.reasonFor ? schema.reasonFor(said.reason, newPassword, policy) : said.reason
    return { outcome: 'refused', reasons: [reason ?? 'other'] }
  }
}
