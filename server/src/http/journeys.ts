import { parse as parseForm } from 'node:querystring'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Refusal } from '../refusals.ts'
import type { Requirement } from '../sessions/index.ts'
import { partnerPage, takeHandedSecret } from './handedOn.ts'
import { FRAMED_POLICY, FRAMING_POLICY } from './headers.ts'
import { findNotice, leaveNotice } from './notice.ts'
import { drawPage, type PageContent } from './page.tsx'
import { refuse } from './problems.ts'
import {
  type Access,
  type Answer,
  answerJson,
  openDoor,
  type Requests,
  type Route,
  type RouteBase,
  type RouteLine,
  refuseOtherSites,
  type VisitFor,
} from './request.ts'
import { validator } from './schemas.ts'
import { ownAddress, type Visit } from './visit.ts'

/** One URL of a journey, with its two representations. */
export interface JourneyRoute<A extends Access, Body extends TSchema>
  extends RouteBase,
    Pick<Route, 'flood' | 'hashes' | 'file'> {
  access: A
  /** The only body that is taken; absent: none. */
  body?: Body
  /** Makes that body from a form's fields, where they differ. */
  fromForm?(form: Record<string, unknown>): unknown
  /** Does the act, or reads the resource. A GET without it has no JSON form. */
  handle?(visit: VisitFor<A>, body: Static<Body>): Promise<Answer>
  /** Whether a program sent this form: it may be multipart, and its answer is no redirect (RFC 8058, §3.1). */
  isOfProgram?(form: Record<string, unknown>): boolean
  /** The page of a GET. `problem`: the refusal of its form just now. */
  page?(visit: VisitFor<A>, problem?: Refusal): Promise<PageContent | Elsewhere>
  /** The page of the form, which shows its refusal; the form's own address where it is left out. */
  standsOn?(visit: Visit): string | undefined
  /** The names of fields whose content that page shows again. None may hold a secret. */
  keeps?: RegExp
}

/** The page that a page leads to instead. `moved`: for good. */
interface Elsewhere {
  to: string
  moved?: true
}

/** The door for people: each URL as a page with forms, and as JSON. */
export interface Journeys {
  route<A extends Access, Body extends TSchema>(route: JourneyRoute<A, Body>): void
  /** The page for a GET of a form's address: after a reload, or through the back button. */
  redirect(url: string, to: (params: Record<string, string>) => string | undefined): void
  /** Every route of people. */
  table: readonly RouteLine[]
}

/** Opens the door for people's journeys: it alone reads forms, and refuses requests of other sites' pages. */
export const openJourneys = (app: FastifyInstance, requests: Requests): Promise<Journeys> =>
  openDoor(app, door => journeysOf(door, requests))

function journeysOf(door: FastifyInstance, requests: Requests): Journeys {
  refuseOtherSites(door, requests.services)
  door.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => readForm(body),
  )
  door.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const { file, multipart } = request.routeOptions.config
      if (file === undefined && !multipart) throw refuse('unsupported_media_type')
      return readFormWithFile(request.headers['content-type'] ?? '', body)
    },
  )
  return {
    table: requests.table,
    redirect(url, to) {
      door.get(url, { config: { access: 'anyone' } }, async (request, reply) => {
        const address = request.visit.html && to(request.visit.params)
        if (!address) throw refuse('not_found')
        return reply.redirect(address, 303)
      })
    },
    route(route) {
      const { method, url, access, flood, hashes, file } = route
      const validate = route.body && validator(route.body)
      const line = {
        method,
        url,
        access,
        hasPage: route.page !== undefined && method === 'GET',
        hasJson: route.handle !== undefined,
        ...(flood && { flood }),
        ...(hashes && { hashes }),
        ...(file !== undefined && { file }),
        ...(route.isOfProgram && { multipart: true as const }),
      }
      requests.add(door, line, async (entering, enter, { request, reply }) => {
        const visit = entering as VisitFor<typeof access>
        const redirects = visit.html && !route.isOfProgram?.(asForm(request.body))
        try {
          // Before anybody signs in: the address of the sign-in would have it in `next`.
          const clean = visit.html && method === 'GET' ? takeHandedSecret(visit) : undefined
          if (clean) return reply.redirect(clean, 303)
          await enter()
          if (method === 'GET' && (visit.html || !route.handle)) return await answerPage(reply, visit, route.page)
          refuseSprawl(request.body)
          if (visit.html) refuseRepeatedFields(request.body)
          const sent = request.body === undefined ? {} : request.body
          const body = visit.html && route.fromForm && isObject(sent) ? route.fromForm(sent) : sent
          if (validate) validate(body)
          else if (method !== 'GET') refuseBody(request.body)
          const answer = (await route.handle?.(visit, body as never)) ?? {}
          if (!redirects) return answerJson(reply, answer)
          visit.cookies.clear('notice')
          return reply.redirect(answer.next ?? visit.path, 303)
        } catch (error) {
          const problem = requests.refusalOf(error, request)
          const away = redirects && wayOut(visit, problem, method)
          if (away) return reply.redirect(away, 303)
          if (!redirects || method !== 'POST' || problem.status === 404 || problem.status >= 500) throw problem
          // Never the page itself: a reload or the back button would send the form once more.
          const page = route.standsOn?.(visit) ?? ownAddress(visit)
          leaveNotice(visit, page, problem, route.keeps)
          return reply.redirect(page, 303)
        }
      })
    },
  }
}

/** The page of the step that a session requires. */
export const stepPages: Record<Requirement, string> = {
  'second-step': '/session/step',
  'change-password': '/account/password',
  register: '/security-info',
  confirm: '/security-info',
}

/** The page to which a browser is sent instead of a refusal. */
export function wayOut(visit: Visit, problem: Refusal, method: string): string | undefined {
  if (problem.code === 'not_signed_in') {
    const asked = partnerPage(visit) ?? visit.path
    const next = method === 'GET' && asked !== '/account' ? `?next=${encodeURIComponent(asked)}` : ''
    return `/signin${next}`
  }
  if (problem.code === 'session_restricted' && visit.session?.requires) return stepPages[visit.session.requires]
  if (problem.code === 'proof_needed')
    return `/session/proof?next=${encodeURIComponent(partnerPage(visit) ?? proofReturn(visit.path))}`
  // Back, or a second tab, after the method was removed.
  if (problem.code === 'not_found' && OF_METHOD.test(visit.path)) return '/security-info'
  return undefined
}

const OF_METHOD = /^\/security-info\/(methods\/[\w-]+\/removal|passkeys\/[\w-]+\/name)$/

/** The pages of domains, cases, tenants and onboardings, whose forms stand below them. */
const OF_DOMAIN = /^\/((domains|cases|start|organization\/branding)(\/[\w.-]+)?|tenants(\/(links|settings))?)/

/** The page after a fresh proof: the page that asked for it, or the page of its form. */
const proofReturn = (path: string) =>
  OF_DOMAIN.exec(path)?.[0] ??
  (OF_METHOD.test(path) || /^\/(security-info\/set-up\/\w+|administrators\/invitations)$/.test(path)
    ? path
    : '/security-info')

const isObject = (body: unknown): body is Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body)

const asForm = (body: unknown) => (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>

/** No form of ours has more fields, and no body more values, even with answers to twenty questions. */
const FIELDS_AT_MOST = 50
const VALUES_AT_MOST = 100

/** Reads only so many fields: thousands would cost as much to refuse as a hundred sign-ins. */
function readForm(body: string): Record<string, unknown> {
  const form = parseForm(body, '&', '=', { maxKeys: FIELDS_AT_MOST + 1 })
  if (Object.values(form).flat().length > FIELDS_AT_MOST) throw refuse('invalid_request')
  return form
}

/** Reads a form with a file, which becomes base64: what is judged later is text, as in every other form. */
async function readFormWithFile(type: string, body: Buffer): Promise<Record<string, unknown>> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => {
    throw refuse('invalid_request')
  })
  const fields = [...form]
  const names = new Set(fields.map(([name]) => name))
  if (fields.length > FIELDS_AT_MOST || names.size < fields.length) throw refuse('invalid_request')
  const read = fields.map(async ([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(await value.arrayBuffer()).toString('base64'),
  ])
  return Object.fromEntries(await Promise.all(read))
}

/** A schema names each value that does not fit, so it never gets many. */
function refuseSprawl(body: unknown) {
  let values = 0
  const count = (value: unknown): void => {
    if (++values > VALUES_AT_MOST) throw refuse('invalid_request')
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner)
  }
  count(body)
}

/** Refuses a repeated field, which one reader takes as an array and another as the last value. */
function refuseRepeatedFields(body: unknown) {
  const twice = Object.entries(asForm(body)).filter(([, value]) => typeof value !== 'string')
  if (twice.length > 0)
    throw refuse('invalid_request', { errors: twice.map(([field]) => ({ field, code: 'invalid' })) })
}

function refuseBody(body: unknown) {
  if (body !== undefined && !isObject(body)) throw refuse('invalid_request')
  const unknown = Object.keys(asForm(body))
  if (unknown.length > 0)
    throw refuse('invalid_request', { errors: unknown.map(field => ({ field, code: 'unknown' })) })
}

async function answerPage<V extends Visit>(
  reply: FastifyReply,
  visit: V,
  page: ((visit: V, problem?: Refusal) => Promise<PageContent | Elsewhere>) | undefined,
) {
  if (!page) throw refuse('not_found')
  const notice = findNotice(visit)
  visit.body = notice?.typed
  const content = await page(visit, notice?.problem)
  if ('to' in content) return reply.redirect(content.to, content.moved ? 308 : 303)
  notice?.read()
  if (content.refreshAfterSeconds !== undefined) reply.header('refresh', content.refreshAfterSeconds)
  if (content.framed) reply.header('content-security-policy', FRAMED_POLICY)
  if (content.frames) reply.header('content-security-policy', FRAMING_POLICY)
  if (content.onward !== undefined) reply.header('refresh', `0;url=${content.onward}`)
  return reply.type('text/html; charset=utf-8').send(drawPage(visit, content))
}
