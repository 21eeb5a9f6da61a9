import { Type } from 'typebox'
import { readSettings } from '../directory/index.ts'
import {
  Exactly,
  type Journeys,
  keepJourneyBrowser,
  readJourneyBrowser,
  type SignedInVisit,
  Some,
  Text,
  type Visit,
} from '../http/index.ts'
import { isFresh } from '../sessions/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { getGlobalAdministrator } from './authority.ts'
import { refuse } from './errors.ts'
import { getLinked, listLinked, makePrimary, readUses, unlink } from './links.ts'
import { linkPage, settingsPage, tenantsPage, usesPage } from './pages.tsx'
import { beginLink, confirmLink, getLinkRequest } from './requests.ts'
import { changeSettings } from './settings.ts'
import { linkView, usesView } from './wire.ts'

/** The URLs of what a company's Global Administrators decide for all of it (work accounts on the wire, §1.6). */
export function tenantRoutes(journeys: Journeys) {
  settingsRoutes(journeys)
  linkRoutes(journeys)
  journeys.route({
    method: 'GET',
    url: '/tenants',
    access: 'signed-in',
    handle: async ({ db, session }) => ({ json: { tenants: await listLinked(db, session.user) } }),
    page: async (visit, problem) => tenantsPage(visit, await listLinked(visit.db, visit.session.user), problem),
  })

  journeys.route({
    method: 'POST',
    url: '/tenants/:id/primary',
    access: 'signed-in',
    flood: 'step',
    async handle(visit) {
      demandFresh(visit)
      const { db, act, session } = visit
      await makePrimary(db, act, session.user, idOf(visit))
      return { json: { tenants: await listLinked(db, session.user) }, next: '/tenants?made' }
    },
    standsOn: () => '/tenants',
  })

  journeys.route({
    method: 'POST',
    url: '/tenants/:id/switch',
    access: 'signed-in',
    flood: 'step',
    async handle(visit) {
      // The name alone goes along: who they are there, they prove there.
      const { domain } = await getLinked(visit.db, visit.session.user, idOf(visit))
      const next = `/signin?username=${encodeURIComponent(`@${domain}`)}`
      return { json: { next }, next }
    },
    standsOn: () => '/tenants',
  })

  journeys.route({
    method: 'GET',
    url: '/tenants/:id/uses',
    access: 'signed-in',
    handle: async visit => ({ json: usesView(await readUses(visit.db, visit.session.user, idOf(visit))) }),
    page: async (visit, problem) => usesPage(visit, await readUses(visit.db, visit.session.user, idOf(visit)), problem),
  })

  for (const [method, url] of [
    ['DELETE', '/tenants/:id'],
    ['POST', '/tenants/:id/removal'],
  ] as const)
    journeys.route({
      method,
      url,
      access: 'signed-in',
      flood: 'step',
      async handle(visit) {
        demandFresh(visit)
        await unlink(visit.db, visit.act, visit.session.user, idOf(visit))
        return { next: '/tenants?removed' }
      },
      standsOn: ({ params }) => `/tenants/${params.id}/uses`,
    })

  for (const [step, page] of [
    ['primary', ''],
    ['switch', ''],
    ['removal', '/uses'],
  ] as const)
    journeys.redirect(`/tenants/:id/${step}`, ({ id }) => (page === '' ? '/tenants' : `/tenants/${id}${page}`))
}

/** The link of another tenant: begun as administrator of the one, confirmed as that of the other in the same browser. */
function linkRoutes(journeys: Journeys) {
  journeys.route({
    method: 'POST',
    url: '/tenants/links',
    access: 'signed-in',
    flood: 'step',
    async handle(visit) {
      demandFresh(visit)
      const { db, act, session } = visit
      const token = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await beginLink(db, act, session.user, token)
      keepJourneyBrowser(visit, token, session.tenantId)
      const location = `/tenants/links/${id}`
      const request = await getLinkRequest(db, act, { token, tenants: [session.tenantId] }, id)
      return { status: 201, location, json: await linkView(visit, request), next: location }
    },
    standsOn: () => '/tenants',
  })

  // Where a sign-in leads back to: that of the other tenant's administrator knows no address of a request.
  journeys.route({
    method: 'GET',
    url: '/tenants/links',
    access: 'signed-in',
    async page(visit) {
      const request = await getLinkRequest(visit.db, visit.act, readJourneyBrowser(visit)).catch(() => undefined)
      return { to: request?.state === 'open' ? `/tenants/links/${request.id}` : '/tenants' }
    },
  })

  journeys.route({
    method: 'GET',
    url: '/tenants/links/:id',
    access: 'anyone',
    handle: async visit => ({ json: await linkView(visit, await requestOf(visit)) }),
    page: async (visit, problem) => linkPage(visit, await linkView(visit, await requestOf(visit)), problem),
  })

  journeys.route({
    method: 'POST',
    url: '/tenants/links/:id/confirmation',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ willUse: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }),
    fromForm: ({ willUse, ...form }) => ({ ...form, willUse: Number(willUse) }),
    async handle(visit, { willUse }) {
      demandFresh(visit)
      const { user } = visit.session
      const advice = await confirmLink(visit.db, visit.act, await requestOf(visit), { user, willUse })
      const dedicated = advice.recommend === 'dedicated' ? '&dedicated' : ''
      return {
        json: { ...(await linkView(visit, await requestOf(visit))), advice },
        next: `/tenants?linked${dedicated}`,
      }
    },
    standsOn: ({ params }) => `/tenants/links/${params.id}`,
    keeps: /^willUse$/,
  })
  journeys.redirect('/tenants/links/:id/confirmation', ({ id }) => `/tenants/links/${id}`)
}

/** What strangers learn of the company, who may join, and who looks after its accounts. */
function settingsRoutes(journeys: Journeys) {
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

const idOf = ({ params }: Visit) => params.id ?? ''

/** The request of the address, which this browser has begun. Throws `not_found`. */
const requestOf = (visit: Visit) => getLinkRequest(visit.db, visit.act, readJourneyBrowser(visit), idOf(visit))

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
