import { Type } from 'typebox'
import { templateIds } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { inviteFirstAgain, makeCustomer } from './customer.ts'
import { refuse } from './errors.ts'

const text = (length: number) => Type.String({ maxLength: length })
const closed = { additionalProperties: false }
const when = Type.String({ format: 'date-time' })
const Administrator = Type.Object({ givenName: text(64), surname: text(64), userName: text(64) }, closed)

const Made = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    displayName: Type.String(),
    domain: Type.String(),
    invitationExpirationDateTime: when,
    request: Type.Object({ id: Type.String(), approvalUrl: Type.String() }),
  },
  { title: 'madeCustomer' },
)

/** A company that a partner makes (partners on the wire, §2.3). */
export function customerApi(api: Api) {
  const path = '/partner/customers'
  api.add({
    method: 'POST',
    path,
    action: 'partner.customers.create',
    summary: 'Make a customer, whose first administrator is invited by mail and decides on what you ask for',
    body: Type.Object(
      {
        ...{ displayName: text(256), label: text(64), country: text(2), mail: text(254) },
        administrator: Administrator,
        resellerTenantId: Type.Optional(text(64)),
        request: Type.Optional(
          Type.Object(
            {
              unifiedRoles: Type.Array(Type.Object({ roleDefinitionId: text(64) }, closed), { maxItems: 100 }),
              duration: text(32),
            },
            closed,
          ),
        ),
      },
      closed,
    ),
    readOnly: ['id', 'domain'],
    context: 'partner/customers/$entity',
    answer: Made,
    status: 201,
    async handle({ db, act, tenantId, body, services }) {
      const { resellerTenantId, request, ...asked } = body
      const of = { homeId: tenantId, suffix: services.tenantSuffix, templateIds }
      const made = await makeCustomer(db, act, of, {
        ...asked,
        resellerId: resellerTenantId?.toLowerCase(),
        request: request && {
          roleIds: request.unifiedRoles.map(one => one.roleDefinitionId),
          duration: request.duration,
        },
      })
      return {
        json: {
          ...{ id: made.id, displayName: body.displayName.trim(), domain: made.domain },
          invitationExpirationDateTime: made.invitationExpiresAt.toISOString(),
          request: {
            id: made.request.id,
            approvalUrl: `${services.origin}/partner-requests/${made.request.id}?token=${made.request.token}`,
          },
        },
        location: `${path}/${made.id}`,
      }
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/{customerTenantId}/administratorInvitation`,
    action: 'partner.customers.create',
    summary: 'Mail the first administrator of a customer that you made a new link, while nobody has joined',
    body: Type.Object({ mail: text(254), administrator: Administrator }, closed),
    answer: Type.Object({ invitationExpirationDateTime: when }),
    status: 200,
    async handle({ db, act, tenantId, params, body }) {
      const customerId = params.customerTenantId!.toLowerCase()
      if (!isUuid(customerId)) throw refuse('not_found')
      const expiresAt = await inviteFirstAgain(db, act, { homeId: tenantId, customerId, ...body })
      return { json: { invitationExpirationDateTime: expiresAt.toISOString() } }
    },
  })
}
