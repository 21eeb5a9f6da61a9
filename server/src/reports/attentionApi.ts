import { Type } from 'typebox'
import { mayAny } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { findAttention } from './attention.ts'
import { refreshRegistrations } from './registrations.ts'

const Answer = Type.Object({
  value: Type.Array(
    Type.Object({
      code: Type.String(),
      severity: Type.Union([Type.Literal('high'), Type.Literal('medium'), Type.Literal('low')]),
      count: Type.Integer(),
      since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      targets: Type.Array(Type.Object({ id: Type.String(), displayName: Type.String() })),
    }),
  ),
})

/** What an administrator should look at first. */
export function attentionApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/reports/attention',
    action: ['reports.read', 'audit.read', 'cases.read'],
    summary: 'List what needs attention',
    context: 'reports/attention',
    answer: Answer,
    status: 200,
    async handle({ db, act, tenantId }) {
      if (mayAny(act.actor, 'reports.read').allowed) await refreshRegistrations(db, act, tenantId)
      return { json: { value: await inTenant(db, tenantId, trx => findAttention(trx, act)) } }
    },
  })
}
