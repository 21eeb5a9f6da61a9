import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { type CallerCheck, callerMeans, callOutcomes } from '../callers/index.ts'
import { inTenant } from '../store/index.ts'
import { chooseLanguage } from '../words/index.ts'
import { checkCaller, endCall, getCallerCheck } from './callerChecks.ts'
import { refuseMissing } from './errors.ts'
import { mailboxKinds } from './resetLink.ts'
import { getUserAsked } from './userAsked.ts'

const Check = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    means: Type.Enum([...callerMeans]),
    words: Type.Union([Type.String(), Type.Null()]),
    state: Type.Enum(['pending', 'approved', 'denied', 'expired']),
    outcome: Type.Union([Type.Enum([...callOutcomes]), Type.Null()]),
    createdDateTime: Type.String({ format: 'date-time' }),
    expiresDateTime: Type.String({ format: 'date-time' }),
  },
  { title: 'callerCheck' },
)

const LIST = '/users/{id}/callerChecks'

/** How a help desk finds out that a caller is the person of the account. */
export function callerChecksApi(api: Api) {
  api.add({
    method: 'POST',
    path: LIST,
    action: 'passwords.reset',
    summary: 'Check that a caller is the user: by a link that asks them, by calling back, or in person',
    body: Type.Object(
      { means: Type.Enum([...callerMeans]), kind: Type.Optional(Type.Enum([...mailboxKinds])) },
      { additionalProperties: false },
    ),
    context: "users('{id}')/callerChecks/$entity",
    answer: Check,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, services, body } = call
      const wordsFor = (language: string) =>
        services.words
          .in(chooseLanguage([language]))
          .t('callers.words')
          .split(' ')
      return inTenant(db, tenantId, async trx => {
        const { id } = await getUserAsked(trx, call)
        const check = await checkCaller(trx, act, { ...body, id, wordsFor })
        return { json: viewOf(check), location: `/users/${id}/callerChecks/${check.id}` }
      })
    },
  })
  api.add({
    method: 'GET',
    path: `${LIST}/{callerCheckId}`,
    action: 'passwords.reset',
    summary: 'Read a check of yours',
    context: "users('{id}')/callerChecks/$entity",
    answer: Check,
    status: 200,
    handle: async call => ({ json: viewOf(await checkOf(call)) }),
  })
  api.add({
    method: 'PATCH',
    path: `${LIST}/{callerCheckId}`,
    action: 'passwords.reset',
    summary: 'End a call, with what came of it',
    body: Type.Object({ outcome: Type.Enum([...callOutcomes]) }, { additionalProperties: false }),
    status: 204,
    async handle(call) {
      const { id } = await checkOf(call)
      await inTenant(call.db, call.tenantId, trx => endCall(trx, call.act, { id, outcome: call.body.outcome }))
      return {}
    },
  })
}

/** The check of the address, which is of this user. */
const checkOf = (call: Call): Promise<CallerCheck> =>
  inTenant(call.db, call.tenantId, async trx => {
    const user = await getUserAsked(trx, call)
    const check = await getCallerCheck(trx, call.act, call.params.callerCheckId?.toLowerCase() ?? '')
    if (check.userId !== user.id) throw refuseMissing('not_found')
    return check
  })

const viewOf = ({ id, means, spoken, state, outcome, createdAt, expiresAt }: CallerCheck) => ({
  ...{ id, means, words: spoken, state, outcome },
  createdDateTime: createdAt.toISOString(),
  expiresDateTime: expiresAt.toISOString(),
})
