import { Type } from 'typebox'
import type { Api } from '../api/index.ts'
import { PASSWORD_METHOD } from '../methods/index.ts'
import { inTenant } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { findReset, resetPassword } from './passwords.ts'
import { getUserAsked } from './userAsked.ts'

const Reset = Type.Object(
  {
    newPassword: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    callerCheckId: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
)

const Operation = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    createdDateTime: Type.String({ format: 'date-time' }),
    lastActionDateTime: Type.String({ format: 'date-time' }),
    status: Type.Enum(['succeeded']),
    statusDetail: Type.Null(),
    resourceLocation: Type.String(),
  },
  { title: 'longRunningOperation' },
)

/** Passwords that administrators reset (administration on the wire, §2.2). */
export function passwordsApi(api: Api) {
  api.add({
    method: 'POST',
    path: `/users/{id}/authentication/methods/${PASSWORD_METHOD}/resetPassword`,
    action: 'passwords.reset',
    summary: 'Give a user a temporary password, which they change at the next sign-in',
    body: Reset,
    context: 'microsoft.graph.passwordResetResponse',
    answer: Type.Object({ newPassword: Type.Optional(Type.String()) }, { title: 'passwordResetResponse' }),
    isCredential: true,
    status: 202,
    async handle(call) {
      const { db, act, tenantId, services, body } = call
      const { id } = await inTenant(db, tenantId, trx => getUserAsked(trx, call))
      const { newPassword } = body
      const { password, isOnTheirPage } = await resetPassword(db, act, services.passwordChecks, {
        ...body,
        tenantId,
        id,
      })
      return {
        // What the caller has typed is not said again, nor what the user’s own page shows.
        json: newPassword === undefined && !isOnTheirPage ? { newPassword: password } : {},
        location: `/users/${id}/authentication/operations/${act.trail.correlationId}`,
        headers: { 'retry-after': '1' },
      }
    },
  })
  api.add({
    method: 'GET',
    path: '/users/{id}/authentication/operations/{operationId}',
    action: 'passwords.reset',
    summary: 'Read what became of a reset of yours, for a day',
    context: 'microsoft.graph.longRunningOperation',
    answer: Operation,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, params, base } = call
      const requestId = params.operationId ?? ''
      const { user, at } = await inTenant(db, tenantId, async trx => {
        const user = await getUserAsked(trx, call)
        return { user, at: await findReset(trx, act, { requestId, userId: user.id }) }
      })
      if (!at) throw refuseMissing('not_found')
      const path = `/users/${user.id}/authentication/methods/${PASSWORD_METHOD}`
      return {
        json: {
          id: requestId,
          createdDateTime: at.toISOString(),
          lastActionDateTime: at.toISOString(),
          status: 'succeeded',
          statusDetail: null,
          resourceLocation: base + path,
        },
      }
    },
  })
}
