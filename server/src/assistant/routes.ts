import { Type } from 'typebox'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findTenantId, NOBODYS_TENANT, readName } from '../directory/index.ts'
import {
  type Answer,
  brand,
  brandByName,
  Exactly,
  type Journeys,
  keepJourneyBrowser,
  readJourneyBrowser,
  readRefused,
  Text,
  type Visit,
} from '../http/index.ts'
import { findSession, type Session } from '../sessions/index.ts'
import { askSupport } from '../support/wire.ts'
import type { Assistant } from './assistant.ts'
import { askAdministrators } from './contact.ts'
import { assistantPage, contactPage, providerPage, startPage } from './pages.tsx'
import { askProvider } from './provider.ts'
import { openAssistant } from './queries.ts'
import { answerQuestion, goBack, startAssistant } from './steps.ts'
import { type QuestionId, questions } from './tree.ts'
import { assistantView, type Scene } from './wire.ts'

const START = '/help/sign-in'

/** The URLs of the assistant of people who cannot sign in (work accounts on the wire, §1.7). */
export function assistantRoutes(journeys: Journeys, captcha: Captcha) {
  const after = async (visit: Visit, one: Assistant): Promise<Answer> =>
    visit.html ? { next: `${START}/${one.id}` } : { json: assistantView(visit, await readScene(visit, one)) }

  journeys.route({
    method: 'GET',
    url: START,
    access: 'anyone',
    async page(visit, problem) {
      await brandByName(visit)
      const session = await findFullSession(visit)
      const known = visit.query.username || readRefused(visit)?.username || session?.user.userPrincipalName
      return startPage(visit, known, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: START,
    access: 'anyone',
    flood: 'begin',
    body: Exactly({
      username: Type.Optional(Text(256)),
      captcha: Type.Optional(Type.String({ maxLength: 4096 })),
    }),
    fromForm: ({ captcha_form: _, username, ...body }) => ({
      ...body,
      ...(username !== undefined && String(username).trim() !== '' && { username }),
    }),
    async handle(visit, { username, captcha: solved = '' }) {
      const { db, act, html } = visit
      if (captcha.required) await passCaptcha(visit, captcha, readName(username ?? '').domain, solved)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const refused = readRefused(visit)
      // The page has asked for the name already.
      const name = username ?? (html || refused ? undefined : (await findFullSession(visit))?.user.userPrincipalName)
      const one = await startAssistant(db, act, {
        browserToken,
        username: name,
        refused,
        isNameless: html && name === undefined,
      })
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT)
      return { ...(await after(visit, one)), status: 201, location: `${START}/${one.id}` }
    },
    keeps: /^(username|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: `${START}/:id`,
    access: 'anyone',
    handle: async visit => ({ json: assistantView(visit, await readScene(visit, await opened(visit))) }),
    page: async (visit, problem) => assistantPage(visit, await readScene(visit, await opened(visit)), problem),
  })

  journeys.route({
    method: 'POST',
    url: `${START}/:id/answers`,
    access: 'anyone',
    flood: 'step',
    body: Exactly({ question: Type.Enum(Object.keys(questions) as QuestionId[]), answer: Text(500) }),
    handle: async (visit, given) => after(visit, await answerQuestion(visit.db, visit.act, await opened(visit), given)),
    standsOn,
    keeps: /^answer$/,
  })

  journeys.route({
    method: 'POST',
    url: `${START}/:id/back`,
    access: 'anyone',
    flood: 'step',
    handle: async visit => after(visit, await goBack(visit.db, visit.act, await opened(visit))),
    standsOn,
  })

  journeys.route({
    method: 'GET',
    url: `${START}/:id/contact`,
    access: 'anyone',
    async page(visit, problem) {
      const one = await opened(visit)
      return contactPage(visit, await readScene(visit, one), problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: `${START}/:id/contact`,
    access: 'anyone',
    flood: 'help',
    body: Exactly({ username: Type.Optional(Text(256)) }),
    async handle(visit, { username: named }) {
      const { db, cookies, locale, params } = visit
      const one = await opened(visit)
      const browserToken = readJourneyBrowser(visit).token ?? ''
      const asker = { browserToken, deviceCookie: cookies.get('device'), language: locale.language, named }
      const json = await askAdministrators(db, visit.act, one, asker)
      const page = `/${params.id}/contact`
      if (!('helpdesk' in json)) return { status: 202, json, next: `${START}${page}?answer=${json.asked}` }
      // The reset of this id has a page that leads to the help desk.
      keepJourneyBrowser(visit, browserToken, await findTenantId(db, readName(one.username ?? named ?? '').domain))
      return { status: 202, json, next: `/reset${page}` }
    },
    keeps: /^username$/,
  })

  journeys.route({
    method: 'GET',
    url: `${START}/:id/provider`,
    access: 'anyone',
    page: async (visit, problem) => providerPage(visit, await readScene(visit, await opened(visit)), problem),
  })

  journeys.route({
    method: 'POST',
    url: `${START}/:id/provider`,
    access: 'anyone',
    flood: 'help',
    body: Exactly({ username: Type.Optional(Text(256)) }),
    async handle(visit, { username: named }) {
      const { db, act, cookies } = visit
      const asked = await askProvider(db, act, await opened(visit), { named, deviceCookie: cookies.get('device') })
      return { status: 202, json: { asked }, next: `${visit.path}?answer=${asked}` }
    },
    keeps: /^username$/,
  })

  for (const step of ['answers', 'back'])
    journeys.redirect(`${START}/:id/${step}`, ({ id = '' }) => (isUuid(id) ? `${START}/${id}` : undefined))
}

const standsOn = ({ params }: Visit) => `${START}/${params.id}`

/** The assistant of the address, where this browser began it. Throws `not_found`. */
const opened = (visit: Visit): Promise<Assistant> =>
  openAssistant(visit.db, visit.act, visit.params.id ?? '', readJourneyBrowser(visit).token)

/** A session that has no step left to take. */
async function findFullSession({ db, act, cookies }: Visit): Promise<Session | undefined> {
  const session = await findSession(db, act, cookies.get('session'))
  return session?.requires === null ? session : undefined
}

/** What is shown, by what holds now. */
async function readScene(visit: Visit, one: Assistant): Promise<Scene> {
  const tenantId = await findTenantId(visit.db, one.domain ?? '')
  if (visit.html) await brand(visit, tenantId)
  if (!('leaf' in one.at)) return { one, tenantId, support: undefined, isGlobal: false }
  const session = await findFullSession(visit)
  const support = await askSupport(visit, { tenantId, user: session?.user })
  return { one, tenantId, support, isGlobal: session?.user.roles.includes('Global Administrator') ?? false }
}
