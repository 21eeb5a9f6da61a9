import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { inTenant } from '../store/index.ts'
import { endAllWith } from './ending.ts'
import { refuse, refuseMissing } from './errors.ts'
import { approveRequest, reduceRelationship, rejectRequest, terminate } from './grants.ts'
import { getPartnerOf, listPartnersOf, type PartnerOf } from './partnersOf.ts'
import {
  AccessDetails,
  nameOfTenant,
  RelationshipAnswer,
  relationshipProperties,
  relationshipView,
} from './relationshipsApi.ts'
import { findRelationship, listRelationships, readId } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const closed = { additionalProperties: false }
const text = (length: number) => Type.String({ maxLength: length })
const when = Type.String({ format: 'date-time' })
const roles = AccessDetails.properties.unifiedRoles

const PartnerAnswer = Type.Object(
  {
    id: Type.String(),
    displayName: Type.String(),
    partnerId: Type.Union([Type.String(), Type.Null()]),
    domains: Type.Array(Type.String()),
    types: Type.Array(Type.String()),
    relationships: Type.Array(RelationshipAnswer),
    dap: Type.Union([Type.Object({ endDateTime: when, asleep: Type.Boolean() }), Type.Null()]),
    people: Type.Array(
      Type.Object({
        displayName: Type.String(),
        userPrincipalName: Type.String(),
        roles,
        lastUsedDateTime: Type.Union([when, Type.Null()]),
      }),
    ),
  },
  { title: 'partner' },
)

const RequestAnswer = Type.Object(
  {
    '@odata.etag': Type.String(),
    ...relationshipProperties,
    partner: Type.Object({ id: Type.String(), displayName: Type.String() }),
  },
  { title: 'partnerRequest' },
)

/** What a customer decides about its partners (partners on the wire, §2.2). */
export function decisionsApi(api: Api) {
  declarePartners(api)
  declareRequests(api)
  declareRelationships(api)
}

function declarePartners(api: Api) {
  const path = '/tenantRelationships/partners'
  api.add({
    method: 'GET',
    path,
    action: 'partners.read',
    summary: 'List your partners, with everybody who may act for them in your organization now',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(PartnerAnswer) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      return { json: { value: (await listPartnersOf(db, act, tenantId)).map(partnerView) } }
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/{partnerTenantId}`,
    action: 'partners.read',
    summary: 'Read a partner of yours',
    context: `${path.slice(1)}/$entity`,
    answer: PartnerAnswer,
    status: 200,
    async handle({ db, act, tenantId, params }) {
      return { json: partnerView(await getPartnerOf(db, act, tenantId, params.partnerTenantId!)) }
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/{partnerTenantId}/end`,
    action: 'partners.decide',
    takesNone: true,
    summary: 'End everything with a partner at once',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      const partnerId = params.partnerTenantId!.toLowerCase()
      if (!isUuid(partnerId)) throw refuseMissing('not_found')
      await endAllWith(db, act, { customerId: tenantId, partnerId })
      return {}
    },
  })
}

const partnerView = ({ relationships, dap, people, ...partner }: PartnerOf) => ({
  ...partner,
  relationships: relationships.map(relationshipView),
  dap: dap && { endDateTime: dap.endsAt.toISOString(), asleep: dap.asleep },
  people: people.map(({ displayName, userPrincipalName, roles: held, lastUsedAt }) => ({
    ...{ displayName, userPrincipalName, roles: unifiedRoles(held) },
    lastUsedDateTime: lastUsedAt?.toISOString() ?? null,
  })),
})

function declareRequests(api: Api) {
  const path = '/tenantRelationships/partnerRequests'
  const shape = { method: 'GET', action: 'partners.read', status: 200 } as const
  const view = async (call: Call, one: Parameters<typeof relationshipView>[0]) => ({
    ...relationshipView(one),
    partner: { id: one.partnerId, displayName: await nameOfTenant(call, one.partnerId) },
  })
  api.add({
    ...shape,
    path,
    summary: 'List what partners ask of your organization',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(RequestAnswer) }),
    async handle(call) {
      const all = await inTenant(call.db, call.tenantId, trx => listRelationships(trx, 'customer', call.act.now))
      const value = []
      for (const one of all.filter(({ status }) => status === 'approvalPending')) value.push(await view(call, one))
      return { json: { value } }
    },
  })
  api.add({
    ...shape,
    path: `${path}/{id}`,
    summary: 'Read what a partner asks of your organization',
    context: `${path.slice(1)}/$entity`,
    answer: RequestAnswer,
    async handle(call) {
      const { id, partnerId } = readId(call.params.id!)
      const one = await inTenant(call.db, call.tenantId, trx =>
        findRelationship(trx, 'customer', { id, now: call.act.now }),
      )
      if (one?.partnerId !== partnerId || one.status !== 'approvalPending') throw refuseMissing('not_found')
      return { json: await view(call, one) }
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/{id}/approve`,
    action: 'partners.decide',
    summary:
      'Approve what a partner asks for, or less of it; without a named customer it takes the secret of its address',
    body: Type.Object(
      {
        unifiedRoles: Type.Optional(roles),
        duration: Type.Optional(text(32)),
        autoExtendDuration: Type.Optional(text(16)),
        token: Type.Optional(text(128)),
      },
      closed,
    ),
    context: 'tenantRelationships/partnerRelationships/$entity',
    answer: RelationshipAnswer,
    status: 200,
    async handle(call) {
      const { db, act, params, body } = call
      const { duration, autoExtendDuration: autoExtend, token } = body
      const roleIds = body.unifiedRoles?.map(one => one.roleDefinitionId)
      await approveRequest(db, act, { id: params.id!, roleIds, duration, autoExtend, token })
      return answerRelationship(call)
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/{id}/reject`,
    action: 'partners.decide',
    summary: 'Reject what a partner asks for',
    body: Type.Object({ token: Type.Optional(text(128)) }, closed),
    takesNone: true,
    status: 204,
    async handle({ db, act, params, body }) {
      await rejectRequest(db, act, { id: params.id!, token: body?.token })
      return {}
    },
  })
}

async function answerRelationship(call: Call<unknown>) {
  const { id } = readId(call.params.id!)
  const one = await inTenant(call.db, call.tenantId, trx =>
    findRelationship(trx, 'customer', { id, now: call.act.now }),
  )
  if (!one) throw refuseMissing('not_found')
  const json = relationshipView(one)
  return { json, etag: json['@odata.etag'] }
}

function declareRelationships(api: Api) {
  const path = '/tenantRelationships/partnerRelationships/{id}'
  api.add({
    method: 'PATCH',
    path,
    action: 'partners.decide',
    summary: 'Take roles or time from a relationship, or switch its extension',
    body: Type.Object(
      {
        unifiedRoles: Type.Optional(roles),
        endDateTime: Type.Optional(when),
        autoExtendDuration: Type.Optional(text(16)),
      },
      closed,
    ),
    context: 'tenantRelationships/partnerRelationships/$entity',
    answer: RelationshipAnswer,
    status: 200,
    async handle(call) {
      const { db, act, params, body } = call
      const endsAt = body.endDateTime === undefined ? undefined : new Date(body.endDateTime)
      if (endsAt && !(endsAt > act.now)) throw refuse('property_invalid', { field: 'endDateTime' })
      const roleIds = body.unifiedRoles?.map(one => one.roleDefinitionId)
      await reduceRelationship(db, act, {
        ...{ id: params.id!, by: 'customer', roleIds, endsAt, autoExtend: body.autoExtendDuration },
      })
      return answerRelationship(call)
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/terminate`,
    action: 'partners.decide',
    takesNone: true,
    summary: 'End a relationship at once',
    status: 204,
    async handle({ db, act, params }) {
      await terminate(db, act, { id: params.id!, by: 'customer' })
      return {}
    },
  })
}
