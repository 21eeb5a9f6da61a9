import type { Role } from '../access/index.ts'
import type { AgentRole, Program } from '../partners/index.ts'
import type { DemoAccount, DemoTenant } from './tenants.ts'

/** What makes a company of the demonstration a partner. */
export interface Firm {
  program: Program
  /** The people who are agents, by name. */
  agents: Partial<Record<AgentRole, readonly string[]>>
  /** The people of its group "Customer care". */
  care?: readonly string[]
  /** Its business was rejected so many days before the first start. */
  rejectedAgo?: number
}

type Key = 'harbour' | 'lantern' | 'quill' | 'fern' | 'moss' | 'reed' | 'sedge' | 'tansy' | 'desk'

/** A company of the demonstration that is a partner, or a partner's customer. */
export interface PartnersTenant extends DemoTenant {
  key: Key
  firm?: Firm
}

/** A company by its label; its people by names, with the last two digits of the number that each has on record. */
function company(
  key: Key,
  people: Readonly<Record<string, Omit<DemoAccount, 'name' | 'displayName'> & { number?: number }>>,
  firm?: Firm,
): PartnersTenant {
  const [displayName, domain] = [capital(key), `${key}.example`]
  const accounts = Object.entries(people).map(([local, { number, ...more }]): DemoAccount => {
    const mobilePhone = number === undefined ? {} : { mobilePhone: `+120655501${number}` }
    const words = local.split('-').map(capital)
    return {
      ...{ name: `${local}@${domain}`, displayName: `${displayName} ${words.join(' ')}`, ...more },
      methods: { ...mobilePhone, ...more.methods },
    }
  })
  const settings = { enabled: true, registrationRequired: false }
  return { key, displayName, domain, settings, accounts, ...(firm && { firm }) }
}

const capital = (word: string) => `${word[0]!.toUpperCase()}${word.slice(1)}`

const GLOBAL: { role: Role } = { role: 'Global Administrator' }
const REVIEWER: { role: Role } = { role: 'Verification Reviewer' }

/** The partners of the demonstration and their customers (partners on the wire, §8), in the order of their applications. */
export const partnersTenants: readonly PartnersTenant[] = [
  company(
    'harbour',
    {
      admin: { ...GLOBAL, number: 20 },
      'agent-one': { number: 21 },
      'agent-two': { number: 22 },
      help: { number: 23 },
      care: { number: 24 },
      sales: { number: 25 },
    },
    {
      program: 'indirectProvider',
      agents: {
        'Admin agent': ['agent-one@harbour.example', 'agent-two@harbour.example'],
        'Helpdesk agent': ['help@harbour.example'],
        'Sales agent': ['sales@harbour.example'],
      },
      care: ['care@harbour.example', 'agent-two@harbour.example'],
    },
  ),
  company(
    'lantern',
    { admin: { ...GLOBAL, number: 30 }, agent: { number: 31 } },
    { program: 'indirectReseller', agents: { 'Admin agent': ['agent@lantern.example'] } },
  ),
  company(
    'quill',
    {
      owner: { ...GLOBAL, mailbox: true, unknownPassword: true },
      second: { role: 'User Administrator', number: 32, methods: { email: 'second-quill@mail.example' } },
    },
    { program: 'indirectReseller', agents: {} },
  ),
  company('fern', { admin: { ...GLOBAL, number: 40 }, person: {} }),
  company('moss', { admin: { ...GLOBAL, number: 41 }, person: {} }),
  company('reed', { admin: { ...GLOBAL, number: 42 }, person: {} }),
  company('sedge', { admin: { ...GLOBAL, number: 43 }, person: {} }),
  company('tansy', { admin: { ...GLOBAL, number: 44 } }, { program: 'membership', agents: {}, rejectedAgo: 20 }),
  company('desk', { reviewer: { ...REVIEWER, number: 45 }, second: { ...REVIEWER, number: 46 } }),
]
