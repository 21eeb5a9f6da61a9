// This file is long because every URL of a reset stands in it, with what it takes and where it leads.

import { Type } from 'typebox'
import type { Act } from '../act.ts'
import { passCaptcha } from '../captcha/captchaPages.tsx'
import type { Captcha } from '../captcha/index.ts'
import { DOUBLE_CLICK, lockChallenge, malformedCode, readAnswers } from '../challenges/index.ts'
import { isUuid } from '../crypto/index.ts'
import { readName } from '../directory/index.ts'
import {
  type Answer,
  brand,
  brandByName,
  brandByPreview,
  Exactly,
  Id,
  type Journeys,
  keepAccount,
  keepJourneyBrowser,
  keepTicket,
  noteRefused,
  ownAddress,
  Password,
  ProofBody,
  proofFromForm,
  readJourneyBrowser,
  stepPages,
  Text,
  type Visit,
} from '../http/index.ts'
import type { Refusal } from '../refusals.ts'
import { endReplacedSessions } from '../sessions/index.ts'
import { nameSignIn, openSignIn, type SignIn } from '../signin/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { readNumber } from '../typing/index.ts'
import { offeredId } from './conceal.ts'
import { contactAdministrator, helpdeskOf, isAskedToday } from './contact.ts'
import { refuse } from './errors.ts'
import { beginChoice, choosePassword, readAftermath, unlockAccount } from './finish.ts'
import { challengeOwnerOf, type Journey, type JourneyIn } from './journey.ts'
import { type Asker, lockJourney, openJourney } from './open.ts'
import { contactPage, journeyPage, startPage } from './pages.tsx'
import { startReset } from './start.ts'
import { chooseProblem, giveAtOnce, giveProof, numberKnown, requestChallenge } from './verify.ts'
import { askedTexts, type Continuation, journeyView, openOf, openView } from './wire.ts'

/** The URLs of the reset and unlock journeys. */
export function resetRoutes(journeys: Journeys, captcha: Captcha) {
  journeys.route({
    method: 'GET',
    url: '/reset',
    access: 'anyone',
    page: async (visit, problem) => {
      const signIn = await findOwnSignIn(visit, visit.query.signin)
      const query = { ...(signIn?.username && { username: signIn.username }), ...visit.query }
      const named = { ...visit, query }
      await brandByName(named)
      return startPage(named, problem)
    },
  })

  journeys.route({
    method: 'GET',
    url: '/reset/preview/:tenant',
    access: 'anyone',
    async page(visit) {
      await brandByPreview(visit, visit.params.tenant ?? '', visit.query.look ?? '')
      return { ...startPage(visit), scripts: [], framed: true }
    },
  })

  journeys.route({
    method: 'POST',
    url: '/reset',
    access: 'anyone',
    flood: 'begin',
    body: Exactly({
      username: Text(256),
      captcha: Type.Optional(Type.String({ maxLength: 4096 })),
      signin: Type.Optional(Text(64)),
    }),
    // The form's token in place of a captcha is no part of the body: the JSON form does not have it.
    fromForm: ({ captcha_form: _, ...body }) => body,
    async handle(visit, { username, captcha: solved = '', signin }) {
      if (captcha.required) await passCaptcha(visit, captcha, readName(username).domain, solved)
      const token = readJourneyBrowser(visit).token ?? visit.services.random.token()
      const journey = await startReset(visit.db, visit.act, {
        username,
        browserToken: token,
        homeOf: visit.services.passwordChecks.homeOf,
        deviceCookie: visit.cookies.get('device'),
        language: visit.locale.language,
        signIn: await findOwnSignIn(visit, signin),
      })
      keepJourneyBrowser(visit, token, journey.tenantId)
      return { ...after(visit, journey), status: 201, location: `/reset/${journey.id}` }
    },
    keeps: /^(username|captcha_form)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/reset/:id',
    access: 'anyone',
    handle: visit => answerJourney(visit),
    page: (visit, problem) => draw(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/problem',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ problem: Type.Enum(['forgot', 'unlock']) }),
    async handle(visit, { problem }) {
      await onJourney(visit, lockJourney, (trx, journey) => chooseProblem(trx, stepOf(visit), journey, problem))
      return reread(visit)
    },
    standsOn: journeyAddress,
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/challenges',
    access: 'anyone',
    flood: 'send',
    body: Exactly({
      method: Id,
      channel: Type.Optional(Type.Enum(['sms', 'voice'])),
      phoneNumber: Type.Optional(Text(40)),
    }),
    fromForm: ({ method, channel, country, number }) => ({
      ...(method !== undefined && { method }),
      ...(channel !== undefined && { channel }),
      ...(number !== undefined && { phoneNumber: readNumber(String(number), String(country)) ?? String(number) }),
    }),
    async handle(visit, body) {
      const result = await onJourney(visit, lockJourney, async (trx, journey) => {
        // In another state the state is the error, not the body.
        const misfit = journey.state === 'verify' && findMisfit(visit, journey, body)
        if (misfit) throw refuse('invalid_request', { errors: [{ field: 'phoneNumber', code: misfit }] })
        const asked = await requestChallenge(trx, stepOf(visit), journey, {
          ...body,
          ...(visit.html && { repeatedWithin: DOUBLE_CLICK }),
        })
        if (asked.outcome !== 'issued') return asked
        return { ...asked, texts: await askedTexts(trx, visit.locale, asked.journey, openOf(asked.journey)) }
      })
      if (result.outcome === 'throttled') throw refuse('throttled', { retryAfter: result.retryAfter })
      if (result.outcome === 'mismatch') throw refuse('phone_mismatch', { field: 'phoneNumber' })
      // The form of a passkey comes here where its script did not run.
      if (visit.html && openOf(result.journey)?.kind === 'passkey')
        return { next: `/reset/${result.journey.id}?noscript` }
      return { ...after(visit, result.journey, result.texts), status: 201 }
    },
    standsOn: journeyAddress,
    keeps: /^(country|number)$/,
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/proofs',
    access: 'anyone',
    flood: 'prove',
    body: ProofBody,
    fromForm: proofFromForm,
    async handle(visit, { challenge, ...given }) {
      const { db, services } = visit
      const judged = await onJourney(visit, openJourneyAt(challenge), async (trx, { journey, row }) => {
        if ('answers' in given) return { journey }
        const asked = { journey, challenge, locked: { row }, proof: given }
        return { journey, result: await giveAtOnce(trx, stepOf(visit), services, asked) }
      })
      const { journey } = judged
      const result =
        judged.result ?? (await giveAnswers(visit, journey, challenge, 'answers' in given ? given.answers : []))
      if (result.outcome === 'malformed') throw malformedCode()
      if (result.outcome === 'expired')
        throw refuse(visit.html && 'credential' in given ? 'passkey_over' : 'challenge_expired')
      if (result.outcome === 'blocked') throw refuse('blocked', { retryAfter: result.retryAfter })
      if (result.outcome === 'incorrect') {
        if ('code' in given) throw refuse('code_incorrect', { field: 'code', triesLeft: result.left })
        if ('credential' in given) throw refuse('passkey_incorrect', { triesLeft: result.left })
        const open = result.challenge
        const texts = await inTenant(db, journey.tenantId, trx => askedTexts(trx, visit.locale, journey, open))
        throw refuse('answers_incorrect', {
          triesLeft: result.left,
          more: { challenge: openView(visit, journey, open, texts) },
        })
      }
      return result.journey ? after(visit, result.journey) : reread(visit)
    },
    standsOn: journeyAddress,
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/password',
    access: 'anyone',
    flood: 'step',
    hashes: true,
    body: Exactly({ newPassword: Password }),
    fromForm: ({ newPassword, password2, ...rest }) => {
      if (newPassword !== '' && password2 !== undefined && password2 !== newPassword)
        throw refuse('passwords_differ', { field: 'password2' })
      return { newPassword, ...rest }
    },
    async handle(visit, { newPassword }) {
      const { db, act, services } = visit
      const choice = await onJourney(visit, openJourney, (trx, found) =>
        beginChoice(trx, act, services.passwordChecks, found),
      )
      const result = await choosePassword(db, stepOf(visit), services.passwordChecks, {
        ...choice,
        newPassword,
        asker: askerOf(visit),
      })
      if (result.outcome === 'refused') throw result.refusal
      if (result.outcome === 'unable') return after(visit, result.journey)
      visit.cookies.set('device', result.deviceCookie)
      const { signedIn } = result
      const done = await afterEnd(visit, result.journey)
      if (!signedIn) return done
      await endReplacedSessions(db, act, visit.cookies.get('session'), signedIn.sessionCookie)
      keepTicket(visit, signedIn.sessionCookie)
      if (signedIn.requires === null && result.journey.user) keepAccount(visit, result.journey.user)
      const onward = await onwardOf(visit, result.journey)
      if (onward && !signedIn.requires) {
        if (visit.html) return { next: onward.next }
        return { json: { ...(done.json as object), session: 'signed-in', next: onward.next } }
      }
      const next = signedIn.requires ? stepPages[signedIn.requires] : '/account'
      if (visit.html) return { next: `${next}?changed` }
      return { json: { ...(done.json as object), session: signedIn.requires ?? 'signed-in', next } }
    },
    standsOn: journeyAddress,
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/unlock',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      const journey = await onJourney(visit, openJourney, async (_trx, found) => found)
      const { db, services } = visit
      const done = await unlockAccount(db, stepOf(visit), services.passwordChecks, { journey, asker: askerOf(visit) })
      return done.state === 'finished' ? afterEnd(visit, done) : after(visit, done)
    },
    standsOn: journeyAddress,
  })

  journeys.route({
    method: 'GET',
    url: '/reset/:id/contact',
    access: 'anyone',
    async page(visit, problem) {
      const { journey, asked } = await onJourney(visit, openJourney, async (trx, found) => ({
        journey: found,
        asked: await isAskedToday(trx, visit.act, found),
      }))
      await brand(visit, journey.tenantId)
      return contactPage(visit, journey, asked, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/reset/:id/contact',
    access: 'anyone',
    flood: 'help',
    async handle(visit): Promise<Answer> {
      const json = await onJourney(visit, lockJourney, async (trx, journey) => {
        const helpdesk = helpdeskOf(journey)
        if (helpdesk !== undefined) return { helpdesk }
        return { asked: await contactAdministrator(trx, stepOf(visit), journey) }
      })
      return { status: 202, json, next: `/reset/${visit.params.id}/contact` }
    },
  })

  for (const step of ['problem', 'challenges', 'proofs', 'password', 'unlock'])
    journeys.redirect(`/reset/:id/${step}`, ({ id = '' }) => (isUuid(id) ? `/reset/${id}` : undefined))
}

/** The page of a journey's forms, with the method that was chosen there. */
const journeyAddress = (visit: Visit) => ownAddress({ ...visit, path: `/reset/${visit.params.id}` })

/** Whether the request for a challenge lacks a phone number, or has one that its method does not ask for. */
function findMisfit(visit: Visit, journey: JourneyIn<'verify'>, asked: { method: string; phoneNumber?: string }) {
  const phone = journey.methods.some(
    method => method.kind === 'mobilePhone' && offeredId(visit.act, journey, method) === asked.method,
  )
  if (asked.phoneNumber !== undefined) return phone ? undefined : 'unknown'
  return phone && !numberKnown(journey) ? 'required' : undefined
}

const askerOf = (visit: Visit, browser = readJourneyBrowser(visit)): Asker => ({
  browserToken: browser.token,
  deviceCookie: visit.cookies.get('device'),
})

/** A step of the journey of the URL, whose events share its id. */
const stepOf = ({ act, params }: Visit): Act => ({ ...act, trail: { ...act.trail, correlationId: params.id ?? '' } })

/** Runs `work` on the journey of the URL, in a transaction of its tenant. A journey of another browser is not found. */
async function onJourney<J, T>(
  visit: Visit,
  open: (...asked: Parameters<typeof openJourney>) => Promise<J | undefined>,
  work: (trx: Trx, journey: J) => Promise<T>,
): Promise<T> {
  const id = visit.params.id ?? ''
  const browser = readJourneyBrowser(visit)
  if (!isUuid(id)) throw refuse('not_found')
  for (const tenantId of browser.tenants) {
    const found = await inTenant(visit.db, tenantId, async trx => {
      const journey = await open(trx, visit.act, { tenantId, id }, askerOf(visit, browser))
      return journey && { result: await work(trx, journey) }
    })
    if (found) return found.result
  }
  throw refuse('not_found')
}

/** Opens a journey, and in the same flight locks the challenge that is answered. */
const openJourneyAt =
  (challenge: string) =>
  async (...asked: Parameters<typeof openJourney>) => {
    const [trx, act, key] = asked
    const [journey, row] = await Promise.all([
      openJourney(...asked),
      lockChallenge(trx, act, challengeOwnerOf(key), challenge),
    ])
    return journey && { journey, row }
  }

async function answerJourney(visit: Visit): Promise<Answer> {
  const { journey, texts } = await onJourney(visit, openJourney, async (trx, found) => ({
    journey: found,
    texts: await askedTexts(trx, visit.locale, found, openOf(found)),
  }))
  const onward = await onwardOf(visit, journey)
  return { json: journeyView(visit, journey, { texts, onward }) }
}

/** A sign-in that this browser has begun; undefined for any other. */
async function findOwnSignIn(visit: Visit, id: string | undefined): Promise<SignIn | undefined> {
  if (id === undefined) return undefined
  const { token: browserToken, tenants } = readJourneyBrowser(visit)
  for (const tenantId of tenants) {
    const asking = {
      tenantId,
      by: { id },
      visitor: { browserToken, ticket: undefined, accounts: 0 },
      origin: visit.services.origin,
    }
    const found = await openSignIn(visit.db, visit.act, asking)
    if (found) return found.signIn
  }
  return undefined
}

/** Where a finished journey leads on to: the sign-in at which it was begun, also one whose time is over. */
async function onwardOf(visit: Visit, { state, signInId }: Journey): Promise<Continuation | undefined> {
  const signIn = state === 'finished' ? await findOwnSignIn(visit, signInId) : undefined
  if (!signIn) return undefined
  const { id, application } = signIn
  return {
    application: application ? { id: application.appId, displayName: application.displayName } : null,
    next: `/signin/${id}`,
  }
}

/** After the end of a journey: its sign-in goes on with the name of the reset. */
async function afterEnd(visit: Visit, journey: Journey): Promise<Answer> {
  const signIn = await findOwnSignIn(visit, journey.signInId)
  if (signIn?.state === 'name' || signIn?.state === 'password')
    await nameSignIn(visit.db, visit.act, signIn, journey.typedName)
  return after(visit, journey, [], await onwardOf(visit, journey))
}

/** After a step: the journey as the step left it, or for a form the way back to its page. */
function after(visit: Visit, journey: Journey, texts: readonly string[] = [], onward?: Continuation): Answer {
  // What the person is told, which is not what holds where accounts are concealed.
  if (journey.state === 'refused') noteRefused(visit, { code: journey.refusal, username: journey.typedName })
  if (journey.state === 'finished') visit.cookies.clear('refused')
  return visit.html ? { next: `/reset/${journey.id}` } : { json: journeyView(visit, journey, { texts, onward }) }
}

/** The same, with the journey read anew. */
const reread = async (visit: Visit): Promise<Answer> =>
  visit.html ? { next: `/reset/${visit.params.id}` } : answerJourney(visit)

async function draw(visit: Visit, problem?: Refusal) {
  const found = await onJourney(visit, openJourney, async (trx, journey) => ({
    journey,
    texts: await askedTexts(trx, visit.locale, journey, openOf(journey)),
    aftermath: await readAftermath(trx, visit.act, journey),
  }))
  const { journey, texts, aftermath } = found
  await brand(visit, journey.tenantId)
  const onward = await onwardOf(visit, journey)
  const view = journeyView(visit, journey, { texts, onward })
  return journeyPage({ visit, journey, view, aftermath, problem })
}

/** Answers are hashed, and nobody hashes inside the transaction that has opened the journey. */
async function giveAnswers(
  visit: Visit,
  journey: Journey,
  challenge: string,
  given: Parameters<typeof readAnswers>[3],
) {
  const { db, act, services } = visit
  const { account, id, tenantId } = journey
  // Read for nobody too: a statement that unknown names skip could be measured.
  const answers = await inTenant(db, tenantId, trx => readAnswers(trx, act, { user: account, holderId: id }, given))
  return giveProof(db, stepOf(visit), services, { journey, challenge, proof: { answers } })
}
