import { sql } from 'kysely'
import type pg from 'pg'
import { SECOND } from '../clock.ts'
import type { Store, Trx } from '../store/index.ts'

const CHANNEL = 'latchkey_agents'

/**
 * What one server tells all: a request waits for this link, an answer is here, an agent was removed. Ids, and the answer
 * as its agent signed it, which holds no secret.
 */
export type Call =
  | { link: string; tenantId: string; request: string }
  | { answered: string; frame?: string }
  | { removed: string }

/** PostgreSQL tells no more than 8,000 bytes at once. */
const FRAME_AT_MOST = 7_000

/** Tells every server, once the transaction commits. A frame that is too long is left out. */
export async function callServers(trx: Trx, call: Call): Promise<void> {
  const isLong = 'frame' in call && call.frame!.length > FRAME_AT_MOST
  const told: Call = isLong ? { answered: call.answered } : call
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(told)})`.execute(trx)
}

/**
 * Hears what the servers tell, from the first `start` on, until `close`. A broken connection is opened again; what was
 * told meanwhile is lost, so that its readers look by themselves too.
 */
export function openBell({ pool }: Pick<Store, 'pool'>, hear: (call: Call) => void) {
  let listening: Promise<void> | undefined
  let client: pg.PoolClient | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const listen = async () => {
    const opened = await pool.connect()
    if (closed) return opened.release(true)
    client = opened
    opened.on('notification', ({ payload = '' }) => hear(JSON.parse(payload) as Call))
    opened.once('end', again)
    await opened.query(`listen ${CHANNEL}`)
  }
  const again = () => {
    client?.release(true)
    client = undefined
    if (closed) return
    timer = setTimeout(() => listen().catch(again), SECOND).unref()
  }
  return {
    start: () => {
      listening ??= listen().catch(again)
      return listening
    },
    close() {
      closed = true
      clearTimeout(timer)
      client?.release(true)
      client = undefined
    },
  }
}
