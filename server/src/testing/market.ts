import type { Act } from '../act.ts'
import { addMember, assignRole, createGroup, createTenant, createUser } from '../directory/index.ts'
import { findAgentGroup, type Program } from '../partners/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { type AskApi, testApi } from './api.ts'
import type { Company, GroupName, Link } from './companies.ts'
import { granted } from './contract.ts'
import { makePartner } from './partners.ts'
import { type TestServer, testServer } from './server.ts'

/** A partner's person in a customer's tenant, by one token on both servers. `spoiled`: their sessions have ended since. */
export interface Entry {
  asks: readonly AskApi[]
  spoiled: boolean
}

type Kind = 'indirectProvider' | 'indirectReseller' | undefined

/** Three firms, of which one is also a customer, and two companies, on two servers that share a database. */
export async function openMarket() {
  // Replicas have one origin, which a demonstration would replace by each one's own.
  const shared = { origin: 'http://localhost', demo: false }
  const server = await testServer({ ...shared, seed: false })
  const servers = [server, await testServer({ ...shared, beside: server })] as const
  const { store, services } = server
  const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
  const [provider, second, reseller, one, two] = [
    await makeCompany(server, 'provider-1.example', 'indirectProvider'),
    await makeCompany(server, 'provider-2.example', 'indirectProvider'),
    await makeCompany(server, 'reseller.example', 'indirectReseller'),
    await makeCompany(server, 'customer-1.example', undefined),
    await makeCompany(server, 'customer-2.example', undefined),
  ]
  const [firms, customers] = [
    [provider, second, reseller],
    [one, two, reseller],
  ]
  const links = firms.flatMap(firm =>
    customers.map(customer => ({ ...{ firm, customer, grants: [] as Link['grants'] }, ...nothing() })),
  ) as Link[]
  const companies = [...firms, one, two]
  const apis = new Map(companies.map(({ domain }) => [domain, servers.map(each => testApi(each, domain))]))
  const people = new Map<string, AskApi>()
  const partners = new Map<string, Entry>()
  const apiOf = ({ domain }: Company, place: number) => apis.get(domain)![place]!
  /** What was counted of a day is as if the day were over. */
  const uncount = async () => {
    for (const table of ['sends', 'counters', 'flood_points']) await store.pool.query(`delete from latchkey.${table}`)
  }
  const forget = (firm: Company, person: string) => {
    for (const key of partners.keys()) if (key.startsWith(`${firm.domain} ${person} `)) partners.delete(key)
  }
  return {
    ...{ store, means, links, firms, customers, companies, origin: services.origin, forget, uncount },
    /** Asks as somebody of a company, at home. */
    async as(company: Company, person: string, place: number) {
      const key = `${company.domain} ${person} ${place}`
      const known = people.get(key) ?? (await apiOf(company, place).as(`${person}@${company.domain}`))
      people.set(key, known)
      return known
    },
    /** Asks as somebody of a company who has signed in just now. */
    anew: (company: Company, person: string, place: number) => apiOf(company, place).as(`${person}@${company.domain}`),
    /** A company's administrator asks for its person's password to be set anew. Returns what they are answered. */
    async askRescue({ domain }: Company) {
      await uncount()
      const [browser, address] = [server.browser(), `chief@${domain}`]
      const [before] = await server.outbox()
      const about = { kind: 'no-administrator', domain, address, text: 'Nobody can sign in.' }
      const { number, challenge } = granted(await browser.post('/cases', about), 201)
      const proof = { challenge: challenge.id, code: await server.code(address, before) }
      const opened = granted(await browser.post(`/cases/${number}/proofs`, proof)).number
      const asked = { act: 'newPassword', userName: `person@${domain}` }
      const { id, refusal } = granted(await browser.post(`/cases/${opened}/rescue`, asked), 201)
      return {
        ...{ id: id as string, refusal: refusal as string | null },
        withdraw: async () => granted(await browser.post(`/rescues/${id}/withdrawal`)),
      }
    },
    /** Asks as somebody of a firm in the tenant of a customer, with the token of before where there is one. */
    async enter({ firm, customer }: Link, person: string): Promise<Entry> {
      const key = `${firm.domain} ${person} ${customer.domain}`
      const known = partners.get(key)
      if (known) return known
      const token = await apiOf(firm, 0).partnerTokenOf(`${person}@${firm.domain}`, customer.domain)
      const entry = { asks: apis.get(firm.domain)!.map(api => api.with(token)), spoiled: false }
      partners.set(key, entry)
      return entry
    },
    /** Somebody's sessions have ended: what they hold opens nothing, and they sign in anew after it. */
    spoil(firm: Company, person: string) {
      for (const [key, entry] of partners) if (key.startsWith(`${firm.domain} ${person} `)) entry.spoiled = true
    },
    /** The administrator of a company, who answers an invitation. */
    deciding: (company: Company): Act => ({
      ...means(),
      trail: { correlationId: services.random.uuid(services.clock()) },
      actor: {
        ...{ kind: 'user', id: company.people.get('chief')!, tenantId: company.id, name: `chief@${company.domain}` },
        ...{ roles: ['Global Administrator'], scopes: ['Directory.AccessAsUser.All'] },
        proof: { acr: 'mfa', authTime: services.clock() },
      },
    }),
    suspend: (firm: Company, isBarred: boolean) =>
      store.pool.query('update latchkey.partner_accounts set suspended_at = $1, suspension = $2 where tenant_id = $3', [
        ...[isBarred ? services.clock() : null, isBarred ? 'abuse' : null, firm.id],
      ]),
    /** Time passes on both servers, and everybody signs in anew. */
    pass(milliseconds: number) {
      for (const { clock } of servers) clock.advance(milliseconds)
      people.clear()
      partners.clear()
    },
    /** Nobody has anything with anybody, and each firm is as it began. */
    async clear() {
      for (const table of ['gdap_assignments', 'gdap_grants', 'gdap_offers', 'daps', 'partner_uses', 'rescues'])
        await store.pool.query(`delete from latchkey.${table}`)
      for (const table of ['served_companies', 'partner_invitations', 'partner_activities'])
        await store.pool.query(`delete from latchkey.${table}`)
      for (const link of links) Object.assign(link, { grants: [], ...nothing() })
      await store.pool.query('update latchkey.partner_accounts set suspended_at = null, suspension = null')
      await store.pool.query('update latchkey.users set account_enabled = true where not account_enabled')
      for (const firm of firms) {
        await store.pool.query('delete from latchkey.group_members where tenant_id = $1', [firm.id])
        Object.assign(firm, { nested: false, disabled: new Set(), barred: false, ...(await placeAll(store, firm)) })
      }
      people.clear()
      partners.clear()
    },
  }
}

const nothing = () => ({ dap: undefined, sold: false, provided: false, noted: new Map<string, number>() })

/** Who begins in which group. */
const begins = { admin: 'agents', agent: 'agents', help: 'helpers', carer: 'care', night: 'night' } as const

/** Puts everybody of a firm into the group that they begin in. */
async function placeAll(db: Db, { id, people, groups }: Pick<Company, 'id' | 'people' | 'groups'>) {
  const members = new Map([...groups.keys()].map(group => [group, new Set<string>()]))
  await inTenant(db, id, async trx => {
    for (const [name, group] of Object.entries(begins)) {
      await addMember(trx, id, groups.get(group)!, { kind: 'user', id: people.get(name)! })
      members.get(group)!.add(name)
    }
  })
  return { members }
}

async function makeCompany(server: TestServer, domain: string, kind: Kind): Promise<Company> {
  const { store, services } = server
  const { random, keys, clock } = services
  const means = { now: clock(), random, keys }
  const id = random.uuid(means.now)
  const people = new Map<string, string>()
  const groups = new Map<GroupName, string>()
  await inTenant(store, id, async trx => {
    await createTenant(trx, means, id, { displayName: domain, domain, country: 'US' })
    for (const name of ['chief', 'person', ...(kind ? [...Object.keys(begins), 'nobody'] : [])]) {
      const { id: userId } = await createUser(trx, means, id, {
        ...{ userPrincipalName: `${name}@${domain}`, displayName: `${name} of ${domain}` },
        // Names no company: an answer that does tells of another one.
        mail: `${name}-${random.uuid(means.now)}@mail.example`,
      })
      people.set(name, userId)
    }
    await assignRole(trx, means, people.get('chief')!, 'Global Administrator')
  })
  if (kind) {
    await makePartner(server, domain, [], kind satisfies Program)
    await inTenant(store, id, async trx => {
      groups.set('agents', (await findAgentGroup(trx, 'Admin agent'))!)
      groups.set('helpers', (await findAgentGroup(trx, 'Helpdesk agent'))!)
      for (const name of ['care', 'night'] as const)
        groups.set(name, await createGroup(trx, means, id, { displayName: name }))
    })
  }
  const members = new Map<GroupName, Set<string>>()
  return {
    ...{ id, domain, kind, people, groups, nested: false, disabled: new Set(), barred: false },
    ...(kind ? await placeAll(store, { id, people, groups }) : { members }),
    ...{ department: null, given: 0, linked: 0 },
  }
}
