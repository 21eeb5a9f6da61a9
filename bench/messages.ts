import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import nodemailer from 'nodemailer'
import { MINUTE, plus } from '../server/src/clock.ts'
import { codeMessage } from '../server/src/notifications/index.ts'
import { inTenant, openStore, type Store } from '../server/src/store/index.ts'
import { loadWords } from '../server/src/words/index.ts'
import type { Bench } from './bench.ts'
import { percentile } from './load.ts'
import { table } from './report.ts'

/** The codes that wait at once. */
const WAITING = 10_000
const TEXTS = 2_000
const BARE = 2_000
/** As many connections, and requests at once, as a lane of the server has. */
const AT_ONCE = 8
/** Between one look at the newest code and the next. */
const PAUSE = 250

/**
 * Messages through the one worker of the server: how many a second, against the library alone with the same far side, and
 * how long the newest code waits while ten thousand wait before it.
 */
export async function measureMessages(bench: Bench): Promise<string> {
  const { mailbox, gateway, means } = bench
  const store = await openStore({ databaseUrl: bench.ownerUrl, applicationName: 'latchkey bench' })
  try {
    const { rows } = await store.pool.query('select tenant_id, id from latchkey.users limit 1')
    const person: Asker = { tenantId: rows[0].tenant_id, id: rows[0].id }
    const text = codeMessage(loadWords().in('en'), 'email', {
      ...{ organization: 'Bench', code: '012345', seconds: 300, askedBy: 'reset', origin: bench.server.origin },
    })
    const bareMails = await bareMail(mailbox.url, text)
    const bareTexts = await bareText(gateway.url)

    const mails = mailbox.received()
    const waits: number[] = []
    const begun = performance.now()
    await queueCodes(store, { ...means, now: new Date() }, person, { channel: 'email', count: WAITING })
    while (mailbox.received() - mails < WAITING) {
      const address = `newest-${waits.length}@mail.example`
      const came = mailbox.nextCode(address)
      const asked = performance.now()
      await queueCodes(store, { ...means, now: new Date() }, person, { channel: 'email', count: 1, to: address })
      await came
      waits.push(performance.now() - asked)
      await sleep(PAUSE)
    }
    const mailsPerSecond = (WAITING + waits.length) / ((performance.now() - begun) / 1_000)

    const texts = gateway.received()
    const textsBegun = performance.now()
    await queueCodes(store, { ...means, now: new Date() }, person, { channel: 'sms', count: TEXTS })
    while (gateway.received() - texts < TEXTS) await sleep(10)
    const textsPerSecond = TEXTS / ((performance.now() - textsBegun) / 1_000)

    const sorted = waits.toSorted((one, other) => one - other)
    const newest = [0.5, 0.95, 1].map(share => `${percentile(sorted, share).toFixed(0)} ms`)
    return [
      table([
        ['', 'one worker, a second', 'the library alone', 'of it'],
        ['mails', ...compared(mailsPerSecond, bareMails)],
        ['text messages', ...compared(textsPerSecond, bareTexts)],
      ]),
      `While ${WAITING.toLocaleString('en')} codes waited, ${waits.length} newer ones came after ${newest.join(', ')} (p50, p95, the longest); promised: below 2 s`,
    ].join('\n')
  } finally {
    await store.close()
  }
}

const compared = (worker: number, bare: number) => [worker.toFixed(0), bare.toFixed(0), (worker / bare).toFixed(2)]

interface Asker {
  tenantId: string
  id: string
}

/** Puts codes into the queue as their issue does, beyond the limits of how many one person may ask for. */
async function queueCodes(
  store: Store,
  { keys, random, now }: Bench['means'],
  { tenantId, id: userId }: Asker,
  { channel, count, to }: { channel: 'email' | 'sms'; count: number; to?: string },
) {
  const rows = Array.from({ length: count }, (_, place) => {
    const id = random.uuid(now)
    const code = random.code()
    const destination = to ?? (channel === 'email' ? `waiting-${place}@mail.example` : '+12065550110')
    return {
      ...{ tenant_id: tenantId, id, purpose: 'session' as const, session_id: random.uuid(now), user_id: userId },
      ...{ kind: channel === 'email' ? ('email' as const) : ('mobilePhone' as const), channel, language: 'en' },
      destination_sealed: keys.seal({ purpose: 'challenge', tenantId, rowId: id }, destination),
      code_sealed: keys.seal({ purpose: 'code', tenantId, rowId: id }, code),
      ...{ created_at: now, expires_at: plus(now, 5 * MINUTE), delivery: 'pending' as const },
    }
  })
  const task = channel === 'email' ? 'deliver-code' : 'deliver-text-message'
  for (let from = 0; from < count; from += 500)
    await inTenant(store, tenantId, async trx => {
      const some = rows.slice(from, from + 500)
      const epoch = sql<number>`(select security_epoch from users where tenant_id = ${tenantId} and id = ${userId})`
      await trx
        .insertInto('challenges')
        .values(some.map(row => ({ ...row, security_epoch: epoch })))
        .execute()
      await sql`select pg_notify('latchkey:named', ${task} || ' ' || random()), latchkey.enqueue(${task},
        json_build_object('tenantId', ${tenantId}::text, 'challengeId', id), null, null)
        from unnest(${some.map(({ id }) => id)}::uuid[]) as waiting(id)`.execute(trx)
    })
}

async function bareMail(url: string, { subject, text }: { subject?: string; text: string }): Promise<number> {
  const transport = nodemailer.createTransport({ url, pool: true, maxConnections: AT_ONCE, ignoreTLS: true } as never)
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: BARE }, (_, place) =>
      transport.sendMail({ from: 'no-reply@bench.example', to: `bare-${place}@mail.example`, subject, text }),
    ),
  )
  const seconds = (performance.now() - begun) / 1_000
  transport.close()
  return BARE / seconds
}

async function bareText(url: string): Promise<number> {
  const begun = performance.now()
  let left = BARE
  const one = async () => {
    while (left-- > 0) {
      const body = JSON.stringify({ to: '+12065550110', text: '012345 is your code', language: 'en' })
      await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return BARE / ((performance.now() - begun) / 1_000)
}
