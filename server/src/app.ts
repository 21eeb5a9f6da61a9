import { parse } from 'node:querystring'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { accountRoutes, leaveRoutes, myApplicationRoutes } from './account/routes.ts'
import { openApi } from './api/index.ts'
import { descriptionRoutes } from './api/routes.ts'
import { assistantRoutes } from './assistant/routes.ts'
import { brandingRoutes } from './branding/routes.ts'
import { callerRoutes } from './callers/routes.ts'
import { createCaptcha } from './captcha/index.ts'
import { captchaRoutes } from './captcha/routes.ts'
import { caseRoutes } from './cases/routes.ts'
import { type MovableClock, SECOND } from './clock.ts'
import { createPassing } from './demo/clock.ts'
import { demoMailRoutes } from './demo/mails.ts'
import { landingPage } from './demo/pages.tsx'
import { demoRoutes } from './demo/routes.ts'
import type { Zone } from './demo/zone.ts'
import { findTenantId } from './directory/index.ts'
import { helpRoutes } from './help/routes.ts'
import { type DeclaredRoute, demandAccess } from './http/access.ts'
import { applicationRoutes } from './http/application.ts'
import { assetRoutes } from './http/assets.ts'
import { limitConnections } from './http/connections.ts'
import { answerOwnNames, secureHeaders, securityHeaders } from './http/headers.ts'
import { type HealthCheck, healthRoutes } from './http/health.ts'
import { openJourneys, openRequests, type RouteLine, type Services, type Traces } from './http/index.ts'
import { logRequests } from './http/log.ts'
import type { Metrics } from './http/metrics.ts'
import { drawPage } from './http/page.tsx'
import { announcementStopRoutes, linkRoutes } from './links/routes.ts'
import type { Gateway } from './notifications/index.ts'
import { errorRoutes, logoutRoutes, openProviders } from './oidc/routes.ts'
import { onboardingRoutes } from './onboarding/routes.ts'
import { domainRoutes } from './organization/routes.ts'
import { receiptRoutes } from './receipts/routes.ts'
import { registrationRoutes } from './registration/routes.ts'
import { partnerInvitationRoutes, partnerRequestRoutes } from './relationships/routes.ts'
import { rescueRoutes } from './rescues/routes.ts'
import { resetRoutes } from './reset/routes.ts'
import { declareResources, describeResources } from './resources.ts'
import { schedule } from './runtime/schedule.ts'
import { openScim } from './scim/index.ts'
import { findSession } from './sessions/index.ts'
import { keepOpeners, signinRoutes } from './signin/routes.ts'
import { invitationRoutes, signupRoutes } from './signup/routes.ts'
import { supportRoutes } from './support/routes.ts'
import { takeoverRoutes } from './takeovers/routes.ts'
import { tenantRoutes } from './tenants/routes.ts'
import { workAccountRoutes } from './workAccounts/routes.ts'
import { agentRoutes } from './writeback/routes.ts'

export interface AppOptions {
  /** Addresses and ranges whose X-Forwarded-For is believed; none where it is empty. */
  trustedProxies: string[]
  log: FastifyBaseLogger
  /** What readiness depends on, by name. */
  checks: Record<string, HealthCheck>
  /** Counts requests, where figures are served. */
  metrics?: Metrics | undefined
  /** Follows requests, where traces are exported. */
  traces?: Traces | undefined
  /** Serves https by this certificate. */
  tls?: { cert: string; key: string } | undefined
  /** The gateways that tell what became of messages. */
  gateways?: readonly Gateway[] | undefined
  /** The demonstration's DNS, which its page edits. */
  zone?: Zone | undefined
  /** The demonstration's clock, which can be set forward. */
  movable?: MovableClock | undefined
}

/** Puts the server together, ready to listen. `routes`: every route of people, `declared`: every route, for tests that walk them all. */
export async function createApp(
  services: Services,
  { trustedProxies, log, checks, metrics, traces, tls, zone, movable, gateways = [] }: AppOptions,
): Promise<{ app: FastifyInstance; routes: RouteLine[]; declared: DeclaredRoute[] }> {
  const timeouts = { headersTimeout: 10 * SECOND, connectionsCheckingInterval: 2 * SECOND }
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // its lines hold the whole address
    genReqId: () => services.random.uuid(services.clock()),
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    bodyLimit: 64 * 1024,
    routerOptions: { querystringParser: query => parse(query, '&', '=', { maxKeys: 20 }) },
    // A proxy may send the whole address. Whose host it names plays no part.
    rewriteUrl: ({ url = '/' }) => url.replace(/^https?:\/\/[^/?#]*/i, '') || '/',
    requestTimeout: 30 * SECOND,
    ...(tls ? { https: { ...timeouts, ...tls } as never } : { http: timeouts }),
    keepAliveTimeout: 65 * SECOND, // longer than proxies keep theirs, so that they never write to a closed one
    // An address that cannot be read never reaches a route, nor the one place for errors.
    frameworkErrors: (_error, _request, reply) => {
      const problem = { type: 'about:blank', title: 'Bad request', status: 400, code: 'invalid_request' }
      const headers = { ...securityHeaders(services.origin), 'cache-control': 'no-store' }
      reply.raw.writeHead(400, { ...headers, 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
    },
  })
  traces?.follow(app) // before all others, whose work it times
  const declared = demandAccess(app)
  secureHeaders(app, services.origin)
  logRequests(app)
  if (metrics) (await import('./http/metrics.ts')).countRequests(app, metrics)
  const requests = await openRequests(app, services)
  if (services.demo) answerOwnNames(app)
  if (services.floods) limitConnections(app.server, trustedProxies)
  keepOpeners(app)
  const journeys = await openJourneys(app, requests)
  const api = await openApi(app, requests)
  const captcha = createCaptcha(services.db, { required: services.captcha, findTenantId })
  captchaRoutes(journeys, captcha)
  resetRoutes(journeys, captcha)
  linkRoutes(journeys)
  announcementStopRoutes(journeys)
  callerRoutes(journeys)
  workAccountRoutes(journeys, captcha)
  caseRoutes(journeys, captcha)
  onboardingRoutes(journeys, captcha)
  takeoverRoutes(journeys, captcha)
  rescueRoutes(journeys)
  signupRoutes(journeys, captcha)
  invitationRoutes(journeys)
  assistantRoutes(journeys, captcha)
  supportRoutes(journeys)
  helpRoutes(journeys)
  signinRoutes(journeys)
  registrationRoutes(journeys)
  accountRoutes(journeys)
  leaveRoutes(journeys)
  myApplicationRoutes(journeys)
  domainRoutes(journeys)
  brandingRoutes(journeys)
  tenantRoutes(journeys)
  partnerRequestRoutes(journeys)
  partnerInvitationRoutes(journeys)
  declareResources(api)
  await openScim(app, requests, api)
  errorRoutes(journeys)
  logoutRoutes(journeys)
  await openProviders(app, requests)
  if (services.demo) {
    const scheduled = schedule.map(({ task }) => task)
    demoMailRoutes(app, services)
    demoRoutes(journeys, { zone, pass: movable && createPassing(services.db, movable, scheduled) })
  }
  agentRoutes(app, services)
  await receiptRoutes(app, services, gateways)
  assetRoutes(app, services)
  applicationRoutes(app, services)
  healthRoutes(app, checks)
  wellKnownRoutes(app, services)
  descriptionRoutes(app, services, describeResources)
  homeRoute(app, services)
  return { app, routes: requests.table, declared }
}

/** Leads password managers to where passwords and passkeys are changed, and tells browsers whose passkeys are used here. */
function wellKnownRoutes(app: FastifyInstance, services: Services) {
  const open = { config: { access: 'anyone' } } as const
  app.get('/.well-known/change-password', open, async (_request, reply) => reply.redirect('/account/password', 303))
  // Related origins (WebAuthn, §5.11): a former host answers with this, so that its passkeys are used at our pages.
  app.get('/.well-known/webauthn', open, async (_request, reply) => reply.send({ origins: [services.origin] }))
  app.get('/.well-known/passkey-endpoints', open, async (_request, reply) => {
    const manage = `${services.origin}/security-info`
    return reply.send({ enroll: manage, manage })
  })
}

/** Leads to where a person begins. */
function homeRoute(app: FastifyInstance, services: Services) {
  app.get('/', { config: { access: 'anyone' } }, async ({ visit }, reply) => {
    if (await findSession(visit.db, visit.act, visit.cookies.get('session'))) return reply.redirect('/account', 303)
    if (!services.demo) return reply.redirect('/signin', 303)
    return reply.type('text/html; charset=utf-8').send(drawPage(visit, await landingPage(visit)))
  })
}
