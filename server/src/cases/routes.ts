import { Type } from 'typebox'
import type { Act } from '../act.ts'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { DOUBLE_CLICK } from '../challenges/index.ts'
import { isHelper, NOBODYS_TENANT } from '../directory/index.ts'
import {
  brand,
  Exactly,
  Id,
  type Journeys,
  keepJourneyBrowser,
  type PageContent,
  readJourneyBrowser,
  Text,
  typed,
  type Visit,
} from '../http/index.ts'
import { keptCheck, newDomainProof } from '../organization/index.ts'
import { Refusal } from '../refusals.ts'
import { actIn, findSession, isFresh, type Session } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { type Case, caseKinds, LONGEST_TEXT } from './case.ts'
import { proveDomain } from './domain.ts'
import { refuse } from './errors.ts'
import { findOpened, listCases } from './helpers.ts'
import { countCase } from './limits.ts'
import { CASE_HELD } from './links.ts'
import { askForLink } from './lost.ts'
import { openHeldCase } from './open.ts'
import { casePage, listPage, lostPage, type Sent, sentPage, startPage } from './pages.tsx'
import { isProviders } from './provider.ts'
import { isHeldBy } from './queries.ts'
import { learnFrom, proveCase, readAsked, readText, sendAgain, startCase } from './start.ts'
import { caseView, type Reading } from './wire.ts'
import { closeCase, type Writer, writeMessage } from './write.ts'

/** Several lines of text. Other control characters are refused. */
const Lines = Type.String({ minLength: 1, maxLength: LONGEST_TEXT, pattern: '^(?:[^\\p{Cc}]|[\\n\\r\\t])*$' })

const Solved = Type.Optional(Type.String({ maxLength: 4096 }))

/** The URLs of recovery cases, for people who have no way in (work accounts on the wire, §1.8). */
export function caseRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/cases',
    access: 'anyone',
    async handle(visit) {
      const { tenantId } = await demandHelper(visit)
      const cases = await inTenant(visit.db, tenantId, trx => listCases(trx, visit.act))
      return { json: { cases: cases.map(one => caseView(visit, { as: 'administrator', one })) } }
    },
    async page(visit, problem) {
      const helper = problem || visit.query.kind !== undefined ? undefined : await findHelper(visit)
      if (!helper) return startPage(visit, await findLearned(visit), problem)
      await brand(visit, helper.tenantId)
      return listPage(visit, await inTenant(visit.db, helper.tenantId, trx => listCases(trx, visit.act)))
    },
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
      assistant: Type.Optional(Id),
    }),
    fromForm: ({ captcha_form: _, ...body }) => withLines(body),
    async handle(visit, { captcha: solved = '', assistant, ...typed }) {
      const { db, act, services, locale } = visit
      const asked = readAsked(typed)
      if (captcha.required) await passCaptcha(visit, captcha, asked.domain, solved)
      if (services.floods) await countCase(db, act, visit.address)
      const browserToken = readJourneyBrowser(visit).token ?? act.random.token()
      const learned = assistant === undefined ? undefined : await learnFrom(db, act, assistant, browserToken)
      const own = { browserToken, language: locale.language, proof: newDomainProof(act), learned }
      const number = await startCase(db, act, { ...asked, ...own })
      // The tenant is that of nobody, whosever the domain is: a cookie tells what it holds.
      keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, CASE_HELD)
      return { ...after(visit, await opened(visit, number)), status: 201, location: `/cases/${number}` }
    },
    keeps: /^(kind|domain|address|text|captcha_form|assistant)$/,
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
    handle: async visit => ({ json: caseView(visit, await readable(visit)) }),
    async page(visit, problem) {
      const read = await readable(visit)
      if (read.as !== 'asker') await brand(visit, read.one.tenantId)
      return casePage(visit, read, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/messages',
    access: 'anyone',
    flood: 'help',
    body: Exactly({ text: Lines }),
    fromForm: withLines,
    async handle(visit, { text }) {
      const read = await readable(visit)
      const { act, writer } = writerOf(visit, read)
      await writeMessage(visit.db, act, read.one, { ...writer, text: readText(text) })
      return again(visit)
    },
    standsOn,
    keeps: /^text$/,
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/withdrawal',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      const one = await opened(visit)
      const { act, writer } = writerOf(visit, { as: 'asker', one })
      await closeCase(visit.db, act, one, { ...writer, result: 'withdrawn' })
      return after(visit, await opened(visit))
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/check',
    access: 'anyone',
    flood: 'help',
    async handle(visit) {
      const { db, services } = visit
      const one = await opened(visit)
      const { act, writer } = writerOf(visit, { as: 'asker', one })
      const look = async (name: string, proof: string) => keptCheck(act, await services.dns.check(name, proof))
      await proveDomain(db, act, one, { ...writer, look })
      return after(visit, await opened(visit))
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: '/cases/:number/closing',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ result: Type.Enum(['resolved', 'refused']), text: Type.Optional(Lines) }),
    fromForm: ({ text, ...body }) => ({ ...body, ...(text !== '' && withLines({ text })) }),
    async handle(visit, { result, text }) {
      await demandHelper(visit)
      const read = await readable(visit)
      if (read.as !== 'administrator') throw refuse('forbidden')
      const { act, writer } = writerOf(visit, read)
      const last = text === undefined ? undefined : readText(text)
      await closeCase(visit.db, act, read.one, { ...writer, result, text: last })
      return again(visit)
    },
    standsOn,
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

  for (const step of ['challenges', 'proofs', 'messages', 'check', 'withdrawal', 'closing'])
    journeys.redirect(`/cases/:number/${step}`, ({ number = '' }) =>
      /^LK-[A-Z]{8}$/.test(number) ? `/cases/${number}` : undefined,
    )
}

/** What the assistant that led to the form was told; undefined where there is none of this browser. */
async function findLearned(visit: Visit): Promise<Sent | undefined> {
  const id = typed(visit, 'assistant') ?? visit.query.assistant
  if (!id) return undefined
  const { token } = readJourneyBrowser(visit)
  const learned = await learnFrom(visit.db, visit.act, id, token).catch(error => {
    if (error instanceof Refusal) return undefined
    throw error
  })
  return learned && { assistant: id, learned }
}

/** A browser sends two signs for each end of a line. */
const withLines = (body: Record<string, unknown>) => ({
  ...body,
  ...(typeof body.text === 'string' && { text: body.text.replace(/\r\n?/g, '\n') }),
})

const standsOn = (visit: Visit) => `/cases/${visit.params.number}`

const held = (visit: Visit, number = visit.params.number ?? '') =>
  openHeldCase(visit.db, visit.act, number, readJourneyBrowser(visit).token)

/** The case of the address, where this browser holds it for the asker. Throws `not_found`. */
async function opened(visit: Visit, number?: string): Promise<Case> {
  const { as, one } = await held(visit, number)
  if (as !== 'asker') throw refuse('not_found')
  return one
}

const after = (visit: Visit, one: Case) => ({
  json: caseView(visit, { as: 'asker', one }),
  next: `/cases/${one.number}`,
})

const again = async (visit: Visit) => ({
  json: caseView(visit, await readable(visit)),
  next: `/cases/${visit.params.number}`,
})

/** The session of somebody who is asked for help in their company. A page then shows it. */
async function findHelper(visit: Visit): Promise<Session | undefined> {
  const session = await findSession(visit.db, visit.act, visit.cookies.get('session'))
  if (!session || session.requires !== null || !isHelper(session.user.roles)) return undefined
  visit.session = session
  return session
}

async function demandHelper(visit: Visit): Promise<Session> {
  const helper = await findHelper(visit)
  if (helper) return helper
  throw refuse((await findSession(visit.db, visit.act, visit.cookies.get('session'))) ? 'forbidden' : 'not_signed_in')
}

/** The case of the address, for a helper of its company, or where this browser holds it for the asker or the provider. Throws `not_found`. */
async function readable(visit: Visit): Promise<Reading> {
  const number = visit.params.number ?? ''
  const helper = await findHelper(visit)
  const theirs = helper && (await findOpened(visit.db, visit.act, helper.tenantId, number))
  if (theirs) return { as: 'administrator', one: theirs, proved: isFresh(helper.provedAt, visit.act.now) }
  // The page of who asks, and of the provider, shows no account.
  visit.session = undefined
  return held(visit)
}

/** Who writes, judged anew. A helper's proof has to be fresh. Throws `proof_needed`. */
function writerOf(visit: Visit, read: Reading): { act: Act; writer: Writer } {
  const { act, session } = visit
  const { token } = readJourneyBrowser(visit)
  if (read.as !== 'administrator') {
    const asker: Writer = { by: 'asker', holds: row => isHeldBy(act, row, token) }
    const provider: Writer = { by: 'provider', holds: (row, trx) => isProviders(trx, act, row, token) }
    return { act, writer: read.as === 'asker' ? asker : provider }
  }
  if (!session || !read.proved) throw refuse('proof_needed')
  return { act: actIn(act, session), writer: { by: 'administrator', holds: () => true } }
}
