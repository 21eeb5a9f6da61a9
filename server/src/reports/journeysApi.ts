import { type Api, askingOf, type Call, listAnswer, pageOf, readRow, rowAnswer } from '../api/index.ts'
import { readOptions, rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { journeysOf, readableJourney, readJourneys, recordReading } from './journeys.ts'

const entityOf = ({ act, tenantId, services }: Call) => journeysOf(tenantId, act.now, services.places)

/** Resets as timelines, for those who help (administration on the wire, §2.6). */
export function journeysApi(api: Api) {
  const row = rowSchema(journeysOf('', new Date(0), undefined))
  api.add({
    method: 'GET',
    path: '/reset/journeys',
    action: 'journeys.read',
    summary: 'List resets as timelines',
    context: 'reset/journeys',
    options: ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken'],
    answer: listAnswer(row, 'journey'),
    status: 200,
    async handle(call) {
      const entity = entityOf(call)
      const options = readOptions(entity, call.query, askingOf(call))
      return pageOf(call, await inTenant(call.db, call.tenantId, trx => readJourneys(trx, call.act, entity, options)))
    },
  })
  api.add({
    method: 'GET',
    path: '/reset/journeys/{id}',
    action: 'journeys.read',
    summary: 'Read one reset as a timeline',
    context: 'reset/journeys/$entity',
    options: ['$select'],
    answer: rowAnswer(row, 'journey'),
    status: 200,
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        const journey = await readableJourney(trx, call.act, (call.params.id ?? '').toLowerCase())
        const answer = journey && (await readRow(trx, call, entityOf(call), journey))
        if (!answer) throw refuse('not_found')
        await recordReading(trx, call.act, [journey])
        return answer
      }),
  })
}
