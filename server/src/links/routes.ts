import { Type } from 'typebox'
import { bindBrowser } from '../callers/index.ts'
import { CASE_HELD, findCaseLink, openCaseLink } from '../cases/index.ts'
import { findUser, getTenant, NOBODYS_TENANT, type Tenant } from '../directory/index.ts'
import {
  brand,
  type Journeys,
  keepJourneyBrowser,
  type PageContent,
  readJourneyBrowser,
  type Visit,
} from '../http/index.ts'
import { findStop, stopMails } from '../mailboxes/index.ts'
import {
  hasStoppedAnnouncements,
  readAnnouncementStop,
  type StopsFor,
  stopAnnouncements,
} from '../notifications/index.ts'
import { findOnboardingLink, ONBOARDING_HELD, openOnboardingLink } from '../onboarding/index.ts'
import { startReset } from '../reset/index.ts'
import { bindInvitation, bindSignupInvitation, findInvitation, findSignupInvitation } from '../signup/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { findMailboxLink, openMailboxLink } from '../verification/index.ts'
import { answerMailedCheck, findMailedCheck } from '../workAccounts/index.ts'
import { refuse } from './errors.ts'
import { findLastingLink, HELD } from './lastingLinks.ts'
import { announcementStopPage, linkPage, provedPage, stoppedPage } from './linkPages.tsx'
import { claimLink, getLink, type LinkPurpose, type MailedLink } from './links.ts'
import { openRescueLink, RESCUE_LINKS } from './rescueLinks.ts'
import { openTakeoverLink, TAKEOVER_LINKS } from './takeoverLinks.ts'

/** A mailed link as its reader sees it. */
export interface Opening {
  tenantId: string
  purpose: LinkPurpose | 'stop' | 'case' | 'join' | 'start' | 'signup' | 'check' | 'takeover' | 'rescue' | 'mailbox'
  expiresAt: Date
  /** Spends the link and begins what it is for. Returns the page that it leads to. */
  open(): Promise<string>
}

/** The URLs of mailed links. A mail scanner opens them too, so that a GET changes nothing. */
export function linkRoutes(journeys: Journeys) {
  const url = '/links/:token'
  journeys.route({
    method: 'GET',
    url,
    access: 'anyone',
    async handle(visit) {
      const { purpose, expiresAt } = await openingOf(visit)
      return { json: { purpose, expiresAt: expiresAt.toISOString() } }
    },
    async page(visit) {
      const opening = await openingOf(visit)
      await brand(visit, opening.tenantId)
      return linkPage(visit, opening)
    },
  })
  journeys.route({
    method: 'POST',
    url,
    access: 'anyone',
    flood: 'begin',
    async handle(visit) {
      const opening = await openingOf(visit)
      const next = await opening.open()
      return { json: { next }, next }
    },
  })
  journeys.route({
    method: 'GET',
    url: '/links/stopped',
    access: 'anyone',
    page: async (visit): Promise<PageContent> => stoppedPage(visit),
  })
  journeys.route({
    method: 'GET',
    url: '/links/proved',
    access: 'anyone',
    page: async (visit): Promise<PageContent> => provedPage(visit),
  })
}

/** The link of the address. Throws `not_found`, `link_expired`. */
async function openingOf(visit: Visit): Promise<Opening> {
  const { db, act, params } = visit
  const token = params.token ?? ''
  const stop = await findStop(db, act, token)
  if (stop)
    return {
      ...stop,
      purpose: 'stop',
      async open() {
        await stopMails(db, act, stop)
        return '/links/stopped'
      },
    }
  const ofCase = await findCaseLink(db, act, token)
  if (ofCase)
    return {
      ...ofCase,
      // Its page tells nobody whose the domain is.
      tenantId: NOBODYS_TENANT,
      purpose: 'case',
      async open() {
        const browserToken = tokenOf(visit)
        const number = await openCaseLink(db, act, ofCase, browserToken)
        keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, CASE_HELD)
        return `/cases/${number}`
      },
    }
  const ofTakeover = await findLastingLink(db, act, TAKEOVER_LINKS, token)
  if (ofTakeover)
    return {
      ...ofTakeover,
      purpose: 'takeover',
      async open() {
        const browserToken = tokenOf(visit)
        const id = await openTakeoverLink(db, act, ofTakeover, browserToken)
        keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, HELD)
        return `/takeovers/${id}`
      },
    }
  const ofRescue = await findLastingLink(db, act, RESCUE_LINKS, token)
  if (ofRescue)
    return {
      ...ofRescue,
      purpose: 'rescue',
      async open() {
        const browserToken = tokenOf(visit)
        const id = await openRescueLink(db, act, ofRescue, browserToken)
        keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, HELD)
        return `/rescues/${id}`
      },
    }
  const ofMailbox = await findMailboxLink(db, act, token)
  if (ofMailbox)
    return {
      ...ofMailbox,
      purpose: 'mailbox',
      async open() {
        await openMailboxLink(db, act, ofMailbox)
        return '/links/proved'
      },
    }
  const invitation = await findInvitation(db, act, token)
  if (invitation)
    return {
      ...invitation,
      purpose: 'join',
      async open() {
        const browserToken = tokenOf(visit)
        await bindInvitation(db, act, invitation, browserToken)
        keepJourneyBrowser(visit, browserToken, invitation.tenantId)
        return `/join/${invitation.id}`
      },
    }
  const ofOnboarding = await findOnboardingLink(db, act, token)
  if (ofOnboarding)
    return {
      ...ofOnboarding,
      tenantId: NOBODYS_TENANT,
      purpose: 'start',
      async open() {
        const browserToken = tokenOf(visit)
        await openOnboardingLink(db, act, ofOnboarding, browserToken)
        keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT, ONBOARDING_HELD)
        return `/start/${ofOnboarding.onboardingId}`
      },
    }
  const invited = await findSignupInvitation(db, act, token)
  if (invited)
    return {
      ...invited,
      tenantId: NOBODYS_TENANT,
      purpose: 'signup',
      async open() {
        const browserToken = tokenOf(visit)
        await bindSignupInvitation(db, act, invited, browserToken)
        keepJourneyBrowser(visit, browserToken, NOBODYS_TENANT)
        return '/signup'
      },
    }
  const check = await findMailedCheck(db, act, token)
  if (check)
    return {
      tenantId: NOBODYS_TENANT,
      purpose: 'check',
      expiresAt: check.expiresAt,
      open: () => answerMailedCheck(db, act, check),
    }
  const link = await getLink(db, act, token)
  return {
    ...link,
    async open() {
      // Before the claim: a fault between them would leave a used link, and nothing that it began.
      const { within, enter } = await openers[link.purpose](visit, link)
      await inTenant(db, link.tenantId, async trx => {
        await claimLink(trx, act, link)
        await within?.(trx)
      })
      return enter()
    },
  }
}

/** What a link begins. `within`: with the claim. `enter` gives it to this browser, and the page that it leads to. */
interface Opened {
  within?(trx: Trx): Promise<void>
  enter(): string
}

const openers: Record<LinkPurpose, (visit: Visit, link: MailedLink) => Promise<Opened>> = {
  /** The mailbox is no gate: the reset asks for all that it asks of anybody. */
  async reset(visit, { user }) {
    const token = tokenOf(visit)
    const journey = await startReset(visit.db, visit.act, {
      username: user.userPrincipalName,
      browserToken: token,
      deviceCookie: visit.cookies.get('device'),
      language: visit.locale.language,
      homeOf: visit.services.passwordChecks.homeOf,
    })
    return {
      enter() {
        keepJourneyBrowser(visit, token, journey.tenantId)
        return `/reset/${journey.id}`
      },
    }
  },

  /** Only the browser that opened the link answers the help desk, and sees what it gives. */
  async approval(visit, { id, tenantId }) {
    const token = tokenOf(visit)
    let checkId = ''
    return {
      async within(trx) {
        checkId = await bindBrowser(trx, visit.act, id, token)
      },
      enter() {
        keepJourneyBrowser(visit, token, tenantId)
        return `/approvals/${checkId}`
      },
    }
  },
}

const tokenOf = (visit: Visit) => readJourneyBrowser(visit).token ?? visit.services.random.token()

/** What mail programs send (RFC 8058, §3.1); our own form sends nothing. */
const OneClick = Type.Object(
  { 'List-Unsubscribe': Type.Optional(Type.Literal('One-Click')) },
  { additionalProperties: false },
)

/** The URL that stops the mails of a roll-out. Mail programs post to it by themselves; a person reads a page and presses. */
export function announcementStopRoutes(journeys: Journeys) {
  const url = '/announcements/stop/:token'
  journeys.route({
    method: 'GET',
    url,
    access: 'anyone',
    handle: async visit => {
      const { tenant, isStopped } = await standing(visit)
      return { json: { organization: tenant.displayName, isStopped } }
    },
    async page(visit) {
      const { tenant, isStopped } = await standing(visit)
      await brand(visit, aboutOf(visit).tenantId)
      return announcementStopPage(visit, { organization: tenant.displayName, isStopped })
    },
  })
  journeys.route({
    method: 'POST',
    url,
    access: 'anyone',
    // As many of them as one provider of mailboxes sends for its readers.
    flood: 'token',
    body: OneClick,
    isOfProgram: form => form['List-Unsubscribe'] === 'One-Click',
    async handle(visit) {
      if (!(await stopAnnouncements(visit.db, visit.act, aboutOf(visit)))) throw refuse('not_found')
      return { json: { isStopped: true } }
    },
  })
}

/** Throws `not_found` for a token that is not ours. */
function aboutOf({ act, params }: Visit): StopsFor {
  const about = readAnnouncementStop(act.keys, params.token ?? '')
  if (!about) throw refuse('not_found')
  return about
}

/** Whose mails these are, and whether they are stopped. Throws `not_found`, also for somebody who has left. */
function standing(visit: Visit): Promise<{ tenant: Tenant; isStopped: boolean }> {
  const { tenantId, userId } = aboutOf(visit)
  return inTenant(visit.db, tenantId, async trx => {
    if (!(await findUser(trx, tenantId, userId))) throw refuse('not_found')
    return { tenant: await getTenant(trx, tenantId), isStopped: await hasStoppedAnnouncements(trx, userId) }
  })
}
