import { Type } from 'typebox'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { mailboxKinds, sendResetLink } from './resetLink.ts'
import { getUserAsked } from './userAsked.ts'

/** Links by which people begin a reset themselves. */
export function resetLinkApi(api: Api) {
  api.add({
    method: 'POST',
    path: '/users/{id}/authentication/resetLink',
    action: 'passwords.reset',
    summary: 'Mail a user a link that begins a reset of their password',
    body: Type.Object({ kind: Type.Enum([...mailboxKinds]) }, { additionalProperties: false }),
    status: 202,
    async handle(call) {
      const { db, act, tenantId, body } = call
      await inTenant(db, tenantId, async trx => {
        const { id } = await getUserAsked(trx, call)
        await sendResetLink(trx, act, { id, kind: body.kind })
      })
      return { status: 202 }
    },
  })
}
