import { type TSchema, Type } from 'typebox'
import { demandAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { Exactly, type Journeys, type SignedInVisit, Text } from '../http/index.ts'
import { isFresh } from '../sessions/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { contestDomain } from './contest.ts'
import {
  addDomain,
  deleteDomain,
  getDomain,
  getInitial,
  listDomains,
  makeDefault,
  moveOwnName,
  provenThrough,
} from './domains.ts'
import { forPeople } from './errors.ts'
import { actOfKeeper } from './keeper.ts'
import { reservedNames } from './names.ts'
import { domainPage, domainsPage, usesPage } from './pages.tsx'
import { checkDomain, learnZone } from './proof.ts'
import { forceDelete } from './removal.ts'
import { listUses } from './uses.ts'
import { domainView } from './wire.ts'

/** People of a domain that its page names. */
const NAMED = 50

/**
 * The URLs of a company's domains, for its Global and Domain Name Administrators (work accounts on the wire, §1.4).
 * The rules are those of `/v1.0/domains`; a fresh proof in the session stands in place of a token's second step.
 */
export function domainRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/domains',
    access: 'signed-in',
    handle: visit =>
      asAdministrator(visit, async trx => ({
        json: { domains: (await listDomains(trx)).map(domain => domainView(visit, domain)) },
      })),
    page: (visit, problem) =>
      asAdministrator(visit, async trx =>
        domainsPage(visit, await listDomains(trx), { proved: isProved(visit), problem }),
      ),
  })

  journeys.route({
    method: 'POST',
    url: '/domains',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ name: Text(256) }),
    async handle(visit, { name: id }) {
      const { db, session, services } = visit
      const reserved = reservedNames(services)
      const { name, verifiedAt } = await asAdministrator(visit, (trx, act) => addDomain(trx, act, { id, reserved }))
      if (!verifiedAt) await learnZone(db, { tenantId: session.tenantId, name, dns: services.dns })
      const location = `/domains/${name}`
      return { status: 201, location, json: await viewOf(visit, name), next: `${location}?added` }
    },
    keeps: /^name$/,
  })

  journeys.route({
    method: 'GET',
    url: '/domains/:name',
    access: 'signed-in',
    handle: async visit => ({ json: await viewOf(visit, nameOf(visit)) }),
    page: (visit, problem) =>
      asAdministrator(visit, async trx => domainPage(visit, await getDomain(trx, nameOf(visit)), problem)),
  })

  act('/domains/:name/check', async visit => {
    const { db, session, services } = visit
    const { domain } = await forVisit(() =>
      checkDomain(db, actOf(visit), { tenantId: session.tenantId, name: nameOf(visit), dns: services.dns }),
    )
    return { json: domainView(visit, domain) }
  })

  act('/domains/:name/contest', async visit => {
    const { db, session, services } = visit
    const domain = await forVisit(() =>
      contestDomain(db, actOf(visit), { tenantId: session.tenantId, name: nameOf(visit), dns: services.dns }),
    )
    return { status: 202, json: domainView(visit, domain) }
  })

  journeys.route({
    method: 'POST',
    url: '/domains/:name/primary',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ renameMe: Type.Optional(Type.Boolean()) }),
    // Each of the two buttons says which it is.
    fromForm: ({ renameMe, ...form }) => ({ ...form, renameMe: { true: true, false: false }[String(renameMe)] ?? '' }),
    async handle(visit, { renameMe }) {
      const name = nameOf(visit)
      const { renamed, domain } = await asAdministrator(visit, async (trx, act) => {
        await makeDefault(trx, act, name)
        const renamed = renameMe ? await moveOwnName(trx, act, name) : undefined
        return { renamed, domain: await getDomain(trx, name) }
      })
      // A new name has no session yet.
      const next = renamed && `/signin?username=${encodeURIComponent(renamed)}`
      return {
        json: { ...domainView(visit, domain), ...(next && { next }) },
        next: next ?? `/domains/${name}?made`,
      }
    },
    standsOn: ({ params }) => `/domains/${params.name}`,
  })

  journeys.route({
    method: 'GET',
    url: '/domains/:name/uses',
    access: 'signed-in',
    handle: visit =>
      asAdministrator(visit, async trx => {
        const { people, domains } = await usesOf(trx, nameOf(visit))
        return {
          json: { counts: { users: people.count, domains: domains.length }, users: people.first, domains },
        }
      }),
    page: (visit, problem) =>
      asAdministrator(visit, async trx =>
        usesPage(
          visit,
          {
            ...(await usesOf(trx, nameOf(visit))),
            domain: await getDomain(trx, nameOf(visit)),
            initial: await getInitial(trx),
          },
          problem,
        ),
      ),
  })

  for (const [method, url] of [
    ['DELETE', '/domains/:name'],
    ['POST', '/domains/:name/removal'],
  ] as const)
    journeys.route({
      method,
      url,
      access: 'signed-in',
      flood: 'step',
      async handle(visit) {
        await asAdministrator(visit, (trx, act) => deleteDomain(trx, act, nameOf(visit)))
        return { next: '/domains?removed' }
      },
      standsOn: ({ params }) => `/domains/${params.name}/uses`,
    })

  journeys.route({
    method: 'POST',
    url: '/domains/:name/forced-removal',
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ disableUserAccounts: Type.Boolean() }),
    fromForm: ({ disableUserAccounts, ...form }) => ({ ...form, disableUserAccounts: disableUserAccounts === 'true' }),
    async handle(visit, { disableUserAccounts }) {
      const name = nameOf(visit)
      await asAdministrator(visit, (trx, act) => forceDelete(trx, act, { name, disableUserAccounts }))
      return { status: 202, json: await viewOf(visit, name), next: `/domains/${name}` }
    },
    standsOn: ({ params }) => `/domains/${params.name}/uses`,
  })

  for (const [step, page] of [
    ['check', ''],
    ['contest', ''],
    ['primary', ''],
    ['removal', '/uses'],
    ['forced-removal', '/uses'],
  ])
    journeys.redirect(`/domains/:name/${step}`, ({ name }) => `/domains/${name}${page}`)

  /** An act on a domain that takes no words, and stands on the domain's page. */
  function act(url: string, handle: (visit: SignedInVisit) => Promise<{ status?: number; json: unknown }>) {
    journeys.route<'signed-in', TSchema>({
      method: 'POST',
      url,
      access: 'signed-in',
      flood: 'step',
      async handle(visit) {
        return { ...(await handle(visit)), next: `/domains/${nameOf(visit)}` }
      },
      standsOn: ({ params }) => `/domains/${params.name}`,
    })
  }
}

const nameOf = ({ params }: Pick<SignedInVisit, 'params'>) => params.name ?? ''

const isProved = ({ session, act }: SignedInVisit) => isFresh(session.provedAt, act.now)

const actOf = ({ act, session }: SignedInVisit): Act => actOfKeeper(act, session)

/** Refuses as people read it. */
const forVisit = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch(error => {
    throw forPeople(error)
  })

/** Does something for those who keep the domains; the rule judges whether their proof is fresh enough. Throws `forbidden`. */
const asAdministrator = <T>(visit: SignedInVisit, work: (trx: Trx, act: Act) => Promise<T>): Promise<T> =>
  forVisit(async () => {
    const act = actOf(visit)
    demandAny(act, 'domains.write')
    return await inTenant(visit.db, visit.session.tenantId, trx => work(trx, act))
  })

const viewOf = (visit: SignedInVisit, name: string) =>
  asAdministrator(visit, async trx => domainView(visit, await getDomain(trx, name)))

/** What hangs on a domain. */
async function usesOf(trx: Trx, typed: string) {
  const { name } = await getDomain(trx, typed)
  const [people, below] = [await listUses(trx, name, NAMED), await provenThrough(trx, name)]
  return { people, domains: below.map(one => one.name) }
}
