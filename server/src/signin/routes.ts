import { record } from '../audit/index.ts'
import { readName } from '../directory/index.ts'
import { brandByName, Exactly, type Journeys, Password, stepPages, Text } from '../http/index.ts'
import { endSession } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { signInPage } from './pages.tsx'
import { signIn } from './signin.ts'

/** The URLs of sign-in, sign-out and the session. */
export function signinRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/signin',
    access: 'anyone',
    page: async (visit, problem) => {
      await brandByName(visit)
      return signInPage(visit, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/signin',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: Exactly({
      username: Text(256),
      password: Password,
    }),
    async handle(visit, { username, password }) {
      const { db, act, services, cookies } = visit
      const result = await signIn(db, act, services.passwordChecks, {
        username,
        password,
        deviceCookie: cookies.get('device'),
        sessionCookie: cookies.get('session'),
        language: visit.locale.language,
      })
      if (result.outcome === 'disabled') throw refuse('account_disabled')
      if (result.outcome === 'temporary-over') throw refuse('temporary_password_expired')
      if (result.outcome === 'unknown') throw refuse('unavailable', { retryAfter: 60 })
      if (result.outcome === 'incorrect') throw refuse('invalid_credentials', { retryAfter: result.retryAfter })
      cookies.set('session', result.sessionCookie)
      if (result.deviceCookie) cookies.set('device', result.deviceCookie)
      const next = result.requires ? stepPages[result.requires] : (safeNext(journeys, visit.query.next) ?? '/account')
      return { json: { state: result.requires ?? 'signed-in', next }, next }
    },
    keeps: /^username$/,
  })

  journeys.route({
    method: 'POST',
    url: '/signout',
    access: ['change-password', 'register', 'confirm'],
    async handle(visit) {
      const { session, act } = visit
      const { user } = session
      await inTenant(visit.db, session.tenantId, async trx => {
        await endSession(trx, session)
        await record(trx, act, {
          activity: 'signout.succeeded',
          result: 'success',
          target: { id: user.id, name: user.userPrincipalName },
        })
      })
      visit.cookies.clear('session')
      // The page keeps the looks of the company.
      return { next: `/signin?signed-out&whr=${encodeURIComponent(readName(user.userPrincipalName).domain)}` }
    },
    standsOn: () => '/account',
  })

  journeys.route({
    method: 'GET',
    url: '/session',
    access: ['change-password', 'register', 'confirm'],
    async handle({ session }) {
      const { id, userPrincipalName, displayName, tenantId } = session.user
      return {
        json: { state: session.requires ?? 'signed-in', user: { id, userPrincipalName, displayName, tenantId } },
      }
    },
  })

  journeys.redirect('/signout', () => '/account')
}

/** The page after a sign-in: one of our own, from the route table. Other addresses would let a link lead away. */
function safeNext(journeys: Journeys, next: string | undefined): string | undefined {
  return journeys.table.find(line => line.hasPage && line.access !== 'anyone' && line.url === next)?.url
}
