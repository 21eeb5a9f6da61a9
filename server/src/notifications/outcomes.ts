import { type Clock, SECOND } from '../clock.ts'
import { type Db, inSystem, sql } from '../store/index.ts'
import { type Channel, type Failed, NumberRefused, SendError, type Senders } from './senders.ts'

/** The services outside: the channels of messages, the source of breached passwords, and the mailbox of returned mails. */
export type Outside = Channel | 'breached' | 'bounces'

/** Called for each call to the outside, with a code where it failed. `gateway`: which of several took it or failed. */
export type Tell = (outside: Outside, code?: string, gateway?: string) => Promise<void>

/** The same senders, which report each message to `tell`. */
export function telling(senders: Senders, tell: Tell): Senders {
  const told: Senders = {}
  for (const channel of Object.keys(senders) as Channel[])
    told[channel] = {
      gateway: senders[channel]!.gateway,
      async send(message) {
        const tellEach = async (failed: readonly Failed[] = []) => {
          for (const { gateway, code } of failed) await tell(channel, code, gateway)
        }
        const taken = await senders[channel]!.send(message).catch(async error => {
          if (error instanceof NumberRefused) {
            // Whoever owns the number is the reason: the last gateway has answered as it should.
            await tellEach(error.failed?.slice(0, -1))
            await tell(channel)
            throw error
          }
          const foreseen = error instanceof SendError
          if (foreseen) await tellEach(error.failed)
          await tell(channel, foreseen ? error.code : 'unforeseen')
          throw error
        })
        await tellEach(taken.before)
        if (taken.gateway !== undefined) await tell(channel, undefined, taken.gateway)
        await tell(channel)
        return taken
      },
    }
  return told
}

/** The last failure of a channel. */
export interface Failure {
  code: string
  /** ISO 8601, as the others. */
  since: string
  at: string
  /** When it first worked again. */
  over?: string
}

const OUTSIDES: readonly Outside[] = ['email', 'sms', 'voice', 'breached', 'bounces']
const factOf = (outside: Outside, gateway?: string) =>
  gateway === undefined ? `failure ${outside}` : `failure ${outside} ${gateway}`

/** Keeps the last failure of each channel in the database, for operators. Writes at each change, and every ten seconds while a failure lasts. */
export function keepFailures(db: Db, clock: Clock): Tell {
  const known = new Map<string, { code: string | undefined; at: number }>()
  return async (outside, code, gateway) => {
    const now = clock()
    const name = factOf(outside, gateway)
    const last = known.get(name)
    const lasts = code === undefined || (last && now.getTime() - last.at < 10 * SECOND)
    if (last && last.code === code && lasts) return
    known.set(name, { code, at: now.getTime() })
    const at = now.toISOString()
    const work =
      code === undefined
        ? sql`update facts set value = (value::jsonb || ${JSON.stringify({ over: at })}::jsonb)::text
            where name = ${name} and not value::jsonb ? 'over'`
        : sql`insert into facts (name, value) values (${name}, ${JSON.stringify({ code, since: at, at })})
            on conflict (name) do update set value = case when facts.value::jsonb ? 'over' then excluded.value
              else (excluded.value::jsonb || jsonb_build_object('since', facts.value::jsonb->'since'))::text end`
    // A note that failed is made with the next call; the database's errors are logged elsewhere.
    await inSystem(db, trx => work.execute(trx)).catch(() => known.delete(name))
  }
}

/** The last failure of each channel that has ever failed. */
export async function findFailures(db: Db): Promise<Partial<Record<Outside, Failure>>> {
  const rows = await inSystem(db, trx =>
    trx
      .selectFrom('facts')
      .select(['name', 'value'])
      .where(
        'name',
        'in',
        OUTSIDES.map(one => factOf(one)),
      )
      .execute(),
  )
  const found = new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as Failure]))
  return Object.fromEntries(OUTSIDES.flatMap(one => (found.has(factOf(one)) ? [[one, found.get(factOf(one))]] : [])))
}

/** A named gateway that failed at its last message of this channel, or did before it. */
export interface GatewayFailure {
  channel: Channel
  gateway: string
  failure: Failure
}

/** The last failure of each named gateway since a moment. One that the file names no more stops failing. */
export async function findGatewayFailures(db: Db, since: Date): Promise<GatewayFailure[]> {
  const { rows } = await inSystem(db, trx =>
    sql<{ name: string; value: string }>`
      select name, value from facts where name ~ '^failure (sms|voice) ' and (value::jsonb->>'at')::timestamptz > ${since}
      order by name`.execute(trx),
  )
  return rows.map(({ name, value }) => {
    const [, channel, gateway] = name.split(' ') as [string, Channel, string]
    return { channel, gateway, failure: JSON.parse(value) }
  })
}

/** The kind of failure of a code, so that figures need no label for each code. */
export function failureClass(code: string): string {
  if (code === 'timeout') return 'timeout'
  if (/^(530|534|535|401|403|EAUTH)$/.test(code)) return 'credentials'
  if (/^((status )?\d{1,5}|no|bad)$/.test(code)) return 'refused'
  if (/CERT|TLS|SSL|EPROTO|ISSUER|VERIFY/.test(code)) return 'tls'
  if (/^(ENOTFOUND|EAI_\w+|EDNS)$/.test(code)) return 'name'
  return 'unreachable'
}
