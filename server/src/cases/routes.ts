import { Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { DOUBLE_CLICK } from '../challenges/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import {
  Exactly,
  Id,
  type Journeys,
  keepJourneyBrowser,
  type PageContent,
  readJourneyBrowser,
  Text,
  type Visit,
} from '../http/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { type Case, caseKinds, LONGEST_TEXT } from './case.ts'
import { refuse } from './errors.ts'
import { countCase } from './limits.ts'
import { CASE_HELD } from './links.ts'
import { askForLink } from './lost.ts'
import { openHeldCase } from './open.ts'
import { casePage, lostPage, sentPage, startPage } from './pages.tsx'
import { proveCase, readAsked, sendAgain, startCase } from './start.ts'
import { caseView } from './wire.ts'

/** Several lines of text. Other control characters are refused. */
const Lines = Type.String({ minLength: 1, maxLength: LONGEST_TEXT, pattern: '^(?:[^\\p{Cc}]|[\\n\\r\\t])*$' })

const Solved = Type.Optional(Type.String({ maxLength: 4096 }))

/** The URLs of recovery cases, for people who have no way in (work accounts on the wire, §1.8). */
export function caseRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/cases',
    access: 'anyone',
    page: async (visit, problem) => startPage(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/cases',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({
      kind: Type.Enum([...caseKinds]),
      domain: Text(256),
      address: Text(256),
      text: Lines,
      captcha: Solved,
    }),
    fromForm: ({ captcha_form: _, ...body }) => withLines(body),
    async handle(visit, { captcha: solved = '', ...typed }) {
      const { db, act, services, locale } = visit
      const asked = readAsked(typed)
      if (captcha.required) await passCaptcha(visit, captcha, asked.domain, solved)
      if (services.floods) await countCase(db, act, visit.address)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const number = await startCase(db, act, { ...asked, browserToken, language: locale.language })
      // The tenant is that of nobody, whosever the domain is: a cookie tells what it holds.
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, CASE_HELD)
      return { ...after(visit, await opened(visit, number)), status: 201, location: `/cases/${number}` }
    },
    keeps: /^(kind|domain|address|text|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/cases/links',
    access: 'anyone',
    page: async (visit, problem): Promise<PageContent> =>
      visit.query.sent === undefined || problem ? lostPage(visit, problem) : sentPage(visit),
  })

  journeys.route({
    method: 'POST',
    url: '/cases/links',
    access: 'anyone',
    flood: 'help',
    body: Exactly({ number: Text(64), address: Text(256), captcha: Solved }),
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { captcha: solved = '', ...typed }) {
      if (captcha.required) await passCaptcha(visit, captcha, mailboxOf(typed.address).domain, solved)
      await askForLink(visit.db, visit.act, typed)
      return { status: 202, json: {}, next: '/cases/links?sent' }
    },
    keeps: /^(number|address|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/cases/:number',
    access: 'anyone',
    handle: async visit => ({ json: caseView(visit, await opened(visit)) }),
    page: async (visit, problem) => casePage(visit, await opened(visit), problem),
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/challenges',
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
    url: '/cases/:number/proofs',
    access: 'anyone',
    flood: 'prove',
    body: Exactly({ challenge: Id, code: Text(40) }),
    async handle(visit, given) {
      const found = await opened(visit)
      if (found.state !== 'prove-address') throw refuse('wrong_state')
      return after(visit, await opened(visit, await proveCase(visit.db, visit.act, found, given)))
    },
    standsOn,
  })

  for (const step of ['challenges', 'proofs'])
    journeys.redirect(`/cases/:number/${step}`, ({ number = '' }) =>
      /^LK-[A-Z]{8}$/.test(number) ? `/cases/${number}` : undefined,
    )
}

/** A browser sends two signs for each end of a line. */
const withLines = (body: Record<string, unknown>) => ({
  ...body,
  ...(typeof body.text === 'string' && { text: body.text.replace(/\r\n?/g, '\n') }),
})

const standsOn = (visit: Visit) => `/cases/${visit.params.number}`

/** The case of the address, where this browser holds it. Throws `not_found`. */
const opened = (visit: Visit, number = visit.params.number ?? ''): Promise<Case> =>
  openHeldCase(visit.db, visit.act, number, readJourneyBrowser(visit).token)

const after = (visit: Visit, one: Case) => ({ json: caseView(visit, one), next: `/cases/${one.number}` })
