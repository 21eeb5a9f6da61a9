import { sql } from 'kysely'
import { DAY, HOUR, MINUTE, plus } from '../clock.ts'
import type { Awaiting, Removal } from '../store/index.ts'

/** Subscriptions that have ended. Ones that lost their right stay until their subscriber was told. */
export const endedSubscriptions: Removal = {
  table: 'subscriptions',
  due: now => sql`(expires_at <= ${now} or removed_at <= ${plus(now, -6 * HOUR)})`,
}

export const oldDeliveries: Removal = {
  table: 'deliveries',
  due: now => sql`at <= ${plus(now, -30 * DAY)}`,
}

const waiting = (now: Date) => sql`status = 'waiting' and at < ${plus(now, -MINUTE)}`

/** Deliveries whose job was lost: of subscriptions whose calls do not rest. */
export const waitingDeliveries: Awaiting = {
  table: 'deliveries',
  id: sql`subscription_id`,
  idName: 'subscriptionId',
  couldBeOverdue: waiting,
  overdue: (now, tenantId) => sql`${waiting(now)} and (attempted_at is null or attempted_at < ${plus(now, -MINUTE)})
    and not exists (select from subscriptions s where s.tenant_id = ${tenantId} and s.id = subscription_id
      and s.rests_until > ${plus(now, -MINUTE)})`,
  task: sql`case when object_id is null then 'tell-lifecycle' else 'notify-subscriber' end`,
}
