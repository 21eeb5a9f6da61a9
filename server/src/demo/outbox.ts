import type { Clock } from '../clock.ts'
import type { Keyring, Random } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import type { Message, Sender, Senders } from '../notifications/index.ts'
import { type Db, inSystem, inTenant, sql } from '../store/index.ts'

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
  /** Whether it is a mail that can be seen as a mail program shows it. */
  hasHtml: boolean
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
    async send({ channel, kind, tenantId, journeyId, to, subject, text, html, pictures = [] }) {
      const now = services.clock()
      const id = services.random.uuid(now)
      const journey = tenantId && journeyId && (await isReset(db, tenantId, journeyId)) ? { journey: journeyId } : {}
      const shown = html && pictures.reduce(withPicture, html)
      const sealed = services.keys.seal(
        placeOf(id),
        JSON.stringify({ channel, kind, ...journey, to, subject, text, html: shown }),
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
      return {}
    },
  }
  return { email: sender, sms: sender, voice: sender }
}

/** The newest messages, newest first. `known`: those that the reader has opened before, which never change. */
export async function readOutbox(
  db: Db,
  keys: Keyring,
  known: Map<string, SentMessage> = new Map(),
): Promise<SentMessage[]> {
  const sealed = sql<Buffer | null>`case when id = any(${[...known.keys()]}::uuid[]) then null else sealed end`
  const rows = await inSystem(db, trx =>
    trx
      .selectFrom('demo_outbox')
      .select(['id', 'sent_at', sealed.as('sealed')])
      .orderBy('id', 'desc')
      .limit(SHOWN)
      .execute(),
  )
  for (const { id, sent_at, sealed } of rows) {
    if (sealed === null) continue
    const { html, ...message } = read(keys, { id, sealed })
    known.set(id, { id, ...message, hasHtml: html !== undefined, sentAt: sent_at.toISOString() })
  }
  return rows.map(({ id }) => known.get(id)!)
}

/** The HTML of a mail; undefined where there is none. */
export async function readMail(db: Db, keys: Keyring, id: string): Promise<string | undefined> {
  const row = await inSystem(db, trx =>
    trx.selectFrom('demo_outbox').select(['id', 'sealed']).where('id', '=', id).executeTakeFirst(),
  )
  return row && read(keys, row).html
}

const read = (keys: Keyring, row: { id: string; sealed: Buffer }) =>
  JSON.parse(keys.open(placeOf(row.id), row.sealed)) as Omit<SentMessage, 'id' | 'hasHtml' | 'sentAt'> & {
    html?: string
  }

/** A mail program finds a picture in the mail; a browser finds it in the document. */
const withPicture = (html: string, { cid, type, content }: NonNullable<Message['pictures']>[number]) =>
  html.replaceAll(`cid:${cid}`, `data:${type};base64,${content.toString('base64')}`)

/** Whether the id is of a reset and not of a session. */
async function isReset(db: Db, tenantId: string, id: string): Promise<boolean> {
  const found = await inTenant(db, tenantId, trx =>
    trx.selectFrom('journeys').select('id').where('tenant_id', '=', tenantId).where('id', '=', id).executeTakeFirst(),
  )
  return found !== undefined
}
