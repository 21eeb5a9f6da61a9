import { Type } from 'typebox'
import {
  Exactly,
  findHandedSecret,
  forgetHandedSecret,
  type Journeys,
  partnerPage,
  type SignedInVisit,
  Text,
} from '../http/index.ts'
import { actIn, isFresh } from '../sessions/index.ts'
import { refusePerson } from './errors.ts'
import { approveRequest, rejectRequest } from './grants.ts'
import { acceptInvitation, declineInvitation, getInvited, type InvitedTo } from './invitations.ts'
import { invitationPage, requestPage } from './pages.tsx'
import { getAsked } from './requests.ts'
import { idOf } from './rows.ts'
import { unifiedRoles } from './terms.ts'

const url = '/partner-requests/:id'
const invitationUrl = '/partner-invitations/:id'
const token = Type.Optional(Text(128))
const ticked = Type.Optional(Type.Boolean())
/** Before the id of a role, in the name of its box. */
const BOX = 'role_'

/** Where a company decides on what a partner asks for: the address that the partner hands on (partners on the wire, §2.2). */
export function partnerRequestRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url,
    access: 'signed-in',
    handle: async visit => ({ json: await viewOf(visit, secretOf(visit)) }),
    page: async (visit, problem) => requestPage(visit, await askedOf(visit, secretOf(visit)), problem),
  })
  journeys.route({
    method: 'POST',
    url: `${url}/approval`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({
      unifiedRoles: Type.Optional(Type.Array(Text(64), { maxItems: 30 })),
      duration: Type.Optional(Text(32)),
      token,
    }),
    // Each role is a box of its own.
    fromForm: form => ({
      ...Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith(BOX))),
      unifiedRoles: Object.keys(form).flatMap(name => (name.startsWith(BOX) ? [name.slice(BOX.length)] : [])),
    }),
    async handle(visit, { unifiedRoles: roleIds, duration, token: sent }) {
      const secret = sent ?? secretOf(visit)
      const { db, params } = visit
      const act = decidingAct(visit)
      demandFresh(act)
      await askedOf(visit, secret)
      if (roleIds?.length === 0) throw refusePerson('roles_missing')
      // Who is told an end here has agreed to nothing that moves it.
      const autoExtend = duration === undefined ? undefined : 'PT0S'
      await approveRequest(db, act, { id: params.id!, roleIds, duration, autoExtend, token: secret })
      forgetHandedSecret(visit)
      return { json: await viewOf(visit, undefined), next: `/partner-requests/${params.id}` }
    },
    standsOn: partnerPage,
    keeps: /^duration$/,
  })
  journeys.route({
    method: 'POST',
    url: `${url}/rejection`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ token }),
    async handle(visit, { token: sent }) {
      const secret = sent ?? secretOf(visit)
      const { db, params } = visit
      const act = decidingAct(visit)
      demandFresh(act)
      await askedOf(visit, secret)
      await rejectRequest(db, act, { id: params.id!, token: secret })
      forgetHandedSecret(visit)
      return { json: await viewOf(visit, undefined), next: `/partner-requests/${params.id}` }
    },
    standsOn: partnerPage,
  })
  for (const step of ['approval', 'rejection'])
    journeys.redirect(`${url}/${step}`, ({ id }) => `/partner-requests/${id}`)
}

/** Where a company answers a partner's invitation: the address that the partner hands on (partners on the wire, §2.3). */
export function partnerInvitationRoutes(journeys: Journeys) {
  const invited = (visit: SignedInVisit, secret: string | undefined) =>
    getInvited(visit.db, decidingAct(visit), { id: visit.params.id!, token: secret })
  const answer = { method: 'POST', access: 'signed-in', flood: 'step', standsOn: partnerPage } as const
  journeys.route({
    method: 'GET',
    url: invitationUrl,
    access: 'signed-in',
    handle: async visit => ({ json: invitedView(visit, await invited(visit, secretOf(visit))) }),
    page: async (visit, problem) => invitationPage(visit, await invited(visit, secretOf(visit)), problem),
  })
  journeys.route({
    ...answer,
    url: `${invitationUrl}/acceptance`,
    body: Exactly({ agree: ticked, dap: ticked, rescue: ticked, token }),
    fromForm: ({ agree, dap, rescue, ...form }) => ({
      ...{ ...form, agree: agree !== undefined, dap: dap !== undefined, rescue: rescue !== undefined },
    }),
    async handle(visit, { agree = false, dap = false, rescue = false, token: sent }) {
      const secret = sent ?? secretOf(visit)
      const act = decidingAct(visit)
      demandFresh(act)
      await invited(visit, secret)
      if (!agree) throw refusePerson('agree_missing')
      await acceptInvitation(visit.db, act, { id: visit.params.id!, token: secret, dap, rescue })
      forgetHandedSecret(visit)
      return { json: invitedView(visit, await invited(visit, undefined)), next: invitedAt(visit) }
    },
  })
  journeys.route({
    ...answer,
    url: `${invitationUrl}/rejection`,
    body: Exactly({ token }),
    async handle(visit, { token: sent }) {
      const secret = sent ?? secretOf(visit)
      const act = decidingAct(visit)
      demandFresh(act)
      await declineInvitation(visit.db, act, { id: visit.params.id!, token: secret })
      forgetHandedSecret(visit)
      return { json: invitedView(visit, await invited(visit, undefined)), next: invitedAt(visit) }
    },
  })
  for (const step of ['acceptance', 'rejection'])
    journeys.redirect(`${invitationUrl}/${step}`, params => invitedAt({ params }))
}

const invitedAt = ({ params }: { params: Record<string, string> }) => `/partner-invitations/${params.id}`

const invitedView = ({ params }: SignedInVisit, { invitation, partner }: InvitedTo) => ({
  id: params.id,
  kind: invitation.kind,
  dap: invitation.dap,
  status: invitation.status,
  expiresAt: invitation.expiresAt.toISOString(),
  partner: { displayName: partner.displayName, domain: partner.domain },
})

/** The act of the session's person, with what this page opens beside what a session does. */
function decidingAct({ act, session }: SignedInVisit) {
  const { actor, ...rest } = actIn(act, session)
  return { ...rest, actor: { ...actor, scopes: [...actor.scopes, 'Partners.ReadWrite.All'] } }
}

/** Throws `proof_needed` where the second step is none, or older than a decision takes. */
function demandFresh({ actor, now }: ReturnType<typeof decidingAct>): void {
  if (actor.proof.acr !== 'mfa' || !isFresh(actor.proof.authTime, now)) throw refusePerson('proof_needed')
}

/** What the address has, or the browser has kept of it. */
const secretOf = (visit: SignedInVisit) => visit.query.token ?? findHandedSecret(visit)

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
