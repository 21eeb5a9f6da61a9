import { demand } from '../access/index.ts'
import { type Api, answerList, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import type { Places } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { type Entity, rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { directoryAuditsOf } from './directoryAudits.ts'
import { refuse } from './errors.ts'
import { eventBy, eventsOf, type Log, readableBy } from './logs.ts'
import { signInsOf } from './signIns.ts'

const OPTIONS = ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken']

/** What the schema of an entry is called. */
const NAMES: Record<Log, string> = { directoryAudits: 'directoryAudit', signIns: 'signIn' }

/** The audit log, as two lists of Microsoft Graph's (administration on the wire, §2.6). */
export function logsApi(api: Api) {
  addLog(api, 'directoryAudits', 'what happened in the tenant, but for sign-ins', directoryAuditsOf)
  addLog(api, 'signIns', 'sign-ins', signInsOf)
}

function addLog(api: Api, log: Log, what: string, entityOf: (tenantId: string, places: Places | undefined) => Entity) {
  const row = rowSchema(entityOf('', undefined))
  api.add({
    method: 'GET',
    path: `/auditLogs/${log}`,
    action: 'audit.read',
    summary: `List ${what}`,
    context: `auditLogs/${log}`,
    options: OPTIONS,
    answer: listAnswer(row, NAMES[log]),
    status: 200,
    handle: async call => {
      demand(call.act, 'audit.read', { kind: 'tenant', tenantId: call.tenantId })
      return answerList(call, entityOf(call.tenantId, call.services.places), () => [
        eventsOf(log),
        readableBy(call.act.actor),
      ])
    },
  })
  api.add({
    method: 'GET',
    path: `/auditLogs/${log}/{id}`,
    action: 'audit.read',
    summary: `Read one entry of ${what}`,
    context: `auditLogs/${log}/$entity`,
    options: ['$select'],
    answer: rowAnswer(row, NAMES[log]),
    status: 200,
    handle: async call => {
      demand(call.act, 'audit.read', { kind: 'tenant', tenantId: call.tenantId })
      const id = (call.params.id ?? '').toLowerCase()
      const found =
        isUuid(id) &&
        (await inTenant(call.db, call.tenantId, trx =>
          readRow(trx, call, entityOf(call.tenantId, call.services.places), {
            where: eventBy(log, id, call.act.actor),
          }),
        ))
      if (!found) throw refuse('not_found')
      return found
    },
  })
}
