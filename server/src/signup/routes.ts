import { Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { DOUBLE_CLICK } from '../challenges/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import {
  brand,
  Exactly,
  Id,
  type Journeys,
  keepAccount,
  keepJourneyBrowser,
  keepTicket,
  ownAddress,
  Password,
  readJourneyBrowser,
  Text,
  typed,
  type Visit,
} from '../http/index.ts'
import { isHeldHere } from '../onboarding/index.ts'
import { Refusal } from '../refusals.ts'
import { endReplacedSessions, isFresh } from '../sessions/index.ts'
import { readCompanyAddress, readPersonAddress } from './addresses.ts'
import { refuse } from './errors.ts'
import { getInvitation, inviteAdministrator } from './invitations.ts'
import { invitePage, joinPage } from './joinPages.tsx'
import { countSignup } from './limits.ts'
import { joinTenant, keepCodes, makeTenant } from './make.ts'
import { signupPage, startPage } from './pages.tsx'
import { joinAsPerson } from './person.ts'
import { openSignup } from './queries.ts'
import type { Signup, SignupFor } from './signup.ts'
import { checkInvited, checkStillInvited, findBoundInvitation, findSignupInvitation } from './signupInvitations.ts'
import { goOnAnyway, nameOrganization, proveAddress, sendAgain, startSignup, suggestLabels } from './steps.ts'
import { invitationView, signupView } from './wire.ts'

/** The URLs of the journey in which a company gets its first account (work accounts on the wire, §1.1). */
export function signupRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/signup',
    access: 'anyone',
    async handle({ services }) {
      return { json: { open: services.signup.open, suffix: services.tenantSuffix ?? null } }
    },
    async page(visit, problem) {
      const { start } = visit.query
      return startPage(
        visit,
        {
          start: start !== undefined && (await holds(visit, start)) ? start : undefined,
          invitation: await invitationOf(visit, undefined),
        },
        problem,
      )
    },
  })

  journeys.route({
    method: 'POST',
    url: '/signup',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({
      address: Text(256),
      for: Type.Optional(Type.Union([Type.Literal('company'), Type.Literal('myself')])),
      captcha: Type.Optional(Type.String({ maxLength: 4096 })),
      start: Type.Optional(Id),
      invitation: Type.Optional(Text(128)),
    }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { for: whom = 'company', captcha: solved = '', start: onboardingId, ...given }) {
      const { db, act, services, locale } = visit
      const invitation = whom === 'company' ? await invitationOf(visit, given.invitation) : undefined
      demandOpen(visit, whom, invitation?.id)
      const read = whom === 'company' ? readCompanyAddress : readPersonAddress
      const { address, domain } = read(given.address, services.tenantSuffix)
      if (onboardingId !== undefined && !(await holds(visit, onboardingId))) throw refuse('not_found')
      if (invitation) checkInvited(act, invitation, address)
      if (captcha.required) await passCaptcha(visit, captcha, domain, solved)
      const network = services.floods ? visit.address : undefined
      await countSignup(db, act, { network, domain, perDay: services.signup.perDay })
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await startSignup(db, act, {
        address,
        for: whom,
        browserToken,
        language: locale.language,
        onboardingId,
        invitationId: invitation?.id,
      })
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT)
      return { ...after(visit, await openSignup(db, act, id, browserToken)), status: 201, location: `/signup/${id}` }
    },
    standsOn(visit) {
      const start = typed(visit, 'start')
      return ownAddress(visit, start === undefined ? {} : { start })
    },
    keeps: /^(address|for|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/signup/:id',
    access: 'anyone',
    handle: async visit => ({ json: signupView(visit, await opened(visit)) }),
    async page(visit, problem) {
      const signup = await opened(visit)
      if ('made' in signup) await brand(visit, signup.made.tenantId)
      const suffix = visit.services.tenantSuffix ?? ''
      const named = signup.state === 'organization' || signup.state === 'administrator'
      const suggestions = named
        ? await suggestLabels(visit.db, {
            displayName: signup.organization?.displayName ?? '',
            domain: signup.domain,
            suffix,
          })
        : []
      return signupPage(visit, signup, { suggestions, problem })
    },
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/challenges',
    access: 'anyone',
    flood: 'send',
    async handle(visit) {
      await sendAgain(visit.db, visit.act, await opened(visit), visit.html ? DOUBLE_CLICK : undefined)
      return { ...after(visit, await opened(visit)), status: 201 }
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/proofs',
    access: 'anyone',
    flood: 'prove',
    body: Exactly({ challenge: Id, code: Text(40) }),
    async handle(visit, given) {
      await proveAddress(visit.db, visit.act, await opened(visit), given)
      return after(visit, await opened(visit))
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/anyway',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      await goOnAnyway(visit.db, visit.act, await opened(visit))
      return after(visit, await opened(visit))
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/organization',
    access: 'anyone',
    flood: 'step',
    body: Exactly({
      displayName: Text(300),
      country: Text(2),
      label: Text(100),
      technicalContact: Type.Optional(Text(256)),
      sure: Type.Optional(Type.Boolean()),
    }),
    fromForm: ({ technicalContact, sure, ...body }) => ({
      ...body,
      ...(typeof technicalContact === 'string' && technicalContact !== '' && { technicalContact }),
      ...(sure === 'true' && { sure: true }),
    }),
    async handle(visit, typed) {
      const suffix = visit.services.tenantSuffix ?? ''
      await nameOrganization(visit.db, visit.act, await opened(visit), { typed, suffix })
      return after(visit, await opened(visit))
    },
    standsOn: visit => `/signup/${visit.params.id}?step=organization`,
    keeps: /^(displayName|country|label|technicalContact)$/,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/administrator',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: AdministratorBody,
    fromForm: accountFromForm,
    async handle(visit, typed) {
      const { db, act, services, locale } = visit
      const signup = await opened(visit)
      demandOpen(visit, 'company', signup.invitationId)
      if (signup.invitationId !== undefined) await checkStillInvited(db, signup.invitationId)
      const made = await makeTenant(
        db,
        act,
        {
          checks: services.passwordChecks,
          signup,
          browser: {
            suffix: services.tenantSuffix ?? '',
            language: locale.language,
            deviceCookie: visit.cookies.get('device'),
            emergencyName: locale.t('signup.emergency'),
          },
        },
        typed,
      )
      await keepMade(visit, made)
      return { ...after(visit, await opened(visit)), status: 201 }
    },
    standsOn,
    keeps: /^(givenName|surname|userName)$/,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/person',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: Exactly({ givenName: Text(64), surname: Text(64), newPassword: Password }),
    fromForm: accountFromForm,
    async handle(visit, typed) {
      const { db, act, services, locale } = visit
      demandOpen(visit, 'myself', undefined)
      const browser = {
        suffix: services.tenantSuffix,
        language: locale.language,
        deviceCookie: visit.cookies.get('device'),
      }
      const signup = await opened(visit)
      await keepMade(visit, await joinAsPerson(db, act, { checks: services.passwordChecks, signup, browser }, typed))
      return { ...after(visit, await opened(visit)), status: 201 }
    },
    standsOn,
    keeps: /^(givenName|surname)$/,
  })

  journeys.route({
    method: 'POST',
    url: '/signup/:id/codes',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ kept: Type.Literal(true), secondAdministrator: Type.Optional(Text(256)) }),
    fromForm: ({ kept, secondAdministrator, ...body }) => ({
      ...body,
      ...(kept === 'true' && { kept: true }),
      ...(secondAdministrator !== undefined && secondAdministrator !== '' && { secondAdministrator }),
    }),
    async handle(visit, { secondAdministrator: address }) {
      const signup = await opened(visit)
      // Before the codes are gone: what is wrong with the address is mended on their page.
      if (address !== undefined && signup.state === 'keep-codes') {
        const { tenantId, userId } = signup.made
        await inviteAdministrator(visit.db, visit.act, { tenantId, userId, address, field: 'secondAdministrator' })
      }
      await keepCodes(visit.db, visit.act, signup)
      return after(visit, await opened(visit))
    },
    standsOn,
    keeps: /^secondAdministrator$/,
  })
}

/** The URLs by which further Global Administrators are invited, and join (work accounts on the wire, §1.1). */
export function invitationRoutes(journeys: Journeys) {
  const url = '/administrators/invitations'
  journeys.route({
    method: 'GET',
    url,
    access: 'signed-in',
    page: async (visit, problem) => {
      if (!visit.session.user.roles.includes('Global Administrator')) throw refuse('forbidden')
      return invitePage(visit, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url,
    access: 'signed-in',
    body: Exactly({ address: Text(256) }),
    async handle(visit, { address }) {
      const { db, act, session } = visit
      const { user } = session
      if (!user.roles.includes('Global Administrator')) throw refuse('forbidden')
      if (!isFresh(session.provedAt, act.now)) throw refuse('proof_needed')
      const asked = { tenantId: user.tenantId, userId: user.id, address, field: 'address' }
      const { id, expiresAt } = await inviteAdministrator(db, act, asked)
      return { status: 201, json: { id, expiresAt: expiresAt.toISOString() }, next: `${url}?sent` }
    },
    keeps: /^address$/,
  })

  journeys.route({
    method: 'GET',
    url: '/join/:id',
    access: 'anyone',
    handle: async visit => ({ json: await invitationView(visit, await invited(visit)) }),
    async page(visit, problem) {
      const invitation = await invited(visit)
      await brand(visit, invitation.tenantId)
      return joinPage(visit, invitation, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/join/:id',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: AdministratorBody,
    fromForm: accountFromForm,
    async handle(visit, typed) {
      const { db, act, services, locale } = visit
      const made = await joinTenant(
        db,
        act,
        {
          checks: services.passwordChecks,
          invitation: await invited(visit),
          browser: { language: locale.language, deviceCookie: visit.cookies.get('device') },
        },
        typed,
      )
      await keepMade(visit, made)
      return { status: 201, json: { state: 'finished', next: '/account' }, next: '/account' }
    },
    keeps: /^(givenName|surname|userName)$/,
  })
}

/** The invitation of the address, which this browser has opened. Throws `not_found`, `link_expired`. */
const invited = (visit: Visit) => {
  const { token, tenants } = readJourneyBrowser(visit)
  return getInvitation(visit.db, visit.act, { token, tenants, id: visit.params.id ?? '' })
}

const AdministratorBody = Exactly({ givenName: Text(64), surname: Text(64), userName: Text(64), newPassword: Password })

function accountFromForm({ password2, ...form }: Record<string, unknown>) {
  if (form.newPassword !== '' && password2 !== undefined && password2 !== form.newPassword)
    throw refuse('passwords_differ', { field: 'password2' })
  return form
}

/** Gives the browser the session of an account that was just made. */
async function keepMade(visit: Visit, made: Awaited<ReturnType<typeof joinTenant>>) {
  await endReplacedSessions(visit.db, visit.act, visit.cookies.get('session'), made.sessionCookie)
  keepTicket(visit, made.sessionCookie)
  if (made.deviceCookie) {
    visit.cookies.set('device', made.deviceCookie)
    keepAccount(visit, made.user)
  }
}

/** Throws `signup_closed`, also at the end of a journey that was begun before. */
function demandOpen({ services: { signup, tenantSuffix } }: Visit, whom: SignupFor, invitationId: string | undefined) {
  if (whom === 'myself') {
    if (!signup.persons) throw refuse('signup_closed')
    return
  }
  const isOpen = signup.open === 'open' || (signup.open === 'invitation' && invitationId !== undefined)
  if (!isOpen || tenantSuffix === undefined) throw refuse('signup_closed')
}

/** The invitation that a program names, or that this browser has opened. Throws `invitation_invalid`. */
async function invitationOf(visit: Visit, token: string | undefined) {
  const { db, act, services } = visit
  if (token === undefined)
    return services.signup.open === 'invitation'
      ? findBoundInvitation(db, act, readJourneyBrowser(visit).token)
      : undefined
  const found = await findSignupInvitation(db, act, token).catch(error => {
    throw error instanceof Refusal && error.code === 'link_expired' ? refuse('invitation_invalid') : error
  })
  if (!found) throw refuse('invitation_invalid')
  return found
}

/** Whether this browser holds this onboarding, a step of which the sign-up is. */
const holds = (visit: Visit, onboardingId: string): Promise<boolean> =>
  isHeldHere(visit.db, visit.act, onboardingId, readJourneyBrowser(visit).token)

const standsOn = (visit: Visit) => `/signup/${visit.params.id}`

/** The journey of the address, of this browser. Throws `not_found`. */
const opened = (visit: Visit): Promise<Signup> =>
  openSignup(visit.db, visit.act, visit.params.id ?? '', readJourneyBrowser(visit).token)

const after = (visit: Visit, signup: Signup) => ({ json: signupView(visit, signup), next: `/signup/${signup.id}` })
