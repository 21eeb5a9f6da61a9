import { Type } from 'typebox'
import type { Role } from '../access/index.ts'
import { type Api, inOwn } from '../api/index.ts'
import { getTenant } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { supportKinds } from './contacts.ts'
import { findSupport } from './find.ts'
import { keepContacts, readKeptContacts } from './keeping.ts'
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

const closed = { additionalProperties: false } as const
const Zone = Type.String()
const Phone = Type.Object(
  {
    number: Type.String(),
    tollFree: Type.Optional(Type.Boolean()),
    from: Type.Optional(Type.Enum(['country', 'anywhere'])),
  },
  closed,
)
const described = {
  id: Type.String(),
  countries: Type.Array(Type.String()),
  kinds: Type.Array(Type.Union(supportKinds.map(kind => Type.Literal(kind)))),
  audience: Type.Optional(Type.String()),
  languages: Type.Array(Type.String()),
  links: Type.Optional(Type.Array(Type.Object({ kind: Type.Enum(['chat', 'form', 'mail']), href: Type.String() }))),
  zone: Zone,
  hours,
  closed: Type.Optional(Type.Array(Type.String())),
  notes: Type.Optional(Type.Record(Type.String(), Type.String())),
}

const Answer = Type.Object({
  value: Type.Array(
    Type.Object({
      contact: Type.Object({
        ...described,
        phones: Type.Optional(Type.Array(Type.Object({ ...Phone.properties, href: Type.String() }))),
        inReaderZone: Type.Object({ zone: Zone, hours }),
      }),
      language: Type.String(),
      open: Type.Boolean(),
      changesAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      openIn: Type.Array(Type.String()),
    }),
  ),
})

const file = {
  version: Type.Literal(1),
  contacts: Type.Array(
    Type.Object({ ...described, phones: Type.Optional(Type.Array(Phone)) }, { title: 'supportContact' }),
    { maxItems: 1_000 },
  ),
}
/** What an import judges itself, to name the place of each fault. */
const Loose = Type.Object(
  { version: Type.Literal(1), contacts: Type.Array(Type.Object({}), { maxItems: 1_000 }) },
  closed,
)
const OWN = '/organization/{id}/supportContacts'

/** The contacts for a caller, the best first, as `/support` shows them; and a company's own, as its administrators keep them. */
export function supportApi(api: Api) {
  api.add({
    ...{ method: 'GET', path: OWN, action: 'organization.read', context: 'supportContacts/$entity', status: 200 },
    summary: 'Read the organization’s own support contacts, as an import has them',
    answer: Type.Object({ '@odata.etag': Type.String(), ...file }),
    handle: call =>
      inOwn(call, async trx => {
        const { contacts, version } = await readKeptContacts(trx, call.act)
        const etag = `W/"${version}"`
        return { json: { '@odata.etag': etag, version: 1, contacts }, etag }
      }),
  })
  api.add({
    ...{ method: 'PUT', path: OWN, action: 'organization.write', status: 204 },
    summary: 'Put these in the place of all support contacts of the organization, all or nothing',
    body: Type.Object(file, closed),
    judged: Loose,
    handle: call =>
      inOwn(call, async trx => {
        await keepContacts(trx, call.act, { file: call.body, ifMatch: call.headers['if-match'] })
        return {}
      }),
  })
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
