import { Type } from 'typebox'
import { demand } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { findStanding, type Standing, standings } from './runs.ts'

const Moment = Type.String({ format: 'date-time' })
const orNull = Type.Union([Moment, Type.Null()])

const Answer = Type.Object(
  {
    status: Type.Enum([...standings]),
    lastRunDateTime: orNull,
    lastDoneDateTime: orNull,
    brake: Type.Union([
      Type.Object({
        ...{ leaving: Type.Integer(), of: Type.Integer(), sinceDateTime: Moment },
        groups: Type.Object({ leaving: Type.Integer(), of: Type.Integer() }),
      }),
      Type.Null(),
    ]),
  },
  { title: 'onPremisesSynchronization' },
)

/** How the synchronization with a company's own directory stands. *Ours*, beside the agents of decision 70. */
export function synchronizationApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/onPremises/synchronization',
    action: 'agents.read',
    summary:
      'Read how the synchronization with the organization’s own directory stands, and what its brake has stopped',
    context: 'onPremises/synchronization/$entity',
    answer: Answer,
    status: 200,
    handle: ({ db, act, tenantId }) =>
      inTenant(db, tenantId, async trx => {
        demand(act, 'agents.read', { kind: 'tenant', tenantId })
        return { json: toldOf(await findStanding(trx, act)) }
      }),
  })
}

const toldOf = ({ status, heardAt, doneAt, brake }: Standing) => ({
  status,
  lastRunDateTime: heardAt?.toISOString() ?? null,
  lastDoneDateTime: doneAt?.toISOString() ?? null,
  brake: brake && {
    leaving: brake.leaving,
    of: brake.of,
    groups: brake.groups,
    sinceDateTime: brake.since.toISOString(),
  },
})
