import { isUuid } from '../crypto/index.ts'
import { brand, Exactly, type Journeys, readJourneyBrowser, Text, type Visit } from '../http/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { answerCheck, type OpenedCheck, openCheck } from './checks.ts'
import { tellOfDenial } from './denial.ts'
import { refuse } from './errors.ts'
import { checkPage } from './pages.tsx'
import { checkView } from './wire.ts'

/** The page of somebody whose help desk asks whether they have called. A mailed link leads to it, in one browser. */
export function callerRoutes(journeys: Journeys) {
  const url = '/approvals/:id'
  journeys.route({
    method: 'GET',
    url,
    access: 'anyone',
    async handle(visit) {
      return { json: checkView(await onCheck(visit, async (_trx, opened) => opened)) }
    },
    async page(visit, problem) {
      const opened = await onCheck(visit, async (_trx, found) => found)
      const tenant = await brand(visit, opened.check.tenantId)
      return checkPage(visit, opened, tenant?.displayName ?? '', problem)
    },
  })
  journeys.route({
    method: 'POST',
    url,
    access: 'anyone',
    flood: 'step',
    body: Exactly({ words: Text(100) }),
    handle: (visit, { words }) => answer(visit, words),
  })
  journeys.route({
    method: 'POST',
    url: `${url}/denial`,
    access: 'anyone',
    flood: 'step',
    handle: visit => answer(visit, undefined),
    standsOn: addressOf,
  })
  journeys.redirect(`${url}/denial`, ({ id = '' }) => (isUuid(id) ? `/approvals/${id}` : undefined))
}

const addressOf = ({ params }: Visit) => `/approvals/${params.id}`

async function answer(visit: Visit, words: string | undefined) {
  // Its events and mails share the id of the check.
  const act = { ...visit.act, trail: { ...visit.act.trail, correlationId: visit.params.id ?? '' } }
  const answered = await onCheck(visit, async (trx, opened) => {
    const approves = await answerCheck(trx, act, opened, words)
    if (!approves && opened.check.state === 'pending') await tellOfDenial(trx, act, opened)
    return (await openCheck(trx, act, opened.check.id, readJourneyBrowser(visit).token))!
  })
  return { json: checkView(answered), next: `/approvals/${answered.check.id}` }
}

/** Runs `work` on the check of the URL. One of another browser is not found. */
async function onCheck<T>(visit: Visit, work: (trx: Trx, opened: OpenedCheck) => Promise<T>): Promise<T> {
  const id = visit.params.id ?? ''
  const { token, tenants } = readJourneyBrowser(visit)
  if (!isUuid(id)) throw refuse('not_found')
  for (const tenantId of tenants) {
    const found = await inTenant(visit.db, tenantId, async trx => {
      const opened = await openCheck(trx, visit.act, id, token)
      return opened && { result: await work(trx, opened) }
    })
    if (found) return found.result
  }
  throw refuse('not_found')
}
