import { type TSchema, Type } from 'typebox'
import { type Case, isHeldBy, openHeldCase } from '../cases/index.ts'
import { DOUBLE_CLICK } from '../challenges/index.ts'
import { isUuid } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { brand, Exactly, Id, type Journeys, Password, readJourneyBrowser, Text, type Visit } from '../http/index.ts'
import { checkMailboxProof, issueMailboxCode, proveMailbox } from '../mailboxes/index.ts'
import { rescueActs } from '../relationships/index.ts'
import { actIn, findSession } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { askRescue, withdrawRescue } from './ask.ts'
import { disputeRescue, readReason } from './dispute.ts'
import { refusePerson } from './errors.ts'
import { within } from './events.ts'
import { finishRescue, keepProof } from './finish.ts'
import { openRescue, type Reading } from './open.ts'
import { askPage, rescuePage } from './pages.tsx'
import { findRescueOfCase } from './queries.ts'
import { LONGEST_REASON } from './rescue.ts'
import { rescueView } from './wire.ts'

const Reason = Type.String({ minLength: 1, maxLength: LONGEST_REASON, pattern: '^(?:[^\\p{Cc}]|[\\n\\r\\t])*$' })
const maybe = (length: number) => Type.Optional(Text(length))

/** The URLs by which a provider lets a company back in that nobody can sign in to (partners on the wire, §4). */
export function rescueRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/cases/:number/rescue',
    access: 'anyone',
    async page(visit, problem) {
      const one = await heldCase(visit)
      const found = await inTenant(visit.db, one.tenantId, trx => findRescueOfCase(trx, visit.act, one.id))
      // One that came to nothing can be asked for again.
      if (!found || (found.row.ended_at && found.rescue.state !== 'done')) return askPage(visit, one, problem)
      return rescuePage(visit, await readable(visit, found.rescue.id), problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/rescue',
    access: 'anyone',
    flood: 'begin',
    hashes: true,
    body: Exactly({
      act: Type.Enum([...rescueActs]),
      userName: maybe(256),
      phrase: maybe(200),
      lostMethods: Type.Optional(Type.Boolean()),
    }),
    fromForm: ({ lostMethods, ...form }) => ({ ...typedIn(form), lostMethods: lostMethods !== undefined }),
    async handle(visit, asked) {
      const { db, act, services } = visit
      const one = await heldCase(visit)
      const { token } = readJourneyBrowser(visit)
      const id = await askRescue(
        db,
        { ...act, trail: { ...act.trail, correlationId: one.id } },
        { one, holds: row => isHeldBy(act, row, token), hasher: services.passwordChecks.hasher, asked },
      )
      return { ...after(visit, await readable(visit, id)), status: 201, location: `/rescues/${id}` }
    },
    standsOn: ({ params }) => `/cases/${params.number}/rescue`,
    keeps: /^(act|userName)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/rescues/:id',
    access: 'anyone',
    handle: async visit => ({ json: rescueView(visit, await readable(visit)) }),
    async page(visit, problem) {
      const read = await readable(visit)
      if (read.as === 'told') await brand(visit, read.rescue.tenantId)
      return rescuePage(visit, read, problem)
    },
  })

  step('challenges', {
    flood: 'send',
    async handle(visit) {
      const { rescue, one } = await asAsker(visit)
      if (rescue.state !== 'ready') throw refusePerson('wrong_state')
      const { address, language } = one
      const repeatedWithin = visit.html ? DOUBLE_CLICK : undefined
      await inTenant(visit.db, NOBODYS_TENANT, trx =>
        issueMailboxCode(trx, actOf(visit), { journeyId: rescue.id, address, language, repeatedWithin }),
      )
      return { ...after(visit, await readable(visit)), status: 201 }
    },
  })

  journeys.route({
    method: 'POST',
    url: '/rescues/:id/proofs',
    access: 'anyone',
    flood: 'prove',
    body: Exactly({ challenge: Id, code: Text(40) }),
    async handle(visit, { challenge, code }) {
      const { rescue } = await asAsker(visit)
      if (rescue.state !== 'ready') throw refusePerson('wrong_state')
      const { db, act } = visit
      const proof = await inTenant(db, NOBODYS_TENANT, trx =>
        proveMailbox(trx, act, { journeyId: rescue.id, challengeId: challenge, code }),
      )
      checkMailboxProof(proof)
      await keepProof(db, act, rescue, proof.provedAt)
      return after(visit, await readable(visit))
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/rescues/:id/finish',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: Exactly({ givenName: maybe(64), surname: maybe(64), userName: maybe(256), newPassword: Password }),
    fromForm({ password2, ...form }) {
      if (password2 !== undefined && password2 !== form.newPassword)
        throw refusePerson('passwords_differ', { field: 'password2' })
      return { ...typedIn(form), newPassword: form.newPassword }
    },
    async handle(visit, typed) {
      const { rescue, one } = await asAsker(visit)
      const { passwordChecks: checks } = visit.services
      await finishRescue(visit.db, actOf(visit), { rescue, one, checks, language: visit.locale.language, typed })
      return after(visit, await readable(visit))
    },
    standsOn,
    keeps: /^(givenName|surname|userName)$/,
  })

  step('withdrawal', {
    flood: 'step',
    async handle(visit) {
      const { rescue } = await asAsker(visit)
      await withdrawRescue(visit.db, actOf(visit), rescue)
      return after(visit, await readable(visit))
    },
  })

  journeys.route({
    method: 'POST',
    url: '/rescues/:id/objection',
    access: 'anyone',
    flood: 'help',
    body: Exactly({ reason: Reason }),
    fromForm: ({ reason, ...body }) => ({
      ...body,
      ...(typeof reason === 'string' && { reason: reason.replace(/\r\n?/g, '\n') }),
    }),
    async handle(visit, { reason }) {
      const { rescue, act } = await asTold(visit)
      await disputeRescue(visit.db, act, rescue, { reason: readReason(reason), undo: false })
      return after(visit, await readable(visit, rescue.id, true))
    },
    standsOn,
    keeps: /^reason$/,
  })

  step('undo', {
    flood: 'help',
    async handle(visit) {
      const { rescue, act } = await asTold(visit)
      await disputeRescue(visit.db, act, rescue, { reason: undefined, undo: true })
      return after(visit, await readable(visit, rescue.id, true))
    },
  })

  for (const name of ['challenges', 'proofs', 'finish', 'withdrawal', 'objection', 'undo'])
    journeys.redirect(`/rescues/:id/${name}`, ({ id = '' }) => (isUuid(id) ? `/rescues/${id}` : undefined))

  /** An act on a rescue that takes no words. */
  function step(name: string, { flood, handle }: Step) {
    journeys.route<'anyone', TSchema>({
      ...{ method: 'POST', url: `/rescues/:id/${name}`, access: 'anyone', flood, handle, standsOn },
    })
  }
}

interface Step {
  flood: 'send' | 'step' | 'help'
  handle(visit: Visit): Promise<{ status?: number; json: unknown; next: string }>
}

/** What somebody has typed: a browser sends every field, empty ones too. */
const typedIn = (form: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''))

const standsOn = (visit: Visit) => `/rescues/${visit.params.id}`

/** An act of who asks: its events share the rescue's id. */
const actOf = ({ act, params }: Visit) => within(act, { id: params.id ?? '' })

/** The case of the address, where this browser holds it for who asks, and it is open. Throws `not_found`, `wrong_state`. */
async function heldCase(visit: Visit): Promise<Case> {
  const { as, one } = await openHeldCase(
    visit.db,
    visit.act,
    visit.params.number ?? '',
    readJourneyBrowser(visit).token,
  )
  if (as !== 'asker') throw refusePerson('not_found')
  if (one.state === 'prove-address' || one.state === 'closed') throw refusePerson('wrong_state')
  return one
}

/** The rescue of the address, for the browser that holds its case and for who is told. Throws `not_found`. */
async function readable(visit: Visit, id = visit.params.id ?? '', isTold = false): Promise<Reading> {
  const { db, act, cookies } = visit
  const session = await findSession(db, act, cookies.get('session'))
  const read = await openRescue(db, act, id, { browserToken: readJourneyBrowser(visit).token, session, isTold })
  visit.session = session
  return read
}

async function asAsker(visit: Visit) {
  const read = await readable(visit)
  if (read.as !== 'asker') throw refusePerson('not_found')
  return read
}

/** Who is told, and the act in their name. A link is enough: an objection hurts nobody who was there. */
async function asTold(visit: Visit) {
  const read = await readable(visit, visit.params.id, true)
  if (read.as !== 'told') throw refusePerson('not_found')
  const { rescue, member } = read
  const { act, session } = visit
  const actor = { kind: 'anyone', ...(member && { name: member.userPrincipalName, id: member.id }) } as const
  const mine = member && session?.user.id === member.id ? actIn(act, session) : { ...act, actor }
  return { rescue, act: within(mine, rescue) }
}

const after = (visit: Visit, read: Reading) => ({
  json: rescueView(visit, read),
  next: `/rescues/${read.rescue.id}`,
})
