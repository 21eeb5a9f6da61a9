import type { Act } from '../server/src/act.ts'
import { DAY, plus } from '../server/src/clock.ts'
import { enrollPartner } from '../server/src/demo/index.ts'
import { createTenant, createUser, findUserByName } from '../server/src/directory/index.ts'
import { inTenant, openStore, type Store } from '../server/src/store/index.ts'
import { type AskApi, testApi } from '../server/src/testing/api.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import type { Bench } from './bench.ts'
import { drive, type Measured, percentile } from './load.ts'
import { DOMAIN } from './people.ts'
import { takeSample } from './processes.ts'
import { serverTime, spentTable, table } from './report.ts'

const SECONDS = 4
const WARM_UP = 2_000
const AT_ONCE = 6
/** Odd, so that one of them is in the middle. */
const ROUNDS = 7
/** Each person may ask ten times a second, and each application sixty; the limits stay on. */
const PEOPLE = 60
const LARGE = { domain: 'large-firm.example', customers: 5_000, people: 200 }
const SMALL = { domain: 'small-firm.example', customers: 50, people: PEOPLE }
type Firm = typeof LARGE
/** Customers of each firm with a word of its own. */
const TAGGED = 20

const lists = {
  list: '/partner/customers?$top=10',
  filtered: "/partner/customers?$filter=startswith(displayName,'Customer 1') and resale eq true&$top=10",
  tagged: "/partner/customers?$filter=tags/any(t: t eq 'gold')&$top=10",
} as const
type List = keyof typeof lists

/** Measures a partner's request in a customer's tenant beside the customer's own, and lists of customers as a firm grows. */
export async function measurePartners(bench: Bench): Promise<string> {
  const { server, means, ownerUrl, application } = bench
  const store = await openStore({ databaseUrl: ownerUrl })
  const there = {
    ...{ store, url: server.origin },
    services: { ...means, clock: () => new Date(), origin: server.origin },
  } as unknown as TestServer
  try {
    for (const firm of [LARGE, SMALL]) await makeFirm(bench, store, firm, application.tenantId)
    const one = (await inTenant(store, application.tenantId, trx =>
      findUserByName(trx, application.tenantId, `person-0@${DOMAIN}`),
    ))!
    const path = `/users/${one.id}`
    const own = await askers(place => testApi(there, DOMAIN).as(`person-${place}@${DOMAIN}`, { scopes: [ALL] }))
    const partners = await askers(place => testApi(there, SMALL.domain).asPartner(agentOf(SMALL, place), DOMAIN))
    const measured = await measureInTurn(bench, { 'own person': own, 'partner’s person': partners }, path)
    const ratio = serverTime(measured['partner’s person']!) / serverTime(measured['own person']!)
    const found: Record<string, Record<List, Measured<string>>> = {}
    for (const firm of [SMALL, LARGE]) {
      const agents = await askers(place => testApi(there, firm.domain).as(agentOf(firm, place), { scopes: [ALL] }))
      const each = {} as Record<List, Measured<string>>
      for (const name of Object.keys(lists) as List[]) each[name] = await measure(bench, agents, lists[name])
      found[firm.domain] = each
    }
    const rows = Object.entries(measured).map(([who, one]) => rowOf(who, one))
    const grown = (Object.keys(lists) as List[]).map(name => {
      const [small, large] = [found[SMALL.domain]![name], found[LARGE.domain]![name]]
      return [
        ...[name, serverTime(small).toFixed(2), serverTime(large).toFixed(2)],
        ...[(serverTime(large) / serverTime(small)).toFixed(2), '1.30'],
      ]
    })
    return [
      'Partners: a person is read in a customer’s tenant',
      table([
        ['', 'per second', 'p50', 'ms each', 'of the own', 'reach'],
        [...rows[0]!, '', ''],
        [...rows[1]!, ratio.toFixed(2), '1.20'],
      ]),
      '',
      spentTable(measured),
      '',
      `Ten of a firm’s customers, ms each: of ${SMALL.customers} of ${SMALL.people} people, and ${LARGE.customers} of ${LARGE.people}`,
      table([['', String(SMALL.customers), String(LARGE.customers), 'growth', 'reach'], ...grown]),
    ].join('\n')
  } finally {
    await store.close()
  }
}

const ALL = 'Directory.AccessAsUser.All'
const agentOf = ({ domain }: Firm, place: number) => `agent-${place}@${domain}`

/**
 * Measures each in turn and again, the other one first each time: a server that has just begun is slower, and strangers
 * come and go. The round in the middle by processor time counts.
 */
async function measureInTurn(bench: Bench, all: Record<string, readonly AskApi[]>, path: string) {
  const found: Record<string, Measured<string>[]> = Object.fromEntries(Object.keys(all).map(who => [who, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    const turn = Object.entries(all)
    for (const [who, askers] of round % 2 === 0 ? turn : turn.reverse())
      found[who]!.push(await measure(bench, askers, path))
  }
  return Object.fromEntries(Object.entries(found).map(([who, rounds]) => [who, middleOf(rounds)]))
}

const middleOf = (rounds: readonly Measured<string>[]) =>
  rounds.toSorted((one, other) => serverTime(one) - serverTime(other))[Math.floor(rounds.length / 2)]!

const rowOf = (who: string, one: Measured<string>) => [
  ...[who, one.perSecond.toFixed(0), percentile(one.times.read ?? [], 0.5).toFixed(1), serverTime(one).toFixed(2)],
]

async function askers(ask: (place: number) => Promise<AskApi>): Promise<AskApi[]> {
  const all: AskApi[] = []
  for (let place = 0; place < PEOPLE; place += 1) all.push(await ask(place))
  return all
}

function measure({ server }: Bench, askers: readonly AskApi[], path: string): Promise<Measured<string>> {
  let turn = 0
  return drive<string>(
    () => takeSample(server.pids),
    { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS, warmUp: WARM_UP },
    timed =>
      timed('read', async () => {
        const { status, text } = await askers[turn++ % askers.length]!('GET', path)
        if (status !== 200) throw new Error(`answered ${status} to ${path}: ${text}`)
      }),
  )
}

/** A firm with its people, its customers of which one is the bench's company, and a relationship with that one. */
async function makeFirm({ means }: Bench, store: Store, firm: Firm, customerId: string): Promise<void> {
  const { domain, customers, people } = firm
  const id = means.random.uuid(means.now)
  const now = new Date()
  const act: Act = { ...means, now, actor: { kind: 'operator' }, trail: { correlationId: means.random.uuid(now) } }
  const names = Array.from({ length: people }, (_, place) => agentOf(firm, place))
  await inTenant(store, id, async trx => {
    await createTenant(trx, means, id, { displayName: domain, domain })
    for (const name of names) await createUser(trx, means, id, { userPrincipalName: name, displayName: name })
    await enrollPartner(trx, act, {
      ...{ program: 'membership', companyName: domain, agents: { 'Helpdesk agent': names }, care: names },
    })
  })
  const [relationship, began, ends] = [means.random.uuid(now), plus(now, -DAY), plus(now, 180 * DAY)]
  const roles = ['Directory Readers', 'User Administrator']
  // The owner is bound by row-level security too, so each row is written as its own tenant.
  await inTenant(store, id, async trx => {
    await trx
      .insertInto('gdap_offers')
      .values({
        ...{ tenant_id: id, id: relationship, other_tenant_id: customerId, display_name: 'Care', duration: 'P180D' },
        ...{ display_name_folded: 'care', roles, auto_extend: false, created_at: began, modified_at: began },
        locked_at: began,
      })
      .execute()
    const { id: groupId } = await trx
      .selectFrom('groups')
      .select('id')
      .where('tenant_id', '=', id)
      .where('display_name', '=', 'Customer care')
      .executeTakeFirstOrThrow()
    await trx
      .insertInto('gdap_assignments')
      .values({
        ...{ tenant_id: id, id: relationship, offer_id: relationship, other_tenant_id: customerId },
        ...{ group_id: groupId, roles, created_at: began, modified_at: began },
      })
      .execute()
  })
  await inTenant(store, customerId, trx =>
    trx
      .insertInto('gdap_grants')
      .values({
        ...{ tenant_id: customerId, id: relationship, other_tenant_id: id, display_name: 'Care', roles },
        ...{ duration: 'P180D', auto_extend: false, decided_at: began, modified_at: began, ends_at: ends },
      })
      .execute(),
  )
  for (let place = 1; place < customers; place += 1) {
    const company = means.random.uuid(now)
    await inTenant(store, company, trx =>
      trx
        .insertInto('served_companies')
        .values({
          ...{ tenant_id: company, other_tenant_id: id, domain: `customer-${place}.example`, touched_at: now },
          ...{ display_name: `Customer ${place}`, display_name_folded: `customer ${place}`, sold_since: now },
        })
        .execute(),
    )
    if (place <= TAGGED)
      await inTenant(store, id, trx =>
        trx
          .insertInto('customer_tags')
          .values({ tenant_id: id, customer_id: company, tags: ['gold'] })
          .execute(),
      )
  }
  await store.pool.query('analyze served_companies, customer_tags, gdap_grants, gdap_assignments')
}
