import { Type } from 'typebox'
import { Exactly, type Journeys, Text } from '../http/index.ts'
import type { Pass } from './clock.ts'
import { refuse } from './errors.ts'
import { readOutbox } from './outbox.ts'
import { applicationPage, dnsPage, landingPage, outboxPage } from './pages.tsx'
import { faultNames, recordTypes, type Zone } from './zone.ts'

/** The URLs of the demonstration alone: its outbox, its DNS, its clock, and its first page. */
export function demoRoutes(journeys: Journeys, { zone, pass }: { zone: Zone | undefined; pass: Pass | undefined }) {
  if (zone) zoneRoutes(journeys, zone)
  if (pass) clockRoute(journeys, pass)
  journeys.route({
    method: 'GET',
    url: '/demo/outbox',
    access: 'anyone',
    handle: async ({ db, act }) => ({ json: { messages: await readOutbox(db, act.keys) } }),
    page: async visit => outboxPage(visit, await readOutbox(visit.db, visit.act.keys)),
  })

  journeys.route({ method: 'GET', url: '/demo/app', access: 'anyone', page: async visit => applicationPage(visit) })

  // Signed in, `/` leads to the own account; this page always shows all accounts.
  journeys.route({ method: 'GET', url: '/demo', access: 'anyone', page: async visit => landingPage(visit) })
}

/** The most that the clock goes forward at once: a year, in seconds. */
const A_YEAR = 31_536_000

/** The demonstration's clock, which answers when all that fell due is done (work accounts on the wire, §6). */
function clockRoute(journeys: Journeys, pass: Pass) {
  journeys.route({
    method: 'POST',
    url: '/demo/clock',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ seconds: Type.Integer({ minimum: 1, maximum: A_YEAR }) }),
    fromForm: ({ seconds, ...form }) => ({ ...form, seconds: Number(seconds) }),
    async handle({ services }, { seconds }) {
      await pass(seconds)
      return { json: { now: services.clock().toISOString() }, next: '/demo' }
    },
    standsOn: () => '/demo',
  })
  journeys.redirect('/demo/clock', () => '/demo')
}

/** The editor of the demonstration's DNS (work accounts on the wire, §6). */
function zoneRoutes(journeys: Journeys, zone: Zone) {
  journeys.route({
    method: 'GET',
    url: '/demo/dns',
    access: 'anyone',
    handle: async () => ({ json: { server: zone.server, records: zone.records(), faults: zone.faults() } }),
    page: async (visit, problem) => dnsPage(visit, zone, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/demo/dns/records',
    access: 'anyone',
    flood: 'step',
    body: Exactly({
      name: Text(253),
      type: Type.Union(recordTypes.map(type => Type.Literal(type))),
      data: Text(8_000),
      ttl: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })),
    }),
    fromForm: ({ ttl, ...form }) => ({ ...form, ...(ttl === '' ? {} : { ttl: Number(ttl) }) }),
    async handle(_visit, { ttl = 300, ...record }) {
      return { status: 201, json: { id: zone.add({ ...record, ttl }) }, next: '/demo/dns' }
    },
    standsOn: () => '/demo/dns',
    keeps: /^(name|type|data|ttl)$/,
  })

  for (const [method, url] of [
    ['DELETE', '/demo/dns/records/:id'],
    ['POST', '/demo/dns/records/:id/removal'],
  ] as const)
    journeys.route({
      method,
      url,
      access: 'anyone',
      flood: 'step',
      async handle({ params }) {
        if (!zone.remove(params.id ?? '')) throw refuse('not_found')
        return { next: '/demo/dns' }
      },
      standsOn: () => '/demo/dns',
    })

  journeys.route({
    method: 'POST',
    url: '/demo/dns/faults',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ name: Text(253), fault: Type.Union(faultNames.map(fault => Type.Literal(fault))) }),
    // The page has a field of that name already.
    fromForm: ({ faultName, ...form }) => ({ ...form, name: faultName }),
    async handle(_visit, { name, fault }) {
      zone.setFault(name, fault)
      return { json: { faults: zone.faults() }, next: '/demo/dns' }
    },
    standsOn: () => '/demo/dns',
    keeps: /^(faultName|fault)$/,
  })

  for (const url of ['/demo/dns/records', '/demo/dns/faults', '/demo/dns/records/:id/removal'])
    journeys.redirect(url, () => '/demo/dns')
}
