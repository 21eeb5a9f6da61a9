import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import type { Pass } from '../passwords/index.ts'
import { PASS_MINUTES } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { givePass, readPass, takePass } from './passes.ts'
import { getUserAsked } from './userAsked.ts'

const NewPass = Type.Object(
  {
    startDateTime: Type.Optional(Type.String({ format: 'date-time' })),
    lifetimeInMinutes: Type.Optional(Type.Integer({ minimum: PASS_MINUTES.least, maximum: PASS_MINUTES.most })),
    isUsableOnce: Type.Optional(Type.Boolean()),
    callerCheckId: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
)

const LIST = 'temporaryAccessPassMethods'
const READ_ONLY = ['id', 'temporaryAccessPass', 'createdDateTime', 'isUsable', 'methodUsabilityReason'] as const

/** Access passes, which open sign-in in place of the password (administration on the wire, §2.2). */
export function passesApi(api: Api) {
  for (const root of ['/me', '/users/{id}'] as const) {
    const base = {
      method: 'GET',
      action: 'methods.read',
      ...(root === '/me' && { delegated: true as const }),
      status: 200,
    } as const
    const whose = root === '/me' ? 'your own account' : 'a user'
    const path = `${root}/authentication/${LIST}`
    api.add({
      ...base,
      path,
      summary: `List the access passes of ${whose}, one at most`,
      context: `${root.slice(1)}/authentication/${LIST}`,
      handle: async call => ({ json: { value: await viewsOf(call) } }),
    })
    api.add({
      ...base,
      path: `${path}/{passId}`,
      summary: `Read an access pass of ${whose}, without its letters`,
      context: `${root.slice(1)}/authentication/${LIST}/$entity`,
      async handle(call) {
        const found = (await viewsOf(call)).find(({ id }) => id === call.params.passId?.toLowerCase())
        if (!found) throw refuseMissing('not_found')
        return { json: found }
      },
    })
  }
  const path = `/users/{id}/authentication/${LIST}`
  api.add({
    method: 'POST',
    path,
    action: 'passes.issue',
    summary: 'Give a user an access pass, which opens sign-in in place of the password',
    body: NewPass,
    readOnly: READ_ONLY,
    context: `users('{id}')/authentication/${LIST}/$entity`,
    isCredential: true,
    status: 201,
    async handle({ db, act, tenantId, params, body }) {
      const { startDateTime, lifetimeInMinutes: minutes, isUsableOnce: once, callerCheckId } = body
      const startsAt = startDateTime === undefined ? undefined : new Date(startDateTime)
      return inTenant(db, tenantId, async trx => {
        const { id: userId } = await getUserAsked(trx, { params, act })
        const { pass, isOnTheirPage, given } = await givePass(trx, act, {
          userId,
          isNew: true,
          minutes,
          once,
          startsAt,
          callerCheckId,
        })
        return {
          json: { ...viewOf(given), temporaryAccessPass: isOnTheirPage ? null : pass },
          location: `/users/${userId}/authentication/${LIST}/${given.id}`,
        }
      })
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{passId}`,
    action: 'passes.issue',
    summary: 'Take an access pass of a user back',
    isCredential: true,
    status: 204,
    async handle(call) {
      const id = call.params.passId?.toLowerCase() ?? ''
      if (!isUuid(id)) throw refuseMissing('not_found')
      await inTenant(call.db, call.tenantId, async trx => {
        const { id: userId } = await getUserAsked(trx, call)
        await takePass(trx, call.act, { userId, id })
      })
      return {}
    },
  })
}

function viewsOf(call: Call) {
  return inTenant(call.db, call.tenantId, async trx => {
    const pass = await readPass(trx, call.act, await getUserAsked(trx, call))
    return pass ? [viewOf(pass)] : []
  })
}

/** A pass without its letters, which only the answer that made it has. */
const viewOf = ({ id, createdAt, startsAt, minutes, once, use }: Pass) => ({
  id,
  temporaryAccessPass: null,
  createdDateTime: createdAt.toISOString(),
  startDateTime: startsAt.toISOString(),
  lifetimeInMinutes: minutes,
  isUsableOnce: once,
  isUsable: use === 'usable',
  methodUsabilityReason: use === 'usable' ? 'enabledByPolicy' : use,
})
