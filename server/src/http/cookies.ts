import type { FastifyReply, FastifyRequest } from 'fastify'

/** Seconds: long enough for a slow line. An older refusal would surprise. */
export const NOTICE_LASTS = 180

/** Seconds that a browser keeps the last refusal of sign-in or reset. */
export const NOTE_LASTS = 15 * 60

/** Seconds that a browser remembers which accounts have signed in in it. */
export const ACCOUNTS_LAST = 90 * 24 * 3600

/** Latchkey's cookies and how long each lasts, in seconds; undefined: until the browser closes, but where it is set with a time. */
const cookies = {
  /** The sessions: tenant, id and secret of each, the current one first. */
  session: undefined,
  /** Binds journeys to the browser that began them. */
  browser: 24 * 3600,
  /** Makes the browser a familiar one. */
  device: 90 * 24 * 3600,
  /** The accounts that have signed in here, as hints for the next sign-in. */
  accounts: ACCOUNTS_LAST,
  /** The language that the person chose. */
  lang: 365 * 24 * 3600,
  /** The refusal of a form, for the page that it stands on. */
  notice: NOTICE_LASTS,
  /** The last refusal of sign-in or reset, for help that goes on from it. */
  refused: NOTE_LASTS,
  /** The secrets of what partners handed on, by their ids, until it is decided. */
  handed: 3600,
  /** New recovery codes, for the page that shows them once. */
  codes: NOTICE_LASTS,
} as const
export type CookieName = keyof typeof cookies

/**
 * The jar of one request, which reads what it has just set. On https each name begins with `__Host-`, so that no sub-domain can plant one.
 * Only the server reads them: all are HttpOnly.
 */
export interface CookieJar {
  get(name: CookieName): string | undefined
  /** `lasts`: seconds that differ from the cookie's own. */
  set(name: CookieName, value: string, lasts?: number): void
  clear(name: CookieName): void
}

export function cookieJar(request: FastifyRequest, reply: FastifyReply, secure: boolean): CookieJar {
  const named = (name: CookieName) => `${secure ? '__Host-' : ''}latchkey_${name}`
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const
  const changed = new Map<CookieName, string | undefined>()
  return {
    get: name => (changed.has(name) ? changed.get(name) : request.cookies[named(name)]),
    set(name, value, lasts) {
      const maxAge = lasts ?? cookies[name]
      changed.set(name, value)
      reply.setCookie(named(name), value, maxAge === undefined ? options : { ...options, maxAge })
    },
    clear: name => {
      changed.set(name, undefined)
      if (request.cookies[named(name)] !== undefined) reply.clearCookie(named(name), options)
    },
  }
}
