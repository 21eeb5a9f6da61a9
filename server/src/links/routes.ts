import { brand, type Journeys, keepJourneyBrowser, readJourneyBrowser, type Visit } from '../http/index.ts'
import { startReset } from '../reset/index.ts'
import { inTenant } from '../store/index.ts'
import { linkPage } from './linkPages.tsx'
import { claimLink, getLink, type LinkPurpose, type MailedLink } from './links.ts'

/** The URLs of mailed links. A mail scanner opens them too, so that a GET changes nothing. */
export function linkRoutes(journeys: Journeys) {
  const url = '/links/:token'
  journeys.route({
    method: 'GET',
    url,
    access: 'anyone',
    async handle(visit) {
      const { purpose, expiresAt } = await linkOf(visit)
      return { json: { purpose, expiresAt: expiresAt.toISOString() } }
    },
    async page(visit) {
      const link = await linkOf(visit)
      await brand(visit, link.tenantId)
      return linkPage(visit, link)
    },
  })
  journeys.route({
    method: 'POST',
    url,
    access: 'anyone',
    flood: 'begin',
    async handle(visit) {
      const link = await linkOf(visit)
      // Before the claim: a fault between them would leave a used link, and nothing that it began.
      const enter = await openers[link.purpose](visit, link)
      await inTenant(visit.db, link.tenantId, trx => claimLink(trx, visit.act, link))
      const next = enter()
      return { json: { next }, next }
    },
  })
}

const linkOf = ({ db, act, params }: Visit) => getLink(db, act, params.token ?? '')

/** What each purpose begins. `enter` gives it to this browser, and the page that it leads to. */
const openers: Record<LinkPurpose, (visit: Visit, link: MailedLink) => Promise<() => string>> = {
  /** The mailbox is no gate: the reset asks for all that it asks of anybody. */
  async reset(visit, { user }) {
    const token = readJourneyBrowser(visit).token ?? visit.services.random.token()
    const journey = await startReset(visit.db, visit.act, {
      username: user.userPrincipalName,
      browserToken: token,
      deviceCookie: visit.cookies.get('device'),
      language: visit.locale.language,
    })
    return () => {
      keepJourneyBrowser(visit, token, journey.tenantId)
      return `/reset/${journey.id}`
    }
  },
}
