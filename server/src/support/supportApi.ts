import { Type } from 'typebox'
import type { Role } from '../access/index.ts'
import type { Api } from '../api/index.ts'
import { getTenant } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { supportKinds } from './contacts.ts'
import { findSupport } from './find.ts'
import { offerJson } from './wire.ts'
import { readChoice } from './wish.ts'

const hours = Type.Union([
  Type.Literal('always'),
  Type.Array(
    Type.Object({
      days: Type.Array(Type.String()),
      from: Type.String(),
      to: Type.String(),
      languages: Type.Optional(Type.Array(Type.String())),
    }),
  ),
])

const Answer = Type.Object({
  value: Type.Array(
    Type.Object({
      contact: Type.Object({
        id: Type.String(),
        countries: Type.Array(Type.String()),
        kinds: Type.Array(Type.Union(supportKinds.map(kind => Type.Literal(kind)))),
        audience: Type.Optional(Type.String()),
        languages: Type.Array(Type.String()),
        phones: Type.Optional(
          Type.Array(
            Type.Object({
              number: Type.String(),
              href: Type.String(),
              tollFree: Type.Optional(Type.Boolean()),
              from: Type.Optional(Type.String()),
            }),
          ),
        ),
        links: Type.Optional(Type.Array(Type.Object({ kind: Type.String(), href: Type.String() }))),
        zone: Type.String(),
        hours,
        closed: Type.Optional(Type.Array(Type.String())),
        notes: Type.Optional(Type.Record(Type.String(), Type.String())),
        inReaderZone: Type.Object({ zone: Type.String(), hours }),
      }),
      language: Type.String(),
      open: Type.Boolean(),
      changesAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      openIn: Type.Array(Type.String()),
    }),
  ),
})

/** The contacts for a caller, the best first: what `/support` shows. */
export function supportApi(api: Api) {
  api.add({
    ...{
      method: 'GET',
      path: '/supportContacts',
      action: 'organization.read',
      context: 'supportContacts',
      status: 200,
    },
    summary: 'List whom to call or write to for help',
    answer: Answer,
    options: ['country', 'kind', 'language', 'zone'],
    async handle({ db, act, tenantId, query }) {
      const chosen = readChoice(Object.fromEntries(query))
      const tenant = await inTenant(db, tenantId, trx => getTenant(trx, tenantId))
      const { offers } = await findSupport(db, act.now, {
        ...{ tenantId, user: { roles: act.actor.roles as readonly Role[] }, kind: chosen.kind },
        country: chosen.country ?? tenant.country ?? undefined,
        language: chosen.language ?? tenant.preferredLanguage,
      })
      return { json: { value: offers.map(offer => offerJson(act.now, chosen.zone, offer)) } }
    },
  })
}
