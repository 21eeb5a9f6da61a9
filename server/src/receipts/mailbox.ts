import { createHash } from 'node:crypto'
import type { FetchMessageObject, ImapFlow } from 'imapflow'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Mailbox, SendError } from '../notifications/index.ts'
import { type Db, inSystem, sql } from '../store/index.ts'
import { BOUNCE_AT_MOST } from './bounce.ts'
import { takeBounce } from './takeBounce.ts'

/** What one step with the server may take, from the first look-up of its name. */
const STEP = 10 * SECOND

/** After this time a reading takes no further mail. */
const READING = 30 * SECOND

/** Mails of one reading; the next minute goes on. */
const MAILS_AT_MOST = 500

/** Mails that one search goes over; its answer has a number for each at most. */
const PIECE = 5_000

/** How long a reading keeps the others away, where its server dies: longer than it can last. */
const CLAIM = READING + 6 * STEP

/** The longest wait after failures. */
const WAIT_AT_MOST = 30 * MINUTE

/** The mails of one reading: noted and removed, or left for a person with a flag. */
export interface Read {
  noted: number
  left: number
}

/** Up to which mail all were judged: a folder that keeps no flags would have them read again each minute. */
interface Passed {
  /** The folder and its UIDVALIDITY, hashed: another one has mails of its own. */
  of: string
  uid: number
}

/**
 * Reads the mailbox where no other server does, and none has failed there just now. A report is noted and committed
 * before its mail is removed; every other mail gets the flag of important ones and stays. Returns undefined where it is not
 * the turn. Throws `SendError`.
 */
export async function readBounces(
  db: Db,
  means: () => Means,
  mailbox: Mailbox,
  patience = STEP,
): Promise<Read | undefined> {
  const turn = await claimTurn(db, means())
  if (!turn) return undefined
  let { passed } = turn
  const pass = (last: Passed) => {
    passed = last
  }
  try {
    const read = await withMailbox(mailbox, patience, steps => {
      const { host, user, folder } = mailbox
      const of = digest([host, user, folder, validityOf(steps.client)])
      const from = passed?.of === of ? passed.uid : 0
      return readAll(db, means, steps, { from, pass: uid => pass({ of, uid }) })
    })
    await endTurn(db, turn, { until: means().now, failures: 0, passed })
    return read
  } catch (error) {
    const failures = turn.failures + 1
    const wait = Math.min(2 ** failures * MINUTE, WAIT_AT_MOST)
    await endTurn(db, turn, { until: plus(means().now, wait), failures, passed })
    throw error
  }
}

const validityOf = ({ mailbox }: ImapFlow) => (mailbox === false ? '' : String(mailbox.uidValidity))

const digest = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/** Signs on, and counts the mails that would be read. Changes nothing. Throws `SendError`. */
export const tryMailbox = (mailbox: Mailbox, patience = STEP): Promise<number> =>
  withMailbox(mailbox, patience, async steps => (await waitingIn(steps)).length)

/** A signed-on connection, and what bounds each step on it. */
interface Steps {
  client: ImapFlow
  step<T>(work: () => Promise<T>): Promise<T>
}

async function readAll(
  db: Db,
  means: () => Means,
  steps: Steps,
  { from, pass }: { from: number; pass: (uid: number) => void },
): Promise<Read> {
  const { client, step } = steps
  const read: Read = { noted: 0, left: 0 }
  const failures: unknown[] = []
  let isEachJudged = true
  const ends = performance.now() + READING
  const waiting = await waitingIn(steps, from)
  for (const uid of waiting.slice(0, MAILS_AT_MOST)) {
    if (performance.now() > ends) break
    const mail = await step(() => sourceOf(client, uid))
    // Undefined: another program has removed it meanwhile.
    if (mail) {
      // One mail that cannot be noted must not keep those behind it from being read.
      const taken = await takeBounce(db, means(), mail).catch(error => {
        failures.push(error)
      })
      isEachJudged &&= taken !== undefined
      if (taken === undefined) continue
      const range = { uid: String(uid) }
      const settle = () =>
        taken === 'noted' ? client.messageDelete(range) : client.messageFlagsAdd(range, ['\\Flagged'])
      // A folder that takes no flag must not keep those behind it from being read either.
      await step(async () => demandDone(client, await settle())).then(
        () => read[taken === 'noted' ? 'noted' : 'left']++,
        error => {
          if ((error as SendError).code !== 'no') throw error
          failures.push(error)
        },
      )
    }
    if (isEachJudged) pass(uid)
  }
  if (failures.length > 0) throw failures[0]
  return read
}

/** The first mails behind `from` that wait, in order. Asked for piece by piece: an answer with more numbers than its bound would end each reading. */
async function waitingIn({ client, step }: Steps, from = 0): Promise<number[]> {
  const waiting: number[] = []
  const all = client.mailbox === false ? 0 : client.mailbox.exists
  for (let first = 1; first <= all && waiting.length < MAILS_AT_MOST; first += PIECE) {
    const seq = `${first}:${Math.min(all, first + PIECE - 1)}`
    const found = await step(() => client.search({ seq, deleted: false, flagged: false }, { uid: true }))
    demandDone(client, found !== false && found !== undefined)
    waiting.push(...(found as number[]).filter(uid => uid > from).sort((one, other) => one - other))
  }
  return waiting
}

/** The library answers with false where the server refuses, or has gone. */
function demandDone({ usable }: ImapFlow, done: boolean): void {
  if (!done) throw new SendError('mailbox', usable ? 'no' : 'ECONNECTION', false)
}

/** A mail, or its beginning where it is longer than any report: `readBounce` takes none of that length. */
async function sourceOf(client: ImapFlow, uid: number): Promise<Buffer | undefined> {
  const found: FetchMessageObject | false = await client.fetchOne(
    String(uid),
    { source: { maxLength: BOUNCE_AT_MOST + 1 } },
    { uid: true },
  )
  return found ? (found.source ?? Buffer.alloc(0)) : undefined
}

/** Opens the mailbox, and ends the connection whatever happens. */
async function withMailbox<T>(
  { host, port, secure, user, password, near, ca, folder }: Mailbox,
  patience: number,
  work: (steps: Steps) => Promise<T>,
): Promise<T> {
  // Loaded where a mailbox is read: it would take part of each start.
  const { ImapFlow } = await import('imapflow')
  const client = new ImapFlow({
    ...{ host, port, secure },
    // Otherwise an attacker who removes the offer of TLS reads the account's password.
    ...(!secure && { doSTARTTLS: !near }),
    tls: { ...(ca !== undefined && { ca }), rejectUnauthorized: !near },
    auth: { user, pass: password },
    ...{ logger: false, disableAutoIdle: true, disableCompression: true, disableAutoEnable: true },
    ...{ connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience },
    // What it sends beyond these ends the connection before it takes memory.
    ...{ maxLineLength: BOUNCE_AT_MOST, maxLiteralSize: 2 * BOUNCE_AT_MOST, maxResponseSize: 4 * BOUNCE_AT_MOST },
    maxResponseTokens: 10_000,
  })
  let cause: Error | undefined
  client.on('error', error => {
    cause ??= error // steps learn that the connection has ended, and not why
  })
  /** Bounds a step as a whole: a server that answers a little now and then keeps a connection alive. */
  const step = async <Done>(run: () => Promise<Done>): Promise<Done> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new SendError('mailbox', 'timeout', false)), patience)
    })
    try {
      return await Promise.race([run(), late])
    } catch (error) {
      throw asSendError((client.usable ? undefined : cause) ?? (error as MailboxError))
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    await step(() => client.connect())
    await step(() => client.mailboxOpen(folder))
    const done = await work({ client, step })
    await step(() => client.logout()).catch(() => {})
    return done
  } finally {
    client.close()
  }
}

type MailboxError = Error & { code?: string; authenticationFailed?: boolean; responseStatus?: string }

/** Its own words are not repeated: they hold addresses. */
function asSendError(error: MailboxError): SendError {
  if (error instanceof SendError) return error
  const { authenticationFailed, responseStatus, code = 'unreachable' } = error
  const late = /^(CONNECT|GREETING|UPGRADE)_TIMEOUT$|^ETIMEOUT$/.test(code)
  if (late) return new SendError('mailbox', 'timeout', false)
  if (authenticationFailed) return new SendError('mailbox', 'EAUTH', false)
  return new SendError('mailbox', responseStatus?.toLowerCase() ?? code, false)
}

/** When the mailbox may be read next, and how often it has failed in a row. */
interface Turn {
  until: string
  failures: number
  passed?: Passed
}

const FACT = 'bounces mailbox'

/** Takes the turn in one statement, so that of all servers one reads. */
async function claimTurn(db: Db, { now }: Pick<Means, 'now'>): Promise<Turn | undefined> {
  const until = plus(now, CLAIM).toISOString()
  const { rows } = await inSystem(db, trx =>
    sql<{ value: string }>`
      insert into facts (name, value) values (${FACT}, ${JSON.stringify({ until, failures: 0 })})
      on conflict (name) do update set value = (facts.value::jsonb || ${JSON.stringify({ until })}::jsonb)::text
        where (facts.value::jsonb->>'until')::timestamptz <= ${now}
      returning value`.execute(trx),
  )
  return rows[0] && (JSON.parse(rows[0].value) as Turn)
}

/** Gives the turn back, unless it has run out and another server has it. */
async function endTurn(
  db: Db,
  turn: Turn,
  { until, failures, passed }: { until: Date; failures: number; passed: Passed | undefined },
): Promise<void> {
  const value = JSON.stringify({ until: until.toISOString(), failures, passed })
  await inSystem(db, trx =>
    sql`update facts set value = ${value}
      where name = ${FACT} and value::jsonb->>'until' = ${turn.until}`.execute(trx),
  )
}
