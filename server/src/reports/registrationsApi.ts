import type { TSchema } from 'typebox'
import { demand } from '../access/index.ts'
import { type Api, answerList, type Call, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import {
  type Counted,
  countByFeature,
  countByMethod,
  detailsOf,
  FeatureCounts,
  MethodCounts,
  readCounted,
  registrationDetails,
} from './registrationDetails.ts'
import { refreshRegistrations } from './registrations.ts'

const ROOT = '/reports/authenticationMethods'

/** Judges what has changed before it is read. */
async function refresh({ db, act, tenantId }: Call) {
  demand(act, 'reports.read', { kind: 'tenant', tenantId })
  await refreshRegistrations(db, act, tenantId)
}

/** Who is registered by what (administration on the wire, §2.6). */
export function registrationsApi(api: Api) {
  const row = rowSchema(registrationDetails)
  api.add({
    method: 'GET',
    path: `${ROOT}/userRegistrationDetails`,
    action: 'reports.read',
    summary: 'List who can reset their password, and by what',
    context: 'reports/authenticationMethods/userRegistrationDetails',
    options: ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken'],
    answer: listAnswer(row, 'userRegistrationDetails'),
    status: 200,
    async handle(call) {
      await refresh(call)
      return answerList(call, registrationDetails)
    },
  })
  api.add({
    method: 'GET',
    path: `${ROOT}/userRegistrationDetails/{id}`,
    action: 'reports.read',
    summary: 'Read whether one person can reset their password, and by what',
    context: 'reports/authenticationMethods/userRegistrationDetails/$entity',
    options: ['$select'],
    answer: rowAnswer(row, 'userRegistrationDetails'),
    status: 200,
    async handle(call) {
      await refresh(call)
      const id = (call.params.id ?? '').toLowerCase()
      const found =
        isUuid(id) &&
        (await inTenant(call.db, call.tenantId, trx =>
          readRow(trx, call, registrationDetails, { where: detailsOf(id) }),
        ))
      if (!found) throw refuse('not_found')
      return found
    },
  })
  addCount(api, 'usersRegisteredByFeature', FeatureCounts, countByFeature)
  addCount(api, 'usersRegisteredByMethod', MethodCounts, countByMethod)
}

/** A function of Graph's, with or without its arguments. */
function addCount(
  api: Api,
  name: string,
  answer: TSchema,
  count: (trx: Trx, counted: Counted) => Promise<Record<string, unknown>>,
) {
  for (const path of [`${ROOT}/${name}`, `${ROOT}/${name}({arguments})`])
    api.add({
      method: 'GET',
      path,
      action: 'reports.read',
      summary: 'Count registrations',
      context: `reports/authenticationMethods/${name}`,
      answer,
      status: 200,
      async handle(call) {
        const counted = readCounted(call.params.arguments ?? '')
        await refresh(call)
        return { json: await inTenant(call.db, call.tenantId, trx => count(trx, counted)) }
      },
    })
}
