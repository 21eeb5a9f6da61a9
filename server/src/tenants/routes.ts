import { Type } from 'typebox'
import { readSettings } from '../directory/index.ts'
import { type Journeys, type SignedInVisit, Some, Text } from '../http/index.ts'
import { isFresh } from '../sessions/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { getGlobalAdministrator } from './authority.ts'
import { refuse } from './errors.ts'
import { settingsPage } from './pages.tsx'
import { changeSettings } from './settings.ts'

/** The URLs of what a company's Global Administrators decide for all of it (work accounts on the wire, §1.6). */
export function tenantRoutes(journeys: Journeys) {
  const url = '/tenants/settings'
  journeys.route({
    method: 'GET',
    url,
    access: 'signed-in',
    handle: async visit => ({ json: await asGlobalAdministrator(visit, readSettings) }),
    page: async (visit, problem) => settingsPage(visit, await asGlobalAdministrator(visit, readSettings), problem),
  })

  journeys.route({
    method: 'POST',
    url,
    access: 'signed-in',
    flood: 'step',
    body: Some({
      emailVerifiedUsersMayJoin: Type.Optional(Type.Boolean()),
      publicCheck: Type.Optional(Type.Union([Type.Literal('shown'), Type.Literal('hidden')])),
      providerContact: Type.Optional(Type.Union([Text(320), Type.Null()])),
    }),
    // The form has every setting: where one is missing nothing is meant.
    fromForm: ({ emailVerifiedUsersMayJoin, publicCheck = '', providerContact, ...form }) => ({
      ...form,
      publicCheck,
      emailVerifiedUsersMayJoin: emailVerifiedUsersMayJoin === 'true',
      providerContact: providerContact === '' ? null : providerContact,
    }),
    async handle(visit, changes) {
      demandFresh(visit)
      const { user } = visit.session
      const settings = await inTenant(visit.db, user.tenantId, trx =>
        changeSettings(trx, visit.act, { userId: user.id, changes }),
      )
      return { json: settings, next: `${url}?saved` }
    },
    keeps: /^(emailVerifiedUsersMayJoin|publicCheck|providerContact)$/,
  })
}

/** Throws `proof_needed`. */
function demandFresh({ session, act }: SignedInVisit) {
  if (!isFresh(session.provedAt, act.now)) throw refuse('proof_needed')
}

/** Reads what Global Administrators alone may see. Throws `forbidden`. */
const asGlobalAdministrator = <T>({ db, session: { user } }: SignedInVisit, work: (trx: Trx) => Promise<T>) =>
  inTenant(db, user.tenantId, async trx => {
    await getGlobalAdministrator(trx, user.id)
    return work(trx)
  })
