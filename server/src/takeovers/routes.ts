import { type TSchema, Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { DOUBLE_CLICK } from '../challenges/index.ts'
import { isUuid } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import {
  Exactly,
  Id,
  type Journeys,
  keepJourneyBrowser,
  keepTicket,
  Password,
  readJourneyBrowser,
  Text,
  type Visit,
} from '../http/index.ts'
import { LINK_HELD } from '../links/index.ts'
import { actOfKeeper, forPeople } from '../organization/index.ts'
import { actIn, endReplacedSessions, findSession } from '../sessions/index.ts'
import { checkTakeover } from './check.ts'
import { disputeTakeover, readReason, withdrawTakeover } from './dispute.ts'
import { refuse } from './errors.ts'
import { within } from './events.ts'
import { finishExternal, startExternal } from './external.ts'
import { finishTakeover } from './finish.ts'
import { countTakeover } from './limits.ts'
import { openTakeover, type Reading } from './open.ts'
import { startPage, takeoverPage } from './pages.tsx'
import { proveTakeover, readClaimed, sendAgain, startTakeover } from './start.ts'
import { LONGEST_REASON, type Takeover } from './takeover.ts'
import { takeoverView } from './wire.ts'

const Reason = Type.String({ minLength: 1, maxLength: LONGEST_REASON, pattern: '^(?:[^\\p{Cc}]|[\\n\\r\\t])*$' })

/** The URLs by which an unmanaged tenant gets its first administrator (work accounts on the wire, §1.5). */
export function takeoverRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/takeovers',
    access: 'anyone',
    page: async (visit, problem) => startPage(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/takeovers',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({
      domain: Text(256),
      address: Text(256),
      captcha: Type.Optional(Type.String({ maxLength: 4096 })),
    }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { captcha: solved = '', ...typed }) {
      const { db, act, services, locale } = visit
      const claimed = readClaimed(typed)
      if (captcha.required) await passCaptcha(visit, captcha, claimed.domain, solved)
      if (services.floods) await countTakeover(db, act, visit.address)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await startTakeover(db, act, { ...claimed, browserToken, language: locale.language })
      // The tenant is that of nobody, whosever the domain is: a cookie tells what it holds.
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, LINK_HELD)
      return { ...after(visit, await readable(visit, id)), status: 201, location: `/takeovers/${id}` }
    },
    keeps: /^(domain|address|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/takeovers/:id',
    access: 'anyone',
    handle: async visit => ({ json: takeoverView(visit, await readable(visit)) }),
    page: async (visit, problem) => takeoverPage(visit, await readable(visit), problem),
  })

  step('challenges', {
    flood: 'send',
    async handle(visit) {
      const { takeover } = await asClaimant(visit)
      await sendAgain(visit.db, visit.act, takeover, visit.html ? DOUBLE_CLICK : undefined)
      return { ...after(visit, await readable(visit)), status: 201 }
    },
  })

  journeys.route({
    method: 'POST',
    url: '/takeovers/:id/proofs',
    access: 'anyone',
    flood: 'prove',
    body: Exactly({ challenge: Id, code: Text(40) }),
    async handle(visit, given) {
      const { takeover } = await asClaimant(visit)
      if (takeover.state !== 'prove-mailbox') throw refuse('wrong_state')
      return after(visit, await readable(visit, await proveTakeover(visit.db, actOf(visit), takeover, given)))
    },
    standsOn,
  })

  step('check', {
    flood: 'step',
    async handle(visit) {
      const { takeover } = await asClaimant(visit)
      await look(visit, takeover)
      return after(visit, await readable(visit))
    },
  })

  step('withdrawal', {
    flood: 'step',
    async handle(visit) {
      const { takeover } = await asClaimant(visit)
      await withdrawTakeover(visit.db, actOf(visit), takeover)
      return after(visit, await readable(visit))
    },
  })

  journeys.route({
    method: 'POST',
    url: '/takeovers/:id/finish',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: Exactly({
      givenName: Type.Optional(Text(64)),
      surname: Type.Optional(Text(64)),
      newPassword: Type.Optional(Password),
    }),
    fromForm({ password2, ...form }) {
      if (form.newPassword !== '' && password2 !== undefined && password2 !== form.newPassword)
        throw refuse('passwords_differ', { field: 'password2' })
      return form
    },
    async handle(visit, { givenName, surname, newPassword }) {
      const { db, act, services, locale } = visit
      const { takeover } = await asClaimant(visit)
      if (takeover.state !== 'ready') throw refuse('wrong_state')
      // The record may be gone since the last look.
      await look(visit, takeover)
      if (takeover.kind === 'external') {
        const session = await findSession(db, act, visit.cookies.get('session'))
        if (!session || session.requires !== null) throw refuse('not_signed_in')
        const present = (await asClaimant(visit)).takeover
        await forPeopleOf(() => finishExternal(db, actOfKeeper(act, session), present))
        return after(visit, await readable(visit))
      }
      const typed =
        givenName !== undefined && surname !== undefined && newPassword !== undefined
          ? { givenName, surname, newPassword }
          : undefined
      const former = visit.cookies.get('session')
      const { sessionCookie } = await finishTakeover(db, act, (await asClaimant(visit)).takeover, {
        ...{ checks: services.passwordChecks, language: locale.language, typed },
        session: await findSession(db, act, former),
      })
      await endReplacedSessions(db, act, former, sessionCookie)
      keepTicket(visit, sessionCookie)
      return { ...after(visit, await readable(visit)), status: 201 }
    },
    standsOn,
    keeps: /^(givenName|surname)$/,
  })

  journeys.route({
    method: 'POST',
    url: '/takeovers/:id/objection',
    access: 'anyone',
    flood: 'help',
    body: Exactly({ reason: Reason }),
    fromForm: ({ reason, ...body }) => ({
      ...body,
      ...(typeof reason === 'string' && { reason: reason.replace(/\r\n?/g, '\n') }),
    }),
    async handle(visit, { reason }) {
      const { takeover, act } = await asMember(visit)
      await disputeTakeover(visit.db, act, takeover, { reason: readReason(reason), undo: false })
      return after(visit, await readable(visit))
    },
    standsOn,
    keeps: /^reason$/,
  })

  step('undo', {
    flood: 'help',
    async handle(visit) {
      const { takeover, act } = await asMember(visit)
      await disputeTakeover(visit.db, act, takeover, { reason: undefined, undo: true })
      return after(visit, await readable(visit))
    },
  })

  journeys.route({
    method: 'POST',
    url: '/domains/:name/takeover',
    access: 'signed-in',
    flood: 'begin',
    body: Exactly({ address: Text(256) }),
    async handle(visit, { address }) {
      const { db, act, services, session, params, locale } = visit
      if (services.floods) await countTakeover(db, act, visit.address)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await forPeopleOf(() =>
        startExternal(db, actOfKeeper(act, session), session.tenantId, {
          ...{ domain: params.name ?? '', address, browserToken, language: locale.language },
        }),
      )
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, LINK_HELD)
      return { ...after(visit, await readable(visit, id)), status: 201, location: `/takeovers/${id}` }
    },
    standsOn: ({ params }) => `/domains/${params.name}`,
    keeps: /^address$/,
  })
  journeys.redirect('/domains/:name/takeover', ({ name }) => `/domains/${name}`)

  for (const name of ['challenges', 'proofs', 'check', 'withdrawal', 'finish', 'objection', 'undo'])
    journeys.redirect(`/takeovers/:id/${name}`, ({ id = '' }) => (isUuid(id) ? `/takeovers/${id}` : undefined))

  /** An act on a claim that takes no words. */
  function step(name: string, { flood, handle }: Step) {
    journeys.route<'anyone', TSchema>({
      ...{ method: 'POST', url: `/takeovers/:id/${name}`, access: 'anyone', flood, handle, standsOn },
    })
  }
}

interface Step {
  flood: 'send' | 'step' | 'help'
  handle(visit: Visit): Promise<{ status?: number; json: unknown; next: string }>
}

/** Refuses as people read it. */
const forPeopleOf = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch(error => {
    throw forPeople(error)
  })

const standsOn = (visit: Visit) => `/takeovers/${visit.params.id}`

/** An act of who claims: its events share the claim's id. */
const actOf = ({ act, params }: Visit) => within(act, { id: params.id ?? '' })

const look = (visit: Visit, { tenantId, id }: Takeover) =>
  checkTakeover(visit.db, actOf(visit), { tenantId, id, dns: visit.services.dns })

/** The claim of the address, for the browser that holds it and for who was there. Throws `not_found`. */
async function readable(visit: Visit, id = visit.params.id ?? ''): Promise<Reading> {
  const { db, act, cookies } = visit
  const session = await findSession(db, act, cookies.get('session'))
  const read = await openTakeover(db, act, id, { browserToken: readJourneyBrowser(visit).token, session })
  visit.session = session
  return read
}

async function asClaimant(visit: Visit) {
  const read = await readable(visit)
  if (read.as !== 'claimant') throw refuse('not_found')
  return read
}

/** Who was there, and the act in their name. A link is enough: an objection hurts nobody who was there. */
async function asMember(visit: Visit) {
  const { db, act, cookies, params } = visit
  const session = await findSession(db, act, cookies.get('session'))
  const read = await openTakeover(db, act, params.id ?? '', {
    browserToken: readJourneyBrowser(visit).token,
    session,
    isMember: true,
  })
  if (read.as !== 'member') throw refuse('not_found')
  const { takeover, member } = read
  const actor = { kind: 'anyone', name: member.userPrincipalName, id: member.id } as const
  const mine = session?.user.id === member.id ? actIn(act, session) : { ...act, actor }
  return { takeover, act: within(mine, takeover) }
}

const after = (visit: Visit, read: Reading) => ({
  json: takeoverView(visit, read),
  next: `/takeovers/${read.takeover.id}`,
})
