import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { inTenant } from '../store/index.ts'
import { changeDap, type Delegation, endDap, listDelegations } from './delegations.ts'
import { endPartnership } from './ending.ts'
import { refuse, refuseMissing } from './errors.ts'
import {
  getInvitation,
  type Invitation,
  invitationPath,
  listInvitations,
  makeInvitation,
  revokeInvitation,
} from './invitations.ts'
import { getPartnership, listPartnerships, type Partnership } from './partnerships.ts'

const closed = { additionalProperties: false }
const when = Type.String({ format: 'date-time' })
const maybe = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()])
const Kind = Type.Enum(['reseller', 'partnership', 'both'])

const InvitationAnswer = Type.Object(
  {
    id: Type.String(),
    kind: Kind,
    dap: Type.Boolean(),
    resellerTenantId: maybe(Type.String()),
    status: Type.Enum(['open', 'accepted', 'declined', 'revoked', 'lapsed']),
    createdDateTime: when,
    expirationDateTime: when,
    customerTenantId: maybe(Type.String()),
    url: Type.Optional(Type.String()),
  },
  { title: 'partnerInvitation' },
)
const PartnershipAnswer = Type.Object(
  {
    id: Type.String(),
    displayName: Type.String(),
    domain: Type.String(),
    role: Type.Enum(['provider', 'reseller']),
    sinceDateTime: when,
  },
  { title: 'partnership' },
)
const DelegationAnswer = Type.Object(
  {
    customerTenantId: Type.String(),
    organizationDisplayName: Type.String(),
    partnerAgentCount: Type.Integer(),
    partnerSignInCount: Type.Integer(),
    globalAdminSignInCount: Type.Integer(),
    dapEnabled: Type.Boolean(),
    startDateTime: when,
    endDateTime: when,
    lastSignInDateTime: maybe(when),
    asleep: Type.Boolean(),
  },
  { title: 'delegation' },
)

/** The other tenant that a path names. Throws `not_found`. */
function otherOf({ params }: Call<unknown>, name: string): string {
  const id = params[name]!.toLowerCase()
  if (!isUuid(id)) throw refuseMissing('not_found')
  return id
}

/** How a partner finds customers and resellers, and what it sees of delegations (partners on the wire, §2.3). */
export function invitationsApi(api: Api) {
  declareInvitations(api)
  declarePartnerships(api)
  declareDelegations(api)
}

function declareInvitations(api: Api) {
  const path = '/partner/invitations'
  api.add({
    method: 'GET',
    path,
    action: 'partner.customers.read',
    summary: 'List your firm’s invitations',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(InvitationAnswer) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      return {
        json: { value: (await inTenant(db, tenantId, trx => listInvitations(trx, act.now))).map(invitationView) },
      }
    },
  })
  api.add({
    method: 'POST',
    path,
    action: ['partner.invite', 'partner.invitePartner'],
    summary: 'Invite a company to buy from you, or to be your reseller; its address is told once',
    body: Type.Object(
      {
        kind: Kind,
        dap: Type.Optional(Type.Boolean()),
        resellerTenantId: Type.Optional(Type.String({ maxLength: 64 })),
      },
      closed,
    ),
    readOnly: ['id', 'status', 'createdDateTime', 'expirationDateTime', 'customerTenantId', 'url'],
    context: `${path.slice(1)}/$entity`,
    answer: InvitationAnswer,
    status: 201,
    async handle({ db, act, tenantId, body, services }) {
      const asked = { kind: body.kind, dap: body.dap ?? false, resellerId: body.resellerTenantId }
      const { id, token, made } = await inTenant(db, tenantId, async trx => {
        const { id, token } = await makeInvitation(trx, act, asked)
        return { id, token, made: await getInvitation(trx, act.now, id) }
      })
      const url = `${services.origin}${invitationPath(id, tenantId, token)}`
      return { json: { ...invitationView(made), url }, location: `${path}/${id}` }
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/{id}`,
    action: 'partner.customers.read',
    summary: 'Read an invitation',
    context: `${path.slice(1)}/$entity`,
    answer: InvitationAnswer,
    status: 200,
    async handle({ db, act, tenantId, params }) {
      return { json: invitationView(await inTenant(db, tenantId, trx => getInvitation(trx, act.now, params.id!))) }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{id}`,
    action: ['partner.invite', 'partner.invitePartner'],
    summary: 'Take an invitation back that nobody has answered',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => revokeInvitation(trx, act, params.id!))
      return {}
    },
  })
}

const invitationView = ({ id, kind, dap, resellerId, status, createdAt, expiresAt, customerId }: Invitation) => ({
  ...{ id, kind, dap, status, resellerTenantId: resellerId, customerTenantId: customerId },
  createdDateTime: createdAt.toISOString(),
  expirationDateTime: expiresAt.toISOString(),
})

function declarePartnerships(api: Api) {
  const path = '/partner/partnerships'
  api.add({
    method: 'GET',
    path,
    action: 'partner.customers.read',
    summary: 'List your firm’s resellers, or its providers',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(PartnershipAnswer) }),
    status: 200,
    async handle({ db, tenantId }) {
      return { json: { value: (await listPartnerships(db, tenantId)).map(partnershipView) } }
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/{id}`,
    action: 'partner.customers.read',
    summary: 'Read a partnership, by the other firm’s tenant',
    context: `${path.slice(1)}/$entity`,
    answer: PartnershipAnswer,
    status: 200,
    async handle(call) {
      return { json: partnershipView(await getPartnership(call.db, call.tenantId, otherOf(call, 'id'))) }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{id}`,
    action: 'partner.partnerships.write',
    summary: 'End a partnership; customers, and what they approved, stay',
    status: 204,
    async handle(call) {
      const { db, act, tenantId } = call
      const { id, role } = await getPartnership(db, tenantId, otherOf(call, 'id'))
      await endPartnership(
        db,
        act,
        role === 'reseller'
          ? { providerId: tenantId, resellerId: id, by: 'provider' }
          : { providerId: id, resellerId: tenantId, by: 'reseller' },
      )
      return {}
    },
  })
}

const partnershipView = ({ since, ...rest }: Partnership) => ({ ...rest, sinceDateTime: since.toISOString() })

function declareDelegations(api: Api) {
  const path = '/partner/delegations'
  api.add({
    method: 'GET',
    path,
    action: 'partner.relationships.read',
    summary: 'List the delegated administration that customers have given your firm, with its use',
    context: path.slice(1),
    answer: Type.Object({ value: Type.Array(DelegationAnswer) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      return { json: { value: (await listDelegations(db, act, tenantId)).map(delegationView) } }
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/{customerTenantId}`,
    action: 'partner.relationships.read',
    summary: 'Read the delegated administration of a customer',
    context: `${path.slice(1)}/$entity`,
    answer: DelegationAnswer,
    status: 200,
    async handle(call) {
      const { db, act, tenantId } = call
      const [found] = await listDelegations(db, act, tenantId, otherOf(call, 'customerTenantId'))
      if (!found) throw refuseMissing('not_found')
      return { json: delegationView(found) }
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{customerTenantId}`,
    action: 'partner.relationships.write',
    summary: 'Give the delegated administration of a customer back at once',
    status: 204,
    async handle(call) {
      const pair = { partnerId: call.tenantId, customerId: otherOf(call, 'customerTenantId') }
      await endDap(call.db, call.act, { ...pair, by: 'partner' })
      return {}
    },
  })
  api.add({
    method: 'PATCH',
    path: '/tenantRelationships/dap/{partnerTenantId}',
    action: 'partners.decide',
    summary: 'Let a partner’s delegated administration end earlier, or wake it',
    body: Type.Object({ endDateTime: Type.Optional(when), awake: Type.Optional(Type.Literal(true)) }, closed),
    status: 204,
    async handle(call) {
      const { db, act, tenantId, body } = call
      const endsAt = body.endDateTime === undefined ? undefined : new Date(body.endDateTime)
      if (endsAt && !(endsAt > act.now)) throw refuse('property_invalid', { field: 'endDateTime' })
      const partnerId = otherOf(call, 'partnerTenantId')
      await changeDap(db, act, { partnerId, customerId: tenantId, endsAt, awake: body.awake })
      return {}
    },
  })
  api.add({
    method: 'DELETE',
    path: '/tenantRelationships/dap/{partnerTenantId}',
    action: 'partners.decide',
    summary: 'End a partner’s delegated administration at once',
    status: 204,
    async handle(call) {
      const pair = { partnerId: otherOf(call, 'partnerTenantId'), customerId: call.tenantId }
      await endDap(call.db, call.act, { ...pair, by: 'customer' })
      return {}
    },
  })
}

const delegationView = (one: Delegation) => ({
  customerTenantId: one.customerId,
  organizationDisplayName: one.displayName,
  partnerAgentCount: one.agents,
  partnerSignInCount: one.people,
  globalAdminSignInCount: one.adminAgents,
  dapEnabled: true,
  startDateTime: one.startsAt.toISOString(),
  endDateTime: one.endsAt.toISOString(),
  lastSignInDateTime: one.lastUsedAt?.toISOString() ?? null,
  asleep: one.asleep,
})
