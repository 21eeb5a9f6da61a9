import { isUuid } from '../crypto/index.ts'
import {
  dropTicket,
  Exactly,
  type Journeys,
  keepSession,
  keepTicket,
  Password,
  type SignedInVisit,
} from '../http/index.ts'
import { hasStoppedAnnouncements, resumeAnnouncements } from '../notifications/index.ts'
import { isReported, passwordOf } from '../passwords/index.ts'
import { securityInfoOf } from '../registration/index.ts'
import { actIn, type Requirement } from '../sessions/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { findOwnAccess } from './access.ts'
import { accessPage } from './accessPages.tsx'
import { listOwnActivity, listTried } from './activity.ts'
import { activityPage, reportPage } from './activityPages.tsx'
import { applicationsPage } from './applicationPages.tsx'
import { leaveApplication, listOwnApplications } from './applications.ts'
import { changePassword } from './change.ts'
import { refuse } from './errors.ts'
import { closeAccount, demandOwn, exportAccount } from './leave.ts'
import { closedPage, closurePage, exportPage } from './leavePages.tsx'
import { accountPage, passwordPage } from './pages.tsx'
import { findReport, mayReset, reportActivity } from './report.ts'
import { activityView, applicationView, exportView, reportView } from './wire.ts'

/** The URLs of "my account". */
export function accountRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/account',
    access: 'signed-in',
    page: visit =>
      inTenant(visit.db, visit.session.tenantId, async trx => {
        const { user } = visit.session
        const password = await askOne(trx, passwordOf(user))
        const info = await askOne(trx, securityInfoOf(visit.act, user))
        const reported = (await isReported(trx, user)) && { canReset: mayReset(visit.act, user, info) }
        const lines = [
          ...(await listOwnActivity(trx, visit.session, 5)),
          ...(await listTried(trx, visit.act, visit.session)),
        ]
        const stopped = await hasStoppedAnnouncements(trx, user.id)
        return accountPage(visit, { info, passwordSetAt: password?.setAt, reported, activity: lines, stopped })
      }),
  })

  journeys.route({
    method: 'POST',
    url: '/account/announcements',
    access: 'signed-in',
    flood: 'step',
    async handle({ session, db, act }) {
      const { tenantId, user } = session
      await inTenant(db, tenantId, trx => resumeAnnouncements(trx, actIn(act, session), user))
      return { json: { isStopped: false }, next: '/account' }
    },
  })

  journeys.route({
    method: 'GET',
    url: '/account/activity',
    access: 'signed-in',
    handle: async visit => {
      const { lines, older } = await ownActivity(visit)
      return { json: { activity: lines.map(line => activityView(visit, line)), ...(older && { older }) } }
    },
    page: async visit => {
      const { lines, older } = await ownActivity(visit)
      return activityPage(visit, lines, older)
    },
  })

  journeys.route({
    method: 'GET',
    url: '/account/access',
    access: 'signed-in',
    handle: async ({ db, session }) => ({ json: { ...(await findOwnAccess(db, session.user)) } }),
    page: async visit => accessPage(visit, await findOwnAccess(visit.db, visit.session.user)),
  })

  journeys.route({
    method: 'GET',
    url: '/account/activity/:id/report',
    access: 'signed-in',
    handle: async visit => ({ json: reportView(await ownReport(visit)) }),
    page: async (visit, problem) => reportPage(visit, await ownReport(visit), problem),
  })

  journeys.route({
    method: 'POST',
    url: '/account/activity/:id/report',
    access: 'signed-in',
    flood: 'help',
    async handle(visit) {
      const { session, db, act, params } = visit
      const done = await inTenant(db, session.tenantId, trx => reportActivity(trx, act, session, params.id ?? ''))
      if (done.outcome === 'ended') throw refuse('not_signed_in')
      if (done.outcome === 'unknown') throw refuse('not_found')
      if (done.sessionCookie) keepTicket(visit, done.sessionCookie)
      return { json: reportView(done.report) }
    },
  })

  journeys.route({
    method: 'GET',
    url: '/account/password',
    access: ['change-password'],
    page: async (visit, problem) => {
      const { user, tenantId } = visit.session
      // Its form would ask for a password that opens nothing.
      const reported =
        user.passwordMasteredIn === 'cloud' && (await inTenant(visit.db, tenantId, trx => isReported(trx, user)))
      return passwordPage(visit, reported ? refuse('password_reported') : problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/account/password',
    access: ['change-password'],
    flood: 'signin',
    hashes: true,
    body: Exactly({ currentPassword: Password, newPassword: Password }),
    fromForm: ({ password2, ...form }) => {
      if (form.newPassword !== '' && password2 !== undefined && password2 !== form.newPassword)
        throw refuse('passwords_differ', { field: 'password2' })
      return form
    },
    async handle(visit, body) {
      const { session, db, act, services, cookies } = visit
      const result = await changePassword(db, act, services.passwordChecks, {
        session,
        ...body,
        deviceCookie: cookies.get('device'),
      })
      if (result.outcome === 'ended') throw refuse('not_signed_in')
      if (result.outcome === 'reported') throw refuse('password_reported')
      if (result.outcome === 'refused') throw result.refusal
      if (result.outcome === 'incorrect') {
        const { retryAfter, left } = result
        if (retryAfter !== undefined) throw refuse('throttled', { retryAfter })
        throw refuse('current_password_incorrect', { field: 'currentPassword', triesLeft: left })
      }
      keepSession(visit, result)
      return { next: (session.requires && session.next) ?? '/account?changed' }
    },
  })
}

/** The URLs by which people whom no company administers take their data along, or leave (work accounts on the wire, §1.5). */
export function leaveRoutes(journeys: Journeys) {
  // Nobody has to register anything first in order to leave.
  const access: Requirement[] = ['register', 'confirm']
  journeys.route({
    method: 'GET',
    url: '/account/export',
    access,
    handle: async visit => ({ json: await ownData(visit) }),
    page: async visit => exportPage(visit, await ownData(visit)),
  })

  journeys.route({
    method: 'GET',
    url: '/account/closure',
    access,
    async page(visit, problem) {
      const { db, act, session } = visit
      await inTenant(db, session.tenantId, trx => demandOwn(trx, act, session, false))
      return closurePage(visit, problem)
    },
  })

  journeys.route({
    method: 'POST',
    url: '/account/closure',
    access,
    flood: 'step',
    async handle(visit) {
      await closeAccount(visit.db, visit.act, visit.session)
      dropTicket(visit, visit.session.tenantId)
      return { json: {}, next: '/account/closed' }
    },
  })

  journeys.route({
    method: 'GET',
    url: '/account/closed',
    access: 'anyone',
    page: async visit => closedPage(visit),
  })
}

const ownData = async (visit: SignedInVisit) =>
  exportView(visit, await exportAccount(visit.db, visit.act, visit.session))

/** The URLs of "my applications". */
export function myApplicationRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/my-applications',
    access: 'signed-in',
    async handle({ db, session }) {
      const applications = await listOwnApplications(db, session.user)
      return { json: { applications: applications.map(applicationView) } }
    },
    page: async visit => applicationsPage(visit, await listOwnApplications(visit.db, visit.session.user)),
  })

  for (const [method, url] of [
    ['DELETE', '/my-applications/:id'],
    ['POST', '/my-applications/:id/removal'],
  ] as const)
    journeys.route({
      method,
      url,
      access: 'signed-in',
      flood: 'step',
      async handle({ db, act, session, params }) {
        const { id = '' } = params
        if (!isUuid(id) || !(await leaveApplication(db, act, session.user, id))) throw refuse('not_found')
        return { next: '/my-applications?removed' }
      },
    })
  journeys.redirect('/my-applications/:id/removal', () => '/my-applications')
}

/** Events on one page. */
const AT_ONCE = 100

/** Successful acts, and on the first page attempts; with `?before=` older acts. `older`: the id to go on from, where there are more. */
async function ownActivity({ db, act, session, query }: SignedInVisit) {
  const before = query.before
  if (before !== undefined && !isUuid(before)) throw refuse('not_found')
  return inTenant(db, session.tenantId, async trx => {
    const found = await listOwnActivity(trx, session, AT_ONCE + 1, before)
    const lines = found.slice(0, AT_ONCE)
    const tried = before === undefined ? await listTried(trx, act, session) : []
    return { lines: [...lines, ...tried], older: found.length > AT_ONCE ? lines.at(-1)?.id : undefined }
  })
}

async function ownReport({ db, act, session, params }: SignedInVisit) {
  const report = await inTenant(db, session.tenantId, trx => findReport(trx, act, session, params.id ?? ''))
  if (!report) throw refuse('not_found')
  return report
}
