import { type Api, answerList, type Call, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { earliestOf, happenedSince, isActivityOf, partnerActivitiesOf } from './partnerActivities.ts'

const ROW = rowSchema(partnerActivitiesOf(''))

/** What a firm's people have done as a partner (partners on the wire, §7). */
export function partnerActivitiesApi(api: Api) {
  const path = '/partner/activities'
  api.add({
    method: 'GET',
    path,
    action: 'partner.activity.read',
    delegated: true,
    summary: 'List what your firm’s people did as a partner, of the last 30 days',
    context: 'partner/activities',
    options: ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken'],
    answer: listAnswer(ROW, 'partnerActivity'),
    status: 200,
    handle: call =>
      answerList(call, partnerActivitiesOf(call.tenantId), () => [
        happenedSince(earliestOf(filterOf(call), call.act.now)),
      ]),
  })
  api.add({
    method: 'GET',
    path: `${path}/{id}`,
    action: 'partner.activity.read',
    delegated: true,
    summary: 'Read one of these activities',
    context: 'partner/activities/$entity',
    options: ['$select'],
    answer: rowAnswer(ROW, 'partnerActivity'),
    status: 200,
    async handle(call) {
      const id = (call.params.id ?? '').toLowerCase()
      const entity = partnerActivitiesOf(call.tenantId)
      const found =
        isUuid(id) &&
        (await inTenant(call.db, call.tenantId, trx => readRow(trx, call, entity, { where: isActivityOf(id) })))
      if (!found) throw refuse('not_found')
      return found
    },
  })
}

const filterOf = ({ query }: Call) => query.find(([name]) => /^\$?filter$/i.test(name))?.[1]
