import type { FastifyInstance } from 'fastify'
import { refuse } from './problems.ts'

/** Pages hold no inline script or style, so the policy allows none: an attacker's markup in a page does not run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  // With `no-referrer` a browser would send `Origin: null` for our own forms.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/** The policy of the page whose form takes an answer to an application: redirects of a form have no other limit than this. */
export const ANSWER_POLICY = CONTENT_SECURITY_POLICY.replace("; form-action 'self'", '')

/** The policy of a page that our own application shows within one of its pages, and of the page that sign-in leads back to. */
export const FRAMED_POLICY = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")

/** The policy of a page that shows such a page within itself. */
export const FRAMING_POLICY = `${CONTENT_SECURITY_POLICY}; frame-src 'self'`

/** The policy of the administrators' application: its parts write their styles into elements that bear this value. */
export const APPLICATION_POLICY = (nonce: string) =>
  FRAMING_POLICY.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`)

/** The policy of `/v1.0`: its JSON, opened as a page, loads and runs nothing. */
export const JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** The headers of every answer of a server with this origin. On this machine a promise of https would hold for all ports. */
export const securityHeaders = (origin: string): Record<string, string> =>
  /^https:(?!\/\/localhost:)/.test(origin) ? { ...headers, 'strict-transport-security': 'max-age=31536000' } : headers

/** Puts the security headers on every answer, errors included; to be called before hooks that refuse. */
export function secureHeaders(app: FastifyInstance, origin: string) {
  const all = securityHeaders(origin)
  app.addHook('onRequest', async ({ url }, reply) => {
    reply.headers(all)
    if (POPUPS.test(url)) reply.header('cross-origin-opener-policy', 'unsafe-none')
  })
}

/**
 * The pages that applications open in a popup, whose handle a stricter policy would cut. An opener of another origin can
 * close or leave such a page, and read nothing: it has no frames, listens to no messages and is in no frame itself.
 */
const POPUPS = /^\/(signin\/(?!start\b)[^/?]+|[^/?]+\/v2\.0\/(authorize|logout))([/?]|$)/

/**
 * Refuses requests by another name than this machine's own. Otherwise a site whose name leads here (DNS rebinding)
 * would read every code of a demonstration. Elsewhere a name opens nothing, and proxies may use any.
 */
export function answerOwnNames(app: FastifyInstance) {
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? '')) throw refuse('not_found')
  })
}
