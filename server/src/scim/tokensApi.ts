import { Type } from 'typebox'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { addToken, getToken, listTokens, removeToken, type ScimToken } from './tokens.ts'

const Moment = Type.String({ format: 'date-time' })
const Token = {
  id: Type.String({ format: 'uuid' }),
  displayName: Type.Union([Type.String(), Type.Null()]),
  createdDateTime: Moment,
  expiresDateTime: Moment,
  lastUsedDateTime: Type.Union([Moment, Type.Null()]),
}
const PATH = '/servicePrincipals/{id}/scimTokens'

/** Tokens by which programs provision users and groups (administration on the wire, §2.10). */
export function scimTokensApi(api: Api) {
  api.add({
    method: 'GET',
    path: PATH,
    action: 'provisioning.write',
    summary: 'List the SCIM tokens of a service principal',
    answer: Type.Object({ value: Type.Array(Type.Object(Token)) }),
    status: 200,
    async handle({ db, act, tenantId, params }) {
      const tokens = await inTenant(db, tenantId, trx => listTokens(trx, act, params.id!))
      return { json: { value: tokens.map(toldOf) } }
    },
  })
  api.add({
    method: 'POST',
    path: PATH,
    action: 'provisioning.write',
    summary: 'Make a SCIM token, which is told this one time',
    body: Type.Object(
      {
        displayName: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()])),
        expiresDateTime: Type.Optional(Moment),
      },
      { additionalProperties: false },
    ),
    readOnly: ['id', 'token', 'createdDateTime', 'lastUsedDateTime'],
    answer: Type.Object({ ...Token, token: Type.String() }),
    status: 201,
    async handle({ db, act, tenantId, params, body }) {
      const { displayName = null, expiresDateTime } = body
      const expiresAt = expiresDateTime === undefined ? undefined : new Date(expiresDateTime)
      const { token, ...made } = await inTenant(db, tenantId, trx =>
        addToken(trx, act, params.id!, { displayName, expiresAt }),
      )
      return {
        json: { ...toldOf(made), token },
        location: `/servicePrincipals/${params.id}/scimTokens/${made.id}`,
      }
    },
  })
  api.add({
    method: 'GET',
    path: `${PATH}/{token}`,
    action: 'provisioning.write',
    summary: 'Read a SCIM token of a service principal',
    answer: Type.Object(Token),
    status: 200,
    async handle({ db, act, tenantId, params }) {
      const token = await inTenant(db, tenantId, trx => getToken(trx, act, params.id!, params.token!))
      return { json: toldOf(token) }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${PATH}/{token}`,
    action: 'provisioning.write',
    summary: 'Remove a SCIM token',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => removeToken(trx, act, params.id!, params.token!))
      return {}
    },
  })
}

const toldOf = ({ id, displayName, createdAt, expiresAt, lastUsedAt }: ScimToken) => ({
  id,
  displayName,
  createdDateTime: createdAt.toISOString(),
  expiresDateTime: expiresAt.toISOString(),
  lastUsedDateTime: lastUsedAt?.toISOString() ?? null,
})
