import { sql } from 'kysely'
import { type Clock, SECOND } from '../clock.ts'
import { type Db, inSystem } from '../store/index.ts'
import { type Channel, SendError, type Senders } from './senders.ts'

/** The services outside: the channels of messages, and the source of breached passwords. */
export type Outside = Channel | 'breached'

/** Called for each call to the outside, with a code where it failed. */
export type Tell = (outside: Outside, code?: string) => Promise<void>

/** The same senders, which report each message to `tell`. */
export function telling(senders: Senders, tell: Tell): Senders {
  const told: Senders = {}
  for (const channel of Object.keys(senders) as Channel[])
    told[channel] = {
      gateway: senders[channel]!.gateway,
      async send(message) {
        const handed = await senders[channel]!.send(message).catch(async error => {
          await tell(channel, error instanceof SendError ? error.code : 'unforeseen')
          throw error
        })
        await tell(channel)
        return handed
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

const OUTSIDES: readonly Outside[] = ['email', 'sms', 'voice', 'breached']
const factOf = (outside: Outside) => `failure ${outside}`

/** Keeps the last failure of each channel in the database, for operators. Writes at each change, and every ten seconds while a failure lasts. */
export function keepFailures(db: Db, clock: Clock): Tell {
  const known = new Map<Outside, { code: string | undefined; at: number }>()
  return async (outside, code) => {
    const now = clock()
    const last = known.get(outside)
    const lasts = code === undefined || (last && now.getTime() - last.at < 10 * SECOND)
    if (last && last.code === code && lasts) return
    known.set(outside, { code, at: now.getTime() })
    const name = factOf(outside)
    const at = now.toISOString()
    const work =
      code === undefined
        ? sql`update facts set value = (value::jsonb || ${JSON.stringify({ over: at })}::jsonb)::text
            where name = ${name} and not value::jsonb ? 'over'`
        : sql`insert into facts (name, value) values (${name}, ${JSON.stringify({ code, since: at, at })})
            on conflict (name) do update set value = case when facts.value::jsonb ? 'over' then excluded.value
              else (excluded.value::jsonb || jsonb_build_object('since', facts.value::jsonb->'since'))::text end`
    // A note that failed is made with the next call; the database's errors are logged elsewhere.
    await inSystem(db, trx => work.execute(trx)).catch(() => known.delete(outside))
  }
}

/** The last failure of each channel that has ever failed. */
export async function findFailures(db: Db): Promise<Partial<Record<Outside, Failure>>> {
  const rows = await inSystem(db, trx =>
    trx.selectFrom('facts').select(['name', 'value']).where('name', 'in', OUTSIDES.map(factOf)).execute(),
  )
  const found = new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as Failure]))
  return Object.fromEntries(OUTSIDES.flatMap(one => (found.has(factOf(one)) ? [[one, found.get(factOf(one))]] : [])))
}

/** The kind of failure of a code, so that figures need no label for each code. */
export function failureClass(code: string): string {
  if (code === 'timeout') return 'timeout'
  if (/^(530|534|535|401|403|EAUTH)$/.test(code)) return 'credentials'
  if (/^\d{3}$/.test(code)) return 'refused'
  if (/CERT|TLS|SSL|EPROTO|ISSUER|VERIFY/.test(code)) return 'tls'
  if (/^(ENOTFOUND|EAI_\w+|EDNS)$/.test(code)) return 'name'
  return 'unreachable'
}
