import { Type } from 'typebox'
import type { Api } from '../api/index.ts'
import { listCustomers, readOwnAuthority } from './customers.ts'
import { idOf } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const when = Type.String({ format: 'date-time' })
const Customer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    displayName: Type.String(),
    domain: Type.String(),
    access: Type.Object({ gdap: Type.Boolean(), dap: Type.Boolean(), until: when }),
  },
  { title: 'partnerCustomer' },
)
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
  api.add({
    method: 'GET',
    path: '/partner/customers',
    action: 'partner.customers.read',
    summary: 'List the companies that your firm may act for now, and until when',
    context: 'partner/customers',
    answer: Type.Object({ value: Type.Array(Customer) }),
    status: 200,
    async handle({ db, act, tenantId }) {
      const value = (await listCustomers(db, act, tenantId)).map(({ access, ...customer }) => ({
        ...customer,
        access: { ...access, until: access.until.toISOString() },
      }))
      return { json: { value } }
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
    async handle({ db, act, tenantId, params }) {
      const customerId = params.customerTenantId!.toLowerCase()
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
