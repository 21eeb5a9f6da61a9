import { Exactly, Password, type People, Problem, type SignedInVisit, trailOf } from '../http/index.ts'
import { findPassword } from '../passwords/index.ts'
import { readSecurityInfo } from '../registration/index.ts'
import { inTenant } from '../store/index.ts'
import { changePassword, listOwnActivity } from './index.ts'
import { accountPage, activityPage, passwordPage } from './pages.tsx'

/** The URLs of "my account". */
export function accountRoutes(people: People) {
  people.route({
    method: 'GET',
    url: '/account',
    access: 'signed-in',
    page: visit =>
      inTenant(visit.db, visit.session.tenantId, async trx => {
        const { user } = visit.session
        const password = await findPassword(trx, user)
        const info = await readSecurityInfo(trx, visit.means, user)
        return accountPage(visit, info, password?.setAt, await listOwnActivity(trx, user, 5))
      }),
  })

  people.route({
    method: 'GET',
    url: '/account/activity',
    access: 'signed-in',
    handle: async visit => {
      const lines = await ownActivity(visit, 100)
      return {
        json: {
          activity: lines.map(({ at, activity, address, userAgent }) => ({
            at: at.toISOString(),
            activity,
            address,
            userAgent,
          })),
        },
      }
    },
    page: async visit => activityPage(visit, await ownActivity(visit, 100)),
  })

  people.route({
    method: 'GET',
    url: '/account/password',
    access: ['change-password'],
    page: async visit => passwordPage(visit),
  })

  people.route({
    method: 'POST',
    url: '/account/password',
    access: ['change-password'],
    body: Exactly({ currentPassword: Password, newPassword: Password }),
    fromForm: ({ password2, ...form }) => {
      if (form.newPassword !== '' && password2 !== form.newPassword)
        throw new Problem('passwords_differ', { field: 'password2' })
      return form
    },
    async handle(visit, body) {
      const { session, db, means, around, cookies } = visit
      const result = await changePassword(db, means, around.hasher, session, trailOf(visit, session.correlationId), {
        ...body,
        deviceCookie: cookies.get('device'),
      })
      if (result.outcome === 'ended') throw new Problem('not_signed_in')
      if (result.outcome === 'refused') throw new Problem(result.code, { field: 'newPassword' })
      if (result.outcome === 'incorrect') {
        const { retryAfter } = result
        if (retryAfter !== undefined) throw new Problem('throttled', { retryAfter })
        throw new Problem('current_password_incorrect', { field: 'currentPassword' })
      }
      cookies.set('session', result.sessionCookie)
      if (result.deviceCookie) cookies.set('device', result.deviceCookie)
      return { next: '/account?changed' }
    },
    page: async (visit, problem) => passwordPage(visit, problem),
  })
}

const ownActivity = (visit: SignedInVisit, limit: number) =>
  inTenant(visit.db, visit.session.tenantId, trx => listOwnActivity(trx, visit.session.user, limit))
