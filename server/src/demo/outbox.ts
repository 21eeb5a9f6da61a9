import type { Clock } from '../clock.ts'
import type { Keyring, Random } from '../crypto/index.ts'
import { listTenants, NOBODYS_TENANT } from '../directory/index.ts'
import type { Message, Sender, Senders } from '../notifications/index.ts'
import { type Db, inSystem, inTenant } from '../store/index.ts'

/** A message of the demonstration, as its outbox shows it. */
export interface SentMessage {
  id: string
  channel: Message['channel']
  kind: Message['kind']
  /** The reset that it belongs to. */
  journey?: string
  to: string
  subject?: string
  text: string
  /** ISO 8601. */
  sentAt: string
}

/** How many messages the outbox shows, and how many it keeps. */
const SHOWN = 200
const KEPT = 1_000

const placeOf = (rowId: string) => ({ purpose: 'outbox', tenantId: NOBODYS_TENANT, rowId }) as const

/** Senders that deliver every mail, text message and call to the demonstration's outbox: sealed, since it holds codes. */
export function outboxSenders(db: Db, services: { clock: Clock; random: Random; keys: Keyring }): Senders {
  const sender: Sender = {
    gateway: 'outbox',
    async send({ channel, kind, journeyId, to, subject, text }) {
      const now = services.clock()
      const id = services.random.uuid(now)
      const journey = journeyId && (await isReset(db, journeyId)) ? { journey: journeyId } : {}
      const sealed = services.keys.seal(
        placeOf(id),
        JSON.stringify({ channel, kind, ...journey, to, ...(subject !== undefined && { subject }), text }),
      )
      await inSystem(db, async trx => {
        await trx.insertInto('demo_outbox').values({ id, sealed, sent_at: now }).execute()
        // Ids grow with time, so the key's own index finds the oldest.
        await trx
          .deleteFrom('demo_outbox')
          .where('id', '<', row =>
            row.selectFrom('demo_outbox').select('id').orderBy('id', 'desc').offset(KEPT).limit(1),
          )
          .execute()
      })
      return undefined
    },
  }
  return { email: sender, sms: sender, voice: sender }
}

/** The newest messages, newest first. */
export async function readOutbox(db: Db, keys: Keyring): Promise<SentMessage[]> {
  const rows = await inSystem(db, trx =>
    trx.selectFrom('demo_outbox').select(['id', 'sealed', 'sent_at']).orderBy('id', 'desc').limit(SHOWN).execute(),
  )
  return rows.map(row => ({ id: row.id, ...read(keys, row), sentAt: row.sent_at.toISOString() }))
}

const read = (keys: Keyring, row: { id: string; sealed: Buffer }) =>
  JSON.parse(keys.open(placeOf(row.id), row.sealed)) as Omit<SentMessage, 'id' | 'sentAt'>

/** Whether the id is of a reset and not of a session. A message does not name its tenant, and there are few. */
async function isReset(db: Db, id: string): Promise<boolean> {
  for (const tenant of await listTenants(db)) {
    const found = await inTenant(db, tenant.id, trx =>
      trx
        .selectFrom('journeys')
        .select('id')
        .where('tenant_id', '=', tenant.id)
        .where('id', '=', id)
        .executeTakeFirst(),
    )
    if (found) return true
  }
  return false
}
