import { Type } from 'typebox'
import { everyAction, mayAny } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { findAuthority } from './authority.ts'
import { refuseMissing } from './errors.ts'
import { namesOf } from './names.ts'
import { listRelationships } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const Company = Type.Object({ id: Type.String(), displayName: Type.String() })
const Acting = Type.Object(
  {
    customer: Company,
    home: Company,
    via: Type.Enum(['gdap', 'dap']),
    roles: Type.Array(Type.Object({ roleDefinitionId: Type.String() })),
    relationships: Type.Array(Type.String()),
    until: Type.String({ format: 'date-time' }),
    actions: Type.Array(Type.String()),
  },
  { title: 'delegatedAccess' },
)

/** What a partner's person is in the customer's tenant where they act. They have no account there, and so no `/me`. */
export const actingApi = (api: Api) =>
  api.add({
    method: 'GET',
    path: '/delegatedAccess',
    action: 'self.read',
    delegated: true,
    ofPartners: true,
    summary: 'Tell a partner’s person by what they act in this organization, until when, and what it opens',
    answer: Acting,
    status: 200,
    async handle({ db, act, tenantId }) {
      const { actor, now } = act
      if (actor.kind !== 'partner') throw refuseMissing('not_found')
      const { home, id: userId } = actor
      const authority = await findAuthority(db, now, { homeId: home.tenantId, userId, customerId: tenantId })
      if (!authority) throw refuseMissing('not_found')
      const { displayName, relationships } = await inTenant(db, tenantId, async trx => ({
        displayName: (await namesOf(trx)).displayName,
        relationships: (await listRelationships(trx, 'customer', now)).filter(one =>
          authority.relationshipIds.includes(one.id),
        ),
      }))
      return {
        json: {
          customer: { id: tenantId, displayName },
          home: { id: home.tenantId, displayName: home.name },
          via: authority.via,
          roles: unifiedRoles(authority.roles),
          relationships: relationships.map(one => one.displayName),
          until: authority.until.toISOString(),
          actions: everyAction.filter(action => mayAny(actor, action).allowed),
        },
      }
    },
  })
