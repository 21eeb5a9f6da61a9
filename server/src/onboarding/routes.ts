import { Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import {
  brand,
  checkFlood,
  Exactly,
  type Journeys,
  keepJourneyBrowser,
  readJourneyBrowser,
  Text,
  type Visit,
} from '../http/index.ts'
import { findSession } from '../sessions/index.ts'
import { answerQuestion, goBack, startOnboarding } from './decide.ts'
import { mailLink } from './links.ts'
import { ONBOARDING_HELD, type Onboarding } from './onboarding.ts'
import { openOnboarding } from './open.ts'
import { onboardingPage, startPage } from './pages.tsx'
import { findLatest } from './queries.ts'
import { chooseTenant } from './tenant.ts'
import { onboardingView } from './wire.ts'

/** People of a company, as a number that somebody types. */
const People = Type.Integer({ minimum: 1, maximum: 1_000_000 })

/** The URLs by which a company finds out how to begin, and where it stands (work accounts on the wire, §1.3). */
export function onboardingRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/start',
    access: 'anyone',
    async page(visit, problem) {
      return startPage(visit, await findLatest(visit.db, visit.act, readJourneyBrowser(visit).token), problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/start',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({ captcha: Type.Optional(Type.String({ maxLength: 4096 })) }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { captcha: solved = '' }) {
      const { db, act } = visit
      if (captcha.required) await passCaptcha(visit, captcha, '', solved)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await startOnboarding(db, act, browserToken)
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, ONBOARDING_HELD)
      return { ...(await after(visit, id)), status: 201, location: `/start/${id}` }
    },
    keeps: /^captcha_form$/,
  })

  journeys.route({
    method: 'GET',
    url: '/start/:id',
    access: 'anyone',
    handle: async visit => ({ json: onboardingView(visit, await opened(visit)) }),
    async page(visit, problem) {
      const onboarding = await opened(visit)
      // To its administrator the page shows which tenant it is about.
      if (onboarding.advice && visit.session) await brand(visit, visit.session.tenantId)
      return onboardingPage(visit, onboarding, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/start/:id/answers',
    access: 'anyone',
    flood: 'step',
    body: Type.Union([
      Exactly({ question: Type.Literal('has-domain'), answer: Type.Enum(['yes', 'no']) }),
      Exactly({ question: Type.Literal('used-here'), answer: Type.Enum(['yes', 'no']) }),
      Exactly({ question: Type.Literal('domain'), answer: Text(256) }),
    ]),
    async handle(visit, given) {
      // It tells a stranger as much as the account check does.
      if (given.question === 'domain') await checkFlood(visit, 'check')
      await answerQuestion(visit.db, visit.act, await opened(visit), given)
      return after(visit)
    },
    standsOn,
    keeps: /^answer$/,
  })

  journeys.route({
    method: 'POST',
    url: '/start/:id/back',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      await goBack(visit.db, visit.act, await opened(visit))
      return after(visit)
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/start/:id/link',
    access: 'anyone',
    flood: 'send',
    body: Exactly({ address: Text(256) }),
    async handle(visit, { address }) {
      const onboarding = await opened(visit)
      await mailLink(visit.db, visit.act, onboarding, { address, language: visit.locale.language })
      return { status: 202, json: {}, next: `/start/${onboarding.id}?sent` }
    },
    standsOn,
    keeps: /^address$/,
  })

  journeys.route({
    method: 'POST',
    url: '/start/:id/tenant',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ use: Type.Enum(['this', 'dedicated']), willUse: People }),
    fromForm: ({ willUse, ...body }) => ({ ...body, willUse: readPeople(willUse) ?? willUse }),
    async handle(visit, given) {
      const { session } = visit
      await chooseTenant(visit.db, visit.act, await opened(visit), { session, ...given })
      return after(visit)
    },
    standsOn,
  })

  for (const step of ['answers', 'back', 'link', 'tenant'])
    journeys.redirect(`/start/:id/${step}`, ({ id = '' }) => (/^[\w-]+$/.test(id) ? `/start/${id}` : undefined))
}

const standsOn = (visit: Visit) => `/start/${encodeURIComponent(visit.params.id ?? '')}`

/** A number of people as a form or an address holds it; undefined for anything else. */
const readPeople = (typed: unknown): number | undefined =>
  typeof typed === 'string' && /^[1-9]\d{0,5}$/.test(typed) ? Number(typed) : undefined

/** The onboarding of the address, of this browser, as its person sees it. A page then shows them. Throws `not_found`. */
async function opened(visit: Visit, id = visit.params.id ?? ''): Promise<Onboarding> {
  const session = visit.session ?? (await findSession(visit.db, visit.act, visit.cookies.get('session')))
  if (session?.requires === null) visit.session = session
  return openOnboarding(visit.db, visit.act, id, {
    browserToken: readJourneyBrowser(visit).token,
    session: visit.session,
    willUse: readPeople(visit.query.willUse),
  })
}

const after = async (visit: Visit, id?: string) => {
  const onboarding = await opened(visit, id)
  return { json: onboardingView(visit, onboarding), next: `/start/${onboarding.id}` }
}
