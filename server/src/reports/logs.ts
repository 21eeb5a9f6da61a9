import { type RawBuilder, sql } from 'kysely'
import type { Actor } from '../access/index.ts'
import { momentOf } from '../crypto/index.ts'
import { areSignIns, notSignIns } from './activities.ts'

/** The two lists that the audit log is read as. */
export type Log = 'directoryAudits' | 'signIns'

/** The condition of a log's events. */
export const eventsOf = (log: Log): RawBuilder<boolean> => (log === 'signIns' ? areSignIns : notSignIns)

/** The condition of one event of a log. Its id was made at its own moment, which leads to one month. */
export const eventBy = (log: Log, id: string, actor: Actor): RawBuilder<boolean> =>
  sql`audit_events.at = ${momentOf(id)} and audit_events.id = ${id}::uuid and ${eventsOf(log)} and ${readableBy(actor)}`

/** The first words of what a company has with firms, of what it does as a firm itself, and of firms that it verifies. */
const ABOUT_OTHERS =
  '^(relationship|assignment|invitation|resale|partnership|dap|rescue|rescueAgreement|customer|partner|verification)[.]'

/** For a partner's person: nothing of other partners, and nothing of what the company decided about any (partners on the wire, §6). */
export const readableBy = (actor: Actor): RawBuilder<boolean> =>
  actor.kind === 'partner'
    ? sql`(case when audit_events.actor_kind = 'partner' then coalesce(audit_events.details->>'homeTenantId' = ${actor.home.tenantId}, false)
        else audit_events.activity !~ ${ABOUT_OTHERS} end)`
    : sql`true`
