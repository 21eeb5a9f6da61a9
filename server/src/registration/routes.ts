// This file is long because security info, and the proofs that guard it or a sign-in, are one list of URLs.

import { Type } from 'typebox'
import { challengesOf, DOUBLE_CLICK, malformedCode, type ProofOutcome, readAnswers } from '../challenges/index.ts'
import {
  type Answer,
  CredentialBody,
  credentialIn,
  Exactly,
  Id,
  isPartnerPage,
  type Journeys,
  keepSession,
  ownAddress,
  proofFromForm,
  SessionProofBody,
  type SignedInVisit,
  stepPages,
  Text,
  typed,
  type Visit,
} from '../http/index.ts'
import type { Challenge } from '../methods/index.ts'
import { listPasskeys } from '../passkeys/index.ts'
import type { MethodKind } from '../policies/index.ts'
import type { Refusal } from '../refusals.ts'
import { strengthOf } from '../sessions/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { readNumber } from '../typing/index.ts'
import { type Changed, checkMayChange, openSecurityInfo, type SecurityInfoSession } from './change.ts'
import { refuse } from './errors.ts'
import { overviewPage, removalPage, thanksPage } from './pages.tsx'
import { afterName, namePage } from './passkeyPages.tsx'
import { ownerOfPasskeys } from './passkeysOf.ts'
import { proofPage, secondStepPage } from './proofPages.tsx'
import { giveSessionProof, provingIn, requestSessionChallenge } from './prove.ts'
import { CODES_PAGE, codesPage, leaveCodes, takeCodes } from './recoveryPages.tsx'
import {
  beginRegistration,
  browserOf,
  findCreationOptions,
  finishRegistration,
  makeRecoveryCodes,
  type NewMethod,
  registering,
  registerQuestions,
} from './register.ts'
import { checkMayName, confirmMethods, findOwnPasskey, nameOwnPasskey, ownId, putOff, removeMethod } from './review.ts'
import { codePage, setUpPage } from './setUpPages.tsx'
import { entryView, newMethodChallengeView, passkeyView, securityInfoView, sessionChallengeView } from './wire.ts'

const Answers = Type.Array(Exactly({ question: Text(60), answer: Text(200) }), { minItems: 1, maxItems: 20 })

/** Security info is open to a session that has nothing to do first, or has to register or confirm. */
const access = ['register', 'confirm'] as const

/** A proof is also open to a session whose second step is due. */
const provingAccess = ['second-step', ...access] as const

/** The URLs of security info, and of fresh proofs in a session. */
export function registrationRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/security-info',
    access,
    handle: visit => answerInfo(visit),
    page: (visit, problem) =>
      onSecurityInfo(visit, async (trx, own) =>
        overviewPage(visit, own, await listPasskeys(trx, ownerOfPasskeys(own.session.user)), problem),
      ),
  })

  journeys.route({
    method: 'GET',
    url: '/security-info/set-up/:kind',
    access,
    page: (visit, problem) =>
      onSecurityInfo(visit, (_trx, own) => {
        const content = setUpPage(visit, own, visit.params.kind ?? '', problem)
        // The proof is asked for before anything is typed, which would be lost.
        checkMayChange(own, visit.act)
        return content
      }),
  })

  journeys.route({
    method: 'POST',
    url: '/security-info/challenges',
    access,
    flood: 'send',
    body: Type.Union([
      Exactly({ kind: Type.Literal('mobilePhone'), phoneNumber: Text(40), channel: Type.Enum(['sms', 'voice']) }),
      Exactly({ kind: Type.Literal('email'), address: Text(254) }),
      Exactly({ kind: Type.Literal('authenticatorCode') }),
      Exactly({ kind: Type.Literal('passkey') }),
    ]),
    fromForm: ({ country, number, ...form }) =>
      number === undefined
        ? form
        : { ...form, phoneNumber: readNumber(String(number), String(country)) ?? String(number) },
    async handle(visit, body) {
      const { session, act, locale } = visit
      const begun = await inTenant(visit.db, session.tenantId, async trx => {
        const { challenge, otpauthUri } = await beginRegistration(trx, act, session, {
          ...(body as NewMethod),
          language: locale.language,
          ...(visit.html && { repeatedWithin: DOUBLE_CLICK }),
        })
        return { ...(await viewOfNew(trx, visit, challenge)), ...(otpauthUri && { otpauthUri }) }
      })
      // The form of a passkey comes here where its script did not run.
      const next = begun.kind === 'passkey' ? `${setUpAddress('passkey')}?noscript` : '/security-info/code'
      return { status: 201, json: begun, next }
    },
    // `?again`: the form that has a new code sent.
    standsOn: visit => (visit.query.again === undefined ? setUpAddress(typed(visit, 'kind')) : '/security-info/code'),
    keeps: /^(country|number|address)$/,
  })

  journeys.route({
    method: 'GET',
    url: '/security-info/code',
    access,
    handle: visit =>
      onSecurityInfo(visit, async (trx, { session }) => {
        const { open } = await askOne(trx, challengesOf(visit.act, session.tenantId, registering(session)))
        return { json: { challenge: open ? await viewOfNew(trx, visit, open) : null } }
      }),
    page: (visit, problem) => drawCode(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/security-info/methods',
    access,
    flood: 'prove',
    body: Type.Union([
      Exactly({ challenge: Id, code: Text(40) }),
      Exactly({ challenge: Id, credential: CredentialBody, name: Type.Optional(Text(60)) }),
      Exactly({ kind: Type.Literal('securityQuestions'), answers: Answers }),
      Exactly({ kind: Type.Literal('recoveryCode') }),
    ]),
    fromForm: form => credentialIn(questionsFromForm(form)),
    async handle(visit, body): Promise<Answer> {
      const { session, db, act, services } = visit
      if ('answers' in body) {
        const done = await registerQuestions(db, act, services.hasher, {
          session,
          answers: body.answers,
          deviceCookie: visit.cookies.get('device'),
        })
        return finished(visit, done.changed, { recordId: done.methodId })
      }
      if ('kind' in body) {
        const { changed, methodId, codes } = await inTenant(db, session.tenantId, trx =>
          makeRecoveryCodes(trx, act, session, visit.cookies.get('device')),
        )
        if (visit.html) leaveCodes(visit, { methodId, codes })
        const answer = await finished(visit, changed, { recordId: methodId })
        return visit.html ? { next: CODES_PAGE } : { ...answer, json: { ...(answer.json as object), codes } }
      }
      const { challenge, ...given } = body
      const done = await finishRegistration(db, act, services, {
        session,
        challenge,
        proof: given,
        name: 'name' in given ? given.name : undefined,
        deviceCookie: visit.cookies.get('device'),
      })
      checkProof(done)
      return finished(visit, done.changed, done)
    },
    standsOn: visit =>
      typed(visit, 'kind') !== undefined
        ? setUpAddress(typed(visit, 'kind'))
        : typed(visit, 'credential') !== undefined
          ? setUpAddress('passkey')
          : '/security-info/code',
    keeps: /^question\.\d+$/,
  })

  journeys.route({
    method: 'GET',
    url: CODES_PAGE,
    // A first sheet may be due at once as the second step.
    access: provingAccess,
    page: visit =>
      onSecurityInfo(visit, (_trx, { info }) => {
        const sheet = info.recorded.find(({ kind }) => kind === 'recoveryCode')
        return codesPage(visit, takeCodes(visit, sheet?.id))
      }),
  })

  journeys.route({
    method: 'GET',
    url: '/security-info/thanks',
    access,
    page: visit => onSecurityInfo(visit, (_trx, own) => thanksPage(visit, own)),
  })

  journeys.route({
    method: 'POST',
    url: '/security-info/confirmations',
    access,
    body: Exactly({ methods: Type.Array(Id, { minItems: 1, maxItems: 20, uniqueItems: true }) }),
    fromForm: form => ({
      methods: Object.keys(form)
        .filter(name => name.startsWith('methods.'))
        .map(name => name.slice('methods.'.length)),
    }),
    async handle(visit, body) {
      const { session, act } = visit
      const changed = await inTenant(visit.db, session.tenantId, trx =>
        confirmMethods(trx, act, session, {
          ...body,
          deviceCookie: visit.cookies.get('device'),
        }),
      )
      keepSession(visit, changed)
      if (visit.html) return { next: session.requires ? '/security-info/thanks' : '/security-info' }
      return answerInfo(await again(visit))
    },
    standsOn: () => '/security-info',
  })

  journeys.route({
    method: 'POST',
    url: '/security-info/later',
    access,
    async handle(visit) {
      const { session, act } = visit
      const changed = await inTenant(visit.db, session.tenantId, trx =>
        putOff(trx, act, session, visit.cookies.get('device')),
      )
      keepSession(visit, changed)
      const next = session.next ?? '/account'
      return { status: 200, json: { state: 'signed-in', next }, next }
    },
    standsOn: () => '/security-info',
  })

  journeys.route({
    method: 'GET',
    url: '/security-info/methods/:id/removal',
    access,
    page: (visit, problem) =>
      onSecurityInfo(visit, async (trx, own) => {
        const passkeys = await listPasskeys(trx, ownerOfPasskeys(own.session.user))
        const content = removalPage(visit, own, passkeys, problem)
        checkMayChange(own, visit.act)
        return content
      }),
  })

  for (const [method, url] of [
    ['DELETE', '/security-info/methods/:id'],
    ['POST', '/security-info/methods/:id/removal'],
  ] as const)
    journeys.route({
      method,
      url,
      access,
      async handle(visit) {
        const { session, act } = visit
        await inTenant(visit.db, session.tenantId, trx => removeMethod(trx, act, session, visit.params.id ?? ''))
        return { next: '/security-info' }
      },
    })

  journeys.route({
    method: 'GET',
    url: '/security-info/passkeys/:id/name',
    access,
    page: (visit, problem) =>
      onSecurityInfo(visit, async (trx, own) => {
        const passkey = await findOwnPasskey(trx, visit.act, own, visit.params.id ?? '')
        if (!passkey) throw refuse('not_found')
        checkMayName(own, visit.act, passkey)
        return namePage(visit, own, passkey, problem)
      }),
  })

  journeys.route({
    method: 'POST',
    url: '/security-info/passkeys/:id/name',
    access,
    body: Exactly({ name: Type.Union([Type.Null(), Text(60)]) }),
    // An empty field takes the name away.
    fromForm: form => (typeof form.name === 'string' ? { ...form, name: form.name.trim() || null } : form),
    async handle(visit, { name }) {
      const { session, act, params } = visit
      await inTenant(visit.db, session.tenantId, trx =>
        nameOwnPasskey(trx, act, session, { id: params.id ?? '', name }),
      )
      return { next: afterName(visit) }
    },
    keeps: /^name$/,
  })

  journeys.route({
    method: 'GET',
    url: '/session/proof',
    access,
    handle: answerChallenge,
    page: (visit, problem) => drawProof(visit, proofPage, problem),
  })

  journeys.route({
    method: 'GET',
    url: '/session/step',
    access: ['second-step'],
    handle: answerChallenge,
    async page(visit, problem) {
      const { session } = visit
      // Back, or another tab, after the step was taken.
      const isAsked = session.requires === 'second-step' || (signInOf(visit) && strengthOf(session).acr === 'pwd')
      return isAsked ? drawProof(visit, secondStepPage, problem) : { to: afterStep(visit) }
    },
  })

  journeys.route({
    method: 'POST',
    url: '/session/challenges',
    access: provingAccess,
    flood: 'send',
    body: Exactly({
      method: Id,
      channel: Type.Optional(Type.Enum(['sms', 'voice'])),
      phoneNumber: Type.Optional(Text(40)),
    }),
    async handle(visit, body) {
      const { session, act, locale, db } = visit
      const browser = await browserOf(db, act, session, visit.cookies.get('device'))
      const answer = await inTenant(db, session.tenantId, async trx => {
        const result = await requestSessionChallenge(trx, act, session, {
          ...body,
          language: locale.language,
          browser,
          ...(visit.html && { repeatedWithin: DOUBLE_CLICK }),
        })
        if (result.outcome !== 'issued') return result
        return { ...result, view: await sessionChallengeView(trx, visit, result.challenge) }
      })
      if (answer.outcome === 'throttled') throw refuse('throttled', { retryAfter: answer.retryAfter })
      if (answer.outcome === 'mismatch') throw refuse('phone_mismatch', { field: 'phoneNumber' })
      // The form of a passkey comes here where its script did not run.
      const next = answer.view.kind === 'passkey' ? `${proofPath(visit)}&noscript` : proofPath(visit)
      return { status: 201, json: { challenge: answer.view }, next }
    },
    standsOn: standsOnProof,
  })

  journeys.route({
    method: 'POST',
    url: '/session/proofs',
    access: provingAccess,
    flood: 'prove',
    body: SessionProofBody,
    fromForm: ({ rememberBrowser, ...form }) => ({
      ...proofFromForm(form),
      ...(rememberBrowser !== undefined && { rememberBrowser: rememberBrowser === 'true' || rememberBrowser }),
    }),
    async handle(visit, { challenge, rememberBrowser, ...given }) {
      const { session, db, act, services } = visit
      const { tenantId, correlationId, user } = session
      const proof = !('answers' in given)
        ? given
        : {
            answers: await inTenant(db, tenantId, trx =>
              readAnswers(trx, act, { user, holderId: correlationId }, given.answers),
            ),
          }
      const done = await giveSessionProof(db, act, services, {
        session,
        challenge,
        proof,
        deviceCookie: visit.cookies.get('device'),
        rememberBrowser,
      })
      if (done.outcome === 'incorrect' && done.challenge.questions) {
        const drawn = done.challenge
        const view = await inTenant(db, session.tenantId, trx => sessionChallengeView(trx, visit, drawn))
        throw refuse('answers_incorrect', { triesLeft: done.left, more: { challenge: view } })
      }
      if (done.outcome === 'expired' && visit.html && 'credential' in given) throw refuse('passkey_over')
      checkProof(done)
      keepSession(visit, done.renewed)
      const { requires = session.requires } = done
      const next = !isStepping(visit) ? nextOf(visit) : requires ? stepPages[requires] : afterStep(visit)
      const codesLeft = done.outcome === 'accepted' ? done.codesLeft : undefined
      return { json: { state: requires ?? 'signed-in', ...(codesLeft !== undefined && { codesLeft }) }, next }
    },
    standsOn: standsOnProof,
    keeps: /^rememberBrowser$/,
  })

  for (const step of ['challenges', 'methods', 'confirmations', 'later'])
    journeys.redirect(`/security-info/${step}`, () => '/security-info')
  for (const step of ['challenges', 'proofs']) journeys.redirect(`/session/${step}`, () => '/session/proof')
}

const onSecurityInfo = <T>(
  visit: SignedInVisit,
  work: (trx: Trx, own: SecurityInfoSession) => T | Promise<T>,
): Promise<T> =>
  inTenant(visit.db, visit.session.tenantId, async trx =>
    work(trx, await openSecurityInfo(trx, visit.act, visit.session)),
  )

const answerInfo = (visit: SignedInVisit): Promise<Answer> =>
  onSecurityInfo(visit, async (trx, own) => ({ json: await securityInfoView(trx, visit, own) }))

/** The visit with its session as it is after a change. */
const again = async (visit: SignedInVisit): Promise<SignedInVisit> =>
  onSecurityInfo(visit, (_trx, { session }) => ({ ...visit, session }))

async function finished(
  visit: SignedInVisit,
  changed: Changed | undefined,
  { kind, recordId }: { kind?: MethodKind; recordId?: string },
): Promise<Answer> {
  keepSession(visit, changed)
  if (visit.html && kind === 'passkey' && recordId)
    return { next: `/security-info/passkeys/${ownId(visit.act, visit.session, recordId)}/name?made` }
  if (visit.html) return { next: '/security-info/thanks' }
  const json = await onSecurityInfo(visit, async (trx, { session, info }) => {
    const entry = info.entries.find(one => one.method?.id === recordId)
    if (entry) return entryView(visit, entry)
    const passkey = (await listPasskeys(trx, ownerOfPasskeys(session.user))).find(one => one.id === recordId)
    return passkey ? passkeyView(visit, info.entries.find(one => one.kind === 'passkey')!, passkey) : {}
  })
  return { status: 201, json }
}

function checkProof(done: ProofOutcome) {
  if (done.outcome === 'malformed') throw malformedCode()
  if (done.outcome === 'expired') throw refuse('challenge_expired')
  if (done.outcome === 'blocked') throw refuse('blocked', { retryAfter: done.retryAfter })
  if (done.outcome === 'incorrect' && done.challenge.kind === 'passkey')
    throw refuse('passkey_incorrect', { triesLeft: done.left })
  if (done.outcome === 'incorrect') throw refuse('code_incorrect', { field: 'code', triesLeft: done.left })
}

/** The page that sets up a method of this kind, or the overview where there is no such kind. */
const setUpAddress = (kind = '') => (/^\w{1,40}$/.test(kind) ? `/security-info/set-up/${kind}` : '/security-info')

const drawCode = (visit: SignedInVisit, problem?: Refusal) =>
  onSecurityInfo(visit, async (trx, own) => {
    const { session, act } = visit
    return codePage(visit, own, await askOne(trx, challengesOf(act, session.tenantId, registering(session))), problem)
  })

/** The challenge of a new method, with what the browser is asked to make of a passkey. */
const viewOfNew = async (trx: Trx, visit: SignedInVisit, challenge: Challenge) => ({
  ...newMethodChallengeView(visit, challenge),
  ...(challenge.kind === 'passkey' && {
    options: await findCreationOptions(trx, visit.act, visit.services, {
      user: visit.session.user,
      challenge,
    }),
  }),
})

const answerChallenge = (visit: SignedInVisit): Promise<Answer> =>
  onSecurityInfo(visit, async (trx, { session }) => {
    const { open } = await askOne(trx, challengesOf(visit.act, session.tenantId, provingIn(session)))
    return { json: { challenge: open ? await sessionChallengeView(trx, visit, open) : null } }
  })

const drawProof = (visit: SignedInVisit, draw: typeof proofPage, problem?: Refusal) =>
  onSecurityInfo(visit, async (trx, own) => {
    const { session, act } = visit
    const { open, over } = await askOne(trx, challengesOf(act, session.tenantId, provingIn(session)))
    const view = open && (await sessionChallengeView(trx, visit, open))
    return draw(visit, { own, open, over, view, path: proofPath(visit) }, problem)
  })

/** Where a fresh proof was asked for. */
const nextOf = (visit: Visit) =>
  /^\/((domains|cases|tenants|start|organization\/branding)(\/[\w.-]+)?|security-info\/(set-up\/\w+|methods\/[\w-]+\/removal|passkeys\/[\w-]+\/name))$/.test(
    visit.query.next ?? '',
  ) || isPartnerPage(visit.query.next ?? '')
    ? (visit.query.next ?? '')
    : '/security-info'

/** The sign-in to an application that asked for a second step. */
const signInOf = ({ query: { next = '' } }: Visit) => (/^\/signin\/[\w-]+$/.test(next) ? next : undefined)

/** Whether a proof is given as the second step of a sign-in. */
const isStepping = (visit: Visit) => visit.session?.requires === 'second-step' || signInOf(visit) !== undefined

/** Where the second step leads. */
const afterStep = (visit: SignedInVisit) => signInOf(visit) ?? visit.session.next ?? '/account'

const proofPath = (visit: SignedInVisit) =>
  isStepping(visit)
    ? `/session/step?next=${encodeURIComponent(afterStep(visit))}`
    : `/session/proof?next=${encodeURIComponent(nextOf(visit))}`

/** The page of a proof's form. */
const standsOnProof = (visit: Visit) =>
  ownAddress({ ...visit, path: isStepping(visit) ? '/session/step' : '/session/proof' })

/** A form asks for questions and answers in numbered pairs of fields. */
function questionsFromForm(form: Record<string, unknown>) {
  if (form.kind !== 'securityQuestions') return form
  const answers = []
  for (let place = 0; `question.${place}` in form; place++)
    answers.push({ question: form[`question.${place}`], answer: form[`answer.${place}`] })
  return { kind: form.kind, answers }
}
