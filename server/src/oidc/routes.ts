import type { FastifyInstance, FastifyReply } from 'fastify'
import { type AdapterPayload, errors, type InteractionResults } from 'oidc-provider'
import { Type } from 'typebox'
import {
  ANSWER_POLICY,
  brand,
  checkFlood,
  drawPage,
  dropTicket,
  Exactly,
  type Journeys,
  keepJourneyBrowser,
  onwardPage,
  openDoor,
  type PageContent,
  type Requests,
  readAccounts,
  readJourneyBrowser,
  sessionIn,
  signedOutPage,
  Text,
  type Visit,
} from '../http/index.ts'
import { type Requirement, type Session, ticketFor } from '../sessions/index.ts'
import { beginSignIn, finishSignIn, type OpenedSignIn, openSignIn, type SignIn, signOut } from '../signin/index.ts'
import { chooseLanguage } from '../words/index.ts'
import { answerOf } from './answer.ts'
import { bodyOf, REFUSED, toldOf } from './errors.ts'
import { type Interactions, openExchange, sessionView } from './exchange.ts'
import { type Facts, readFacts } from './facts.ts'
import { createSigningKeys } from './keys.ts'
import { checkLogoutToken, logoutToken, readLogout, writeLogout } from './logout.ts'
import { wordsOf } from './numbers.ts'
import { answerPage, errorPage, logoutPage, logoutRefusedPage, numberPage, organizationPage } from './pages.tsx'
import { findHome, withSecondStep } from './partners.ts'
import { findPlace, isOfAll, type Place, tenantUnknown } from './places.ts'
import { createProviders, issuerOf, REQUEST, SESSION } from './provider.ts'
import { createRules } from './rules.ts'

/** The door for applications: an OpenID provider for each tenant, at `/{tenantId}/v2.0`. */
export const openProviders = (app: FastifyInstance, requests: Requests): Promise<void> =>
  openDoor(app, door => addProviders(door, requests))

function addProviders(door: FastifyInstance, requests: Requests) {
  const { services } = requests
  // The library reads the forms itself, and no more of them than it takes.
  door.removeAllContentTypeParsers()
  door.addContentTypeParser('*', (_request, _payload, done) => done(null))
  const keysOf = createSigningKeys(services.db)
  const providerOf = createProviders(now => createRules(services, now))

  for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
    requests.addEndpoint(
      door,
      { method, url: '/:tenant/v2.0/*', flood: 'token' },
      async (visit, enter, { request, reply }) => {
        await enter()
        const place = await findPlace(visit.db, visit.params, request.raw).catch(failure => ({ failure }))
        if ('to' in place) return reply.redirect(place.to, 303)
        if ('asksName' in place) {
          reply.type('text/html; charset=utf-8')
          return reply.send(drawPage(visit, organizationPage(visit, place.asksName)))
        }
        if ('failure' in place) return refuse(visit, reply, place.failure)
        const { tenantId, path } = place
        const own = isOfAll(place) ? { keys: [] } : await readFacts(visit.db, visit.act, place)
        if (!own) return refuse(visit, reply, tenantUnknown())
        if (/^\/logout(\/done)?(\?|$)/.test(path)) return answerLogout(visit, reply, { tenantId, path })
        const found = resumed(path)
        const opened = found === undefined ? undefined : await open(visit, tenantId, found)
        const led = ledOn(opened) ?? (await ledHere(visit, place, own))
        const { homeId, issuerId } = led
        const { session, requires } = restrict(opened ? opened.session : await sessionIn(visit, homeId))
        const away = opened && wayFrom(opened.signIn)
        if (away) return reply.redirect(away, 303)
        let busy: Error | undefined
        const noteFault = (failure: Error) => {
          const refusal = requests.refusalOf(failure, request)
          if (refusal.retryAfter !== undefined) busy = refusal
          return refusal.retryAfter
        }
        const known = issuerId === tenantId ? own.keys : []
        const makesKey = known.length === 0 && !isOfAll(place)
        const keys = makesKey ? await keysOf(visit.act, issuerId) : known
        const trail = { ...visit.act.trail, correlationId: visit.act.random.uuid(visit.act.now) }
        const act = { ...visit.act, trail }
        const { 'sec-fetch-dest': destination = 'document' } = request.headers
        const customerId = homeId === issuerId ? undefined : issuerId
        const interactions = interactionsOf(visit, homeId, { opened, noteFault, destination, customerId })
        const exchange = openExchange(
          visit.db,
          act,
          {
            origin: services.origin,
            tenantId: homeId,
            customerId,
            session,
            requires,
            facts: { ...led.facts, ...knownOf(opened), keys },
          },
          interactions,
        )
        const going = customerId !== undefined && /^\/authorize(\?|$)/.test(path) ? withSecondStep(path) : path
        const asked = new URL(going, services.origin).searchParams
        // What was pushed says itself what it asked for.
        exchange.offline =
          customerId === undefined &&
          !asked.has('request_uri') &&
          (asked.get('scope') ?? '').split(' ').includes('offline_access')
        const answer = await answerOf(place.request, (raw, response) => {
          raw.headers.cookie = [session && `${SESSION}=${session.id}`, found && `${REQUEST}=${found}`]
            .filter(Boolean)
            .join('; ')
          return providerOf(services.origin, issuerId, keys)(
            exchange,
            { ...place, ...(issuerId !== tenantId && { mount: issuerId }), path: going },
            raw,
            response,
          )
        })
        // A browser gets our own page, with the time to wait: an application would send it here again.
        if (busy && /^\/authorize/.test(path)) throw busy
        if (exchange.posted) {
          await brand(visit, tenantId)
          reply.header('content-security-policy', ANSWER_POLICY).type('text/html; charset=utf-8')
          return reply.send(drawPage(visit, answerPage(visit, exchange.posted)))
        }
        const { 'content-length': _, ...headers } = answer.headers
        return reply.code(answer.status).headers(headers).send(answer.body)
      },
    )
  }
}

/** Explains an error by its number, to which `error_uri` leads. */
export const errorRoutes = (journeys: Journeys) =>
  journeys.route({
    method: 'GET',
    url: '/error',
    access: 'anyone',
    async handle({ query, locale: { t } }) {
      const code = Number(query.code)
      return { json: { code, ...wordsOf(t, code) } }
    },
    page: async visit => numberPage(visit, Number(visit.query.code)),
  })

/**
 * A confirmed sign-out, from our own page alone. It ends on another page of ours, because browsers block forms that lead
 * to another origin.
 */
export const logoutRoutes = (journeys: Journeys) =>
  journeys.route({
    method: 'POST',
    url: '/:tenant/v2.0/logout/confirm',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ token: Text(64), request: Type.String({ maxLength: 8192 }) }),
    async handle(visit, { token, request }) {
      const { db, act, params } = visit
      const tenantId = params.tenant ?? ''
      const session = await sessionIn(visit, tenantId)
      // A second click, or a page that was left open, goes on as the first one did.
      if (session || !visit.html) checkLogoutToken(act.keys, session, token)
      if (session) {
        await signOut(db, act, session)
        dropTicket(visit, tenantId)
      }
      const asked = new URLSearchParams(request)
      const done = `/${encodeURIComponent(tenantId)}/v2.0/logout/done?${asked}`
      return { next: asked.has('post_logout_redirect_uri') || !session ? done : signedOutPage(session) }
    },
  })

/** Whose people sign in, at whose issuer, and what was read of them. At a customer's issuer the people of a partner do. */
interface Led {
  homeId: string
  issuerId: string
  facts: Facts
}

/** The same of a sign-in that leads back to a customer's issuer, from the address of the home. */
function ledOn(opened: OpenedSignIn | undefined): Led | undefined {
  const { customerId } = (opened?.request ?? {}) as { customerId?: string }
  return opened && customerId !== undefined
    ? { homeId: opened.signIn.tenantId, issuerId: customerId, facts: { keys: [] } }
    : undefined
}

async function ledHere({ db, act }: Visit, place: Place, facts: Facts): Promise<Led> {
  const { tenantId } = place
  const home = facts.application || isOfAll(place) ? undefined : await findHome(db, act, place)
  return home
    ? { homeId: home.tenantId, issuerId: tenantId, facts: home.facts }
    : { homeId: tenantId, issuerId: tenantId, facts }
}

/** Answers an application's request to sign somebody out (single sign-on, §1). */
async function answerLogout(visit: Visit, reply: FastifyReply, { tenantId, path }: Pick<Place, 'tenantId' | 'path'>) {
  const { db, act, services } = visit
  const issuer = issuerOf(services.origin, tenantId)
  const asked = new URL(path, services.origin).searchParams
  await brand(visit, tenantId)
  const show = (page: PageContent, status = 200) => {
    if (page.onward !== undefined) reply.header('refresh', `0;url=${page.onward}`)
    return reply.code(status).type('text/html; charset=utf-8').send(drawPage(visit, page))
  }
  const request = await readLogout(db, act, { tenantId, issuer }, asked).catch((failure: Error) => {
    if (failure instanceof errors.OIDCProviderError) return failure
    throw failure
  })
  if (request instanceof Error) return show(logoutRefusedPage(visit, toldOf(request)), 400)
  const session = await sessionIn(visit, tenantId)
  const { application, hint, back } = request
  const name = application?.displayName
  if (session && hint?.sid === session.sid && hint.userId === session.user.id) {
    await signOut(db, act, session, name)
    dropTicket(visit, tenantId)
    return reply.redirect(back ?? signedOutPage(session), 303)
  }
  if (session) {
    const hidden = { token: logoutToken(act.keys, session), request: writeLogout(request, asked) }
    const username = session.user.userPrincipalName
    return show(logoutPage(visit, { application: name, username, action: `/${tenantId}/v2.0/logout/confirm`, hidden }))
  }
  if (back === undefined) return reply.redirect('/signin?signed-out', 303)
  if (!path.startsWith('/logout/done')) return reply.redirect(back, 303)
  const title = visit.locale.t('signin.logout.done')
  return show({ ...onwardPage(visit, { title, application: name ?? '', to: back }), home: '/' })
}

/** Answers a failure for which no tenant’s provider could be found. */
function refuse(visit: Visit, reply: FastifyReply, failure: Error) {
  if (!(failure instanceof errors.OIDCProviderError)) throw failure
  const { act, services } = visit
  if (/^\/authorize/i.test(`/${visit.params['*']}`) && visit.html)
    return reply
      .code(400)
      .type('text/html; charset=utf-8')
      .send(drawPage(visit, errorPage(visit, toldOf(failure))))
  return reply.code(400).send(bodyOf(toldOf(failure), act.now, act.random.uuid(act.now), services.origin))
}

/** The request that an address goes on with, after its sign-in. */
const resumed = (path: string) => /^\/authorize\/([\w-]+)$/.exec(path)?.[1]

/** A browser's full session, or what it requires before it is one. */
function restrict(session: Session | undefined): { session?: Session; requires?: Requirement } {
  if (!session) return {}
  return session.requires === null ? { session } : { requires: session.requires }
}

/** The sign-in of a request, in this browser. */
const open = (visit: Visit, tenantId: string, requestId: string) =>
  openSignIn(visit.db, visit.act, {
    tenantId,
    by: { requestId },
    visitor: {
      browserToken: readJourneyBrowser(visit).token,
      ticket: ticketFor(visit.cookies.get('session'), tenantId),
      accounts: readAccounts(visit).length,
    },
    origin: visit.services.origin,
  })

/** What was read with a sign-in. */
const knownOf = (opened: OpenedSignIn | undefined): Pick<Facts, 'application' | 'person'> =>
  (opened?.signIn.application && {
    application: opened.signIn.application,
    person: { user: opened.session?.user, grants: opened.grants },
  }) ||
  {}

/** Where a browser goes that comes back to a request whose sign-in is not ready, or has led to the application before. */
function wayFrom(signIn: SignIn): string | undefined {
  if (signIn.state === 'finished' || signIn.state === 'refused') return undefined
  return signIn.state === 'over' ? (signIn.application?.homePageUrl ?? '/account') : `/signin/${signIn.id}`
}

/** The sign-in of the request that a browser comes back to, what logs a fault, and what the browser wants the answer for. */
interface Returned {
  opened: Awaited<ReturnType<typeof open>>
  noteFault: Interactions['noteFault']
  destination: string | string[]
  customerId: string | undefined
}

function interactionsOf(
  visit: Visit,
  tenantId: string,
  { opened, noteFault, destination, customerId }: Returned,
): Interactions {
  const { db, act } = visit
  let page: string | undefined
  const checkKept = () => checkFlood(visit, 'open')
  return {
    noteFault,
    checkKept,
    async keepInteraction(requestId, payload) {
      const reasons = (payload.prompt as { reasons?: string[] } | undefined)?.reasons ?? []
      // People sign in in a page alone. Images of any site would use up the limit of a whole office.
      if (destination !== 'document') throw new errors.LoginRequired()
      await checkKept()
      // The hint is a typed name, which is kept sealed alone.
      const { login_hint: hint, ...params } = (payload.params ?? {}) as Record<string, string | undefined>
      const token = readJourneyBrowser(visit).token ?? act.random.token()
      keepJourneyBrowser(visit, token, tenantId)
      const id = await beginSignIn(db, act, tenantId, {
        browser: { token, language: visit.locale.language },
        username: hint?.slice(0, 256),
        anew: reasons.some(reason => ANEW.includes(reason)),
        request: {
          appId: params.client_id ?? '',
          id: requestId,
          content: { ...payload, params, ...(customerId !== undefined && { customerId }) },
        },
      })
      page = `/signin/${id}`
    },
    async findInteraction(requestId) {
      if (opened?.signIn.requestId !== requestId) return undefined
      return { ...(opened.request as AdapterPayload), result: resultOf(opened.signIn) } as AdapterPayload
    },
    async endInteraction(requestId) {
      if (opened?.signIn.requestId !== requestId || !(await finishSignIn(db, act, opened.signIn)))
        throw new errors.InvalidRequest('sign-in has led to its application before')
    },
    signInPage: () => page!,
    async drawError(failure) {
      await brand(visit, tenantId)
      return drawPage(visit, errorPage(visit, toldOf(failure as Parameters<typeof toldOf>[0])))
    },
    deviceAddress(userCode, languages) {
      const { locale, services } = visit
      const { words, origin } = services
      const { t } = languages ? words.in(chooseLanguage([...languages.split(' '), locale.language])) : locale
      const page = `${origin}/device`
      return { page, message: t('device.message', { address: page, code: userCode }) }
    },
  }
}

/** Why a password has to be typed, though somebody is signed in. */
const ANEW = ['login_prompt', 'max_age', 'id_token_hint', 'claims_id_token_sub_value']

/** What the library goes on with after a sign-in. */
function resultOf(signIn: SignIn): InteractionResults {
  if (signIn.state === 'refused') return REFUSED[signIn.refusal]
  if (signIn.state !== 'finished') return {}
  const { accountId = '', loginTs, acr, amr } = sessionView(signIn.session)
  return { login: { accountId, ts: loginTs, acr, amr }, select_account: {}, consent: {} } as InteractionResults
}
