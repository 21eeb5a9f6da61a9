import { Type } from 'typebox'
import { type Journeys, type SignedInVisit, Some, Text } from '../http/index.ts'
import { actIn, isFresh } from '../sessions/index.ts'
import { refusePerson } from './errors.ts'
import { approveRequest, rejectRequest } from './grants.ts'
import { requestPage } from './pages.tsx'
import { getAsked } from './requests.ts'
import { idOf } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const url = '/partner-requests/:id'
const token = Type.Optional(Text(128))
/** Before the id of a role, in the name of its box. */
const BOX = 'role_'

/** Where a company decides on what a partner asks for: the address that the partner hands on (partners on the wire, §2.2). */
export function partnerRequestRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url,
    access: 'signed-in',
    handle: async visit => ({ json: await viewOf(visit, visit.query.token) }),
    page: async (visit, problem) => requestPage(visit, await askedOf(visit, visit.query.token), problem),
  })
  journeys.route({
    method: 'POST',
    url: `${url}/approval`,
    access: 'signed-in',
    flood: 'step',
    body: Some({
      unifiedRoles: Type.Optional(Type.Array(Text(64), { maxItems: 30 })),
      duration: Type.Optional(Text(32)),
      token,
    }),
    // Each role is a box of its own.
    fromForm: form => ({
      ...Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith(BOX))),
      unifiedRoles: Object.keys(form).flatMap(name => (name.startsWith(BOX) ? [name.slice(BOX.length)] : [])),
    }),
    async handle(visit, { unifiedRoles: roleIds, duration, token: secret }) {
      const { db, params } = visit
      const act = decidingAct(visit)
      demandFresh(act)
      await askedOf(visit, secret)
      if (roleIds?.length === 0) throw refusePerson('roles_missing')
      await approveRequest(db, act, { id: params.id!, roleIds, duration, token: secret })
      return { json: await viewOf(visit, undefined), next: `/partner-requests/${params.id}` }
    },
    standsOn,
  })
  journeys.route({
    method: 'POST',
    url: `${url}/rejection`,
    access: 'signed-in',
    flood: 'step',
    body: Some({ token }),
    async handle(visit, { token: secret }) {
      const { db, params } = visit
      const act = decidingAct(visit)
      demandFresh(act)
      await askedOf(visit, secret)
      await rejectRequest(db, act, { id: params.id!, token: secret })
      return { json: await viewOf(visit, undefined), next: `/partner-requests/${params.id}` }
    },
    standsOn,
  })
  for (const step of ['approval', 'rejection'])
    journeys.redirect(`${url}/${step}`, ({ id }) => `/partner-requests/${id}`)
}

const standsOn = ({ params }: { params: Record<string, string> }) => `/partner-requests/${params.id}`

/** The act of the session's person, with what this page opens beside what a session does. */
function decidingAct({ act, session }: SignedInVisit) {
  const { actor, ...rest } = actIn(act, session)
  return { ...rest, actor: { ...actor, scopes: [...actor.scopes, 'Partners.ReadWrite.All'] } }
}

/** Throws `proof_needed` where the second step is none, or older than a decision takes. */
function demandFresh({ actor, now }: ReturnType<typeof decidingAct>): void {
  if (actor.proof.acr !== 'mfa' || !isFresh(actor.proof.authTime, now)) throw refusePerson('proof_needed')
}

const askedOf = (visit: SignedInVisit, secret: string | undefined) =>
  getAsked(visit.db, decidingAct(visit), { id: visit.params.id!, token: secret })

async function viewOf(visit: SignedInVisit, secret: string | undefined) {
  const { relationship: one, partner } = await askedOf(visit, secret)
  return {
    id: idOf(one.id, one.partnerId),
    ...{ displayName: one.displayName, status: one.status, partner },
    requested: { unifiedRoles: unifiedRoles(one.requestedRoles), duration: one.requestedDuration },
    accessDetails: { unifiedRoles: unifiedRoles(one.roles) },
  }
}
