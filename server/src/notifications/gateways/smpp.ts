import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import smpp, { type Pdu, type Session } from 'smpp'
import { SECOND } from '../../clock.ts'
import { NumberRefused, SendError } from '../senders.ts'
import { countParts, isGsm } from './cost.ts'
import { type Receipt, reasonIn } from './receipt.ts'
import type { Way } from './route.ts'

/** How often a session that is kept is tried, so that no firewall forgets it. */
const TRIED_EVERY = 30 * SECOND

/** Statuses after which another try is of use: its system fails, its queue is full, or it was asked too often. */
const PASSES = new Set([0x08, 0x14, 0x58])

/** The password or the name of the system is wrong, or its binding fails. */
const NOT_BOUND = new Set([0x0d, 0x0e, 0x0f])

/** The destination is none. */
const OF_NUMBER = new Set([0x0b])

/** The codes of a session that ends before its answer, and of one that had ended before it was asked. */
const CLOSED = 'closed'
const UNWRITTEN = 'not connected'

/** Milliseconds until a moment: all steps of one message share its time. */
const leftUntil = (ends: number) => Math.max(1, ends - performance.now())

/** Alphabets of a message (SMPP 3.4, §5.2.19). */
const GSM = 0
const UCS2 = 8

/**
 * Text messages by SMPP 3.4, over one session that is kept. `url`: `smpps://` over TLS with a certificate that is judged,
 * or `smpp://` on this machine.
 */
export function smppGateway({ url, systemId, secret }: { url: string; systemId: string; secret: string }): Way {
  const target = new URL(url)
  let take: Take = async () => true
  let kept: { bound: Promise<Session>; session?: Session } | undefined

  /** The session that is kept, or a new one where it has ended. Of several at once one binds. */
  const signOn = (patience: number): Promise<Session> => {
    if (kept && kept.session?.socket.writable !== false) return kept.bound
    const own: typeof kept = {
      bound: bind(target, { systemId, secret }, { patience, take: (id, receipt) => take(id, receipt) }),
    }
    kept = own
    own.bound.then(
      session => {
        own.session = session
      },
      () => {
        if (kept === own) kept = undefined
      },
    )
    return own.bound
  }
  return {
    signOn: patience => signOn(patience).then(() => {}),
    listen(taking) {
      take = taking
    },
    async send({ to, text, reference }, { from, patience }) {
      const gsm = isGsm(text)
      const message = gsm ? smpp.encodings.ASCII.encode(text) : Buffer.from(text, 'utf16le').swap16()
      const fields = {
        ...{ source_addr: from.replace(/^\+/, ''), ...numbering(from) },
        ...{ destination_addr: to.slice(1), dest_addr_ton: 1, dest_addr_npi: 1, data_coding: gsm ? GSM : UCS2 },
        ...(reference !== undefined && { registered_delivery: 1 }),
        // More than one part is theirs to cut.
        ...(countParts(text) === 1 ? { short_message: { message } } : { message_payload: { message } }),
      }
      const ends = performance.now() + patience
      const submit = async () => request(await signOn(patience), 'submit_sm', leftUntil(ends), fields)
      const answer = await submit().catch(error => {
        // Nothing was written. What was may have been taken, and would be a second message.
        if (error instanceof SendError && error.code === UNWRITTEN) return submit()
        throw error
      })
      demandOk(answer)
      return {
        messageId: typeof answer.message_id === 'string' && answer.message_id !== '' ? answer.message_id : undefined,
      }
    },
  }
}

type Take = Parameters<NonNullable<Way['listen']>>[0]

/** It shall be told again later: nothing could be noted. */
const LATER = 0x64

/** A receipt may come before the answer to its message was noted: how often it is tried, and after how long again. */
const TRIES = 5
const AGAIN = SECOND / 2

/** Takes what a message centre delivers, and answers the status to tell it. What is no receipt is dropped. */
async function takeReceipt(pdu: Pdu, take: Take): Promise<number> {
  const found = receiptIn(pdu)
  try {
    for (let tries = 0; found && tries < TRIES; tries++) {
      if (await take(found.id, found.receipt)) break
      await sleep(AGAIN)
    }
    return 0
  } catch {
    return LATER
  }
}

/** States of a message (§5.2.28), as its receipt also writes them. */
const STATES: Record<number, string> = { 2: 'DELIVRD', 3: 'EXPIRED', 4: 'DELETED', 5: 'UNDELIV', 8: 'REJECTD' }

/** A receipt (§5.2.12, appendix B): by its fields, or by the text that most centres write. */
function receiptIn(pdu: Pdu): { id: string; receipt: Receipt } | undefined {
  if ((Number(pdu.esm_class) & 0x3c) !== 0x04) return undefined
  const text = String((pdu.short_message as { message?: unknown } | undefined)?.message ?? '')
  const id = pdu.receipted_message_id ?? /\bid:(\S{1,64})/i.exec(text)?.[1]
  const state = STATES[Number(pdu.message_state)] ?? /\bstat:(\w{7})/i.exec(text)?.[1]?.toUpperCase()
  if (typeof id !== 'string' || state === undefined) return undefined
  if (state === 'DELIVRD') return { id, receipt: { result: 'delivered' } }
  if (!Object.values(STATES).includes(state)) return undefined
  // Each network has error codes of its own, so that none says that a number is gone.
  const reason = reasonIn(/\berr:(\w{1,8})/i.exec(text)?.[1], state.toLowerCase())
  return { id, receipt: { result: 'undelivered', reason, isFinal: false } }
}

/** What kind of sender this is (§5.2.5): an international number, a short one, or a name. */
function numbering(from: string) {
  const [ton, npi] = from.startsWith('+') ? [1, 1] : /^\d+$/.test(from) ? [3, 0] : [5, 0]
  return { source_addr_ton: ton, source_addr_npi: npi }
}

async function bind(
  { protocol, hostname, port }: URL,
  { systemId, secret }: { systemId: string; secret: string },
  { patience, take }: { patience: number; take: Take },
): Promise<Session> {
  const ends = performance.now() + patience
  const host = hostname.replace(/^\[|\]$/g, '')
  const tls = protocol === 'smpps:'
  const session = smpp.connect({ host, port: Number(port), tls, ...(tls && !isIP(host) && { servername: host }) })
  // A message that waits keeps the server; a session that waits does not.
  session.socket.unref()
  // What it sends that is no PDU leaves the library deaf; the next message begins anew.
  session.on('error', () => session.destroy())
  session.on('enquire_link', pdu => session.send(pdu.response()))
  session.on('deliver_sm', async pdu => session.send(pdu.response({ command_status: await takeReceipt(pdu, take) })))
  session.on('unbind', pdu => {
    session.send(pdu.response())
    session.close()
  })
  await opened(session, tls ? 'secureConnect' : 'connect', patience)
  const answer = await request(session, 'bind_transceiver', leftUntil(ends), {
    ...{ system_id: systemId, password: secret, interface_version: 0x34 },
  })
  try {
    demandOk(answer)
  } catch (error) {
    session.destroy()
    throw error
  }
  const trying = setInterval(() => {
    request(session, 'enquire_link', 10 * SECOND, {}).catch(() => session.destroy())
  }, TRIED_EVERY).unref()
  session.once('close', () => clearInterval(trying))
  return session
}

const opened = (session: Session, event: 'connect' | 'secureConnect', patience: number) =>
  inTime<void>(session, patience, done => session.once(event, () => done()))

/** Asks, and waits for the answer. Throws `SendError` where none comes in time, and ends the session. */
const request = (
  session: Session,
  command: 'bind_transceiver' | 'submit_sm' | 'enquire_link',
  patience: number,
  fields: object,
): Promise<Pdu> =>
  inTime(session, patience, (done, fail) => {
    if (!session[command](fields, done)) fail(new SendError('gateway', UNWRITTEN, false))
  })

function inTime<T>(
  session: Session,
  patience: number,
  begin: (done: (found: T) => void, fail: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const over = () => {
      clearTimeout(late)
      session.off('error', broken).off('close', closed)
    }
    const fail = (error: Error) => {
      over()
      reject(error)
    }
    // What is no PDU has no code, and ends the session.
    const broken = ({ code = CLOSED }: Error & { code?: string }) => fail(new SendError('gateway', code, false))
    const closed = () => fail(new SendError('gateway', CLOSED, false))
    const late = setTimeout(() => {
      fail(new SendError('gateway', 'timeout', false))
      // An answer to the former message would be taken for one to the next.
      session.destroy()
    }, patience)
    session.on('error', broken).on('close', closed)
    begin(found => {
      over()
      resolve(found)
    }, fail)
  })
}

/** Throws `SendError` for a status other than none (§5.1.3). */
function demandOk({ command_status: status }: Pdu): void {
  if (status === 0) return
  if (OF_NUMBER.has(status)) throw new NumberRefused(`status ${status}`)
  if (NOT_BOUND.has(status)) throw new SendError('gateway', '401', true)
  throw new SendError('gateway', `status ${status}`, !PASSES.has(status))
}
