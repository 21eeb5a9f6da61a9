import { Type } from 'typebox'
import { type Api, answerList, type Call, LIST_OPTIONS, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { customerEntity, customerIs, readOwnAuthority, tagCustomer } from './customers.ts'
import { endResale } from './ending.ts'
import { refuseMissing } from './errors.ts'
import { idOf } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const when = Type.String({ format: 'date-time' })
const entitySchema = rowSchema(customerEntity('00000000-0000-4000-8000-000000000000', new Date(0)))
const Customer = rowAnswer(entitySchema, 'partnerCustomer')
const Access = Type.Object(
  {
    roles: Type.Array(Type.Object({ roleDefinitionId: Type.String() })),
    via: Type.Union([Type.Enum(['gdap', 'dap']), Type.Null()]),
    relationshipIds: Type.Array(Type.String()),
    until: Type.Union([when, Type.Null()]),
  },
  { title: 'partnerCustomerAccess' },
)

/** The companies that a partner acts for (partners on the wire, §2.3). */
export function customersApi(api: Api) {
  const path = '/partner/customers'
  const one = `${path}/{customerTenantId}`
  api.add({
    method: 'GET',
    path,
    action: 'partner.customers.read',
    summary: 'List the companies that your firm sells to, or may act for now',
    context: 'partner/customers',
    answer: listAnswer(entitySchema, 'partnerCustomers'),
    status: 200,
    options: LIST_OPTIONS,
    handle: call => answerList(call, customerEntity(call.tenantId, call.act.now)),
  })
  api.add({
    method: 'GET',
    path: one,
    action: 'partner.customers.read',
    summary: 'Read a customer',
    context: 'partner/customers/$entity',
    answer: Customer,
    status: 200,
    options: ['$select'],
    handle: answerCustomer,
  })
  api.add({
    method: 'PATCH',
    path: one,
    action: 'partner.customers.write',
    summary: 'Change your firm’s own words for a customer',
    body: Type.Object(
      { tags: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 }) },
      { additionalProperties: false },
    ),
    context: 'partner/customers/$entity',
    answer: Customer,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, body } = call
      await inTenant(db, tenantId, trx => tagCustomer(trx, act, { id: customerOf(call), tags: body.tags }))
      return answerCustomer(call)
    },
  })
  api.add({
    method: 'DELETE',
    path: one,
    action: 'partner.customers.end',
    summary: 'Sell to a customer no more; its delegated administration ends too, relationships stay',
    status: 204,
    async handle(call) {
      await endResale(call.db, call.act, { partnerId: call.tenantId, customerId: customerOf(call) })
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: '/partner/customers/{customerTenantId}/access',
    action: 'self.read',
    delegated: true,
    summary: 'Tell what you may do for a customer now, and by what',
    answer: Access,
    status: 200,
    async handle(call) {
      const { db, act, tenantId } = call
      const customerId = customerOf(call)
      const authority = await readOwnAuthority(db, act, { homeId: tenantId, customerId })
      return {
        json: {
          roles: unifiedRoles(authority?.roles ?? []),
          via: authority?.via ?? null,
          relationshipIds: (authority?.relationshipIds ?? []).map(id => idOf(id, tenantId)),
          until: authority?.until.toISOString() ?? null,
        },
      }
    },
  })
}

/** The customer that a path names. Throws `not_found`. */
function customerOf({ params }: Call<unknown>): string {
  const id = params.customerTenantId!.toLowerCase()
  if (!isUuid(id)) throw refuseMissing('not_found')
  return id
}

async function answerCustomer(call: Call<unknown>) {
  const entity = customerEntity(call.tenantId, call.act.now)
  const where = customerIs(customerOf(call))
  const answer = await inTenant(call.db, call.tenantId, trx => readRow(trx, call as Call, entity, { where }))
  if (!answer) throw refuseMissing('not_found')
  return answer
}
