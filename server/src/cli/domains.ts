import { readResolvers, readTenantSuffix } from '../config.ts'
import {
  type CommandGroup,
  columns,
  flag,
  inTenantOf,
  modules,
  readTenantOf,
  show,
  tenantOf,
  type Values,
  withAct,
} from './command.ts'

const load = () => modules('directory', 'organization', 'store')
type Domain = Awaited<ReturnType<Awaited<ReturnType<typeof load>>['organization']['listDomains']>>[number]

/** A domain as it is told. */
const told = ({ name, verifiedAt, isDefault, isInitial, isRoot, removal }: Domain) => ({
  name,
  isVerified: verifiedAt !== null,
  isDefault,
  isInitial,
  isRoot,
  removal,
})

const stateOf = ({ verifiedAt, isDefault, isInitial, removal }: Domain) =>
  [
    verifiedAt ? 'verified' : 'waits for its proof',
    ...(isDefault ? ['default'] : []),
    ...(isInitial ? ['initial'] : []),
    ...(removal ? ['is removed'] : []),
  ].join(', ')

async function listDomains({ json }: Values, domain: string) {
  const on = await load()
  const domains = await readTenantOf(on, domain, trx => on.organization.listDomains(trx))
  show(json, domains.map(told), () => columns(domains.map(one => [one.name, stateOf(one)])))
}

/** What the owner of a domain writes into the DNS. */
const recordOf = ({ name, proof }: Pick<Domain, 'name' | 'proof'>) => ({
  type: 'TXT',
  hosts: [name, `_latchkey.${name}`],
  ttl: 3600,
  value: proof,
})

const recordLines = (domain: Pick<Domain, 'name' | 'proof'>) => {
  const { hosts, ttl, value } = recordOf(domain)
  return [`  TXT    ${hosts[0]}   (or ${hosts[1]})`, `  TTL    ${ttl}`, `  Value  ${value}`]
}

async function addDomain({ json }: Values, domain: string, name: string) {
  const on = await load()
  const suffix = readTenantSuffix(process.env)
  const origin = process.env.LATCHKEY_ORIGIN
  const reserved = on.organization.reservedNames({ origin, tenantSuffix: suffix })
  const added = await inTenantOf(on, domain, (trx, act) => on.organization.addDomain(trx, act, { id: name, reserved }))
  const { name: asKept, verifiedAt } = added
  show(json, { ...told(added), record: verifiedAt ? null : recordOf(added) }, () =>
    verifiedAt
      ? [`${asKept} was added. A verified domain above it proves it.`]
      : [
          `${asKept} was added. Write this record into its DNS:`,
          '',
          ...recordLines(added),
          '',
          `Then: latchkey domains verify ${domain} ${asKept}`,
        ],
  )
}

async function showRecords({ json }: Values, domain: string, name: string) {
  const on = await load()
  const found = await inTenantOf(on, domain, (trx, act) => on.organization.getProof(trx, act, name))
  show(json, found.proof === null ? [] : [recordOf(found)], () =>
    found.proof === null ? [`Nothing has to be written for ${found.name}.`] : recordLines(found),
  )
}

async function verifyDomain({ json }: Values, domain: string, name: string) {
  const on = await load()
  const dns = on.organization.openDns(readResolvers(process.env))
  const verified = await withAct(async (db, act) =>
    on.organization.verifyDomain(db, act, { tenantId: await tenantOf(on, db, domain), name, dns }),
  )
  show(json, told(verified), () => [`${verified.name} is verified: names can end with it.`])
}

async function contestDomain({ json }: Values, domain: string, name: string) {
  const on = await load()
  const dns = on.organization.openDns(readResolvers(process.env))
  const contested = await withAct(async (db, act) =>
    on.organization.contestDomain(db, act, { tenantId: await tenantOf(on, db, domain), name, dns }),
  )
  const { name: asKept, verifiedAt, contestingUntil } = contested
  show(json, { ...told(contested), contestingUntil }, () => [
    verifiedAt || !contestingUntil
      ? `${asKept} is verified: nobody else has it.`
      : `${asKept} is contested. Who holds it has until ${contestingUntil.toISOString().slice(0, 10)} to prove it anew.`,
  ])
}

async function makeDefault({ json }: Values, domain: string, name: string) {
  const on = await load()
  await inTenantOf(on, domain, (trx, act) => on.organization.makeDefault(trx, act, name))
  show(json, { name, isDefault: true }, () => [`New names end with ${name}. Existing names stay.`])
}

async function deleteDomain({ json }: Values, domain: string, name: string) {
  const on = await load()
  await inTenantOf(on, domain, (trx, act) => on.organization.deleteDomain(trx, act, name))
  show(json, { name }, () => [`${name} was removed.`])
}

const options = { json: flag }
const takes = ['DOMAIN', 'NAME']

export const domainCommands: CommandGroup = {
  about: 'a company’s domains and their proof. DOMAIN is one that it has verified, NAME the one in question.',
  commands: {
    list: {
      usage: 'DOMAIN [--json]',
      about: 'every domain of the company',
      options,
      takes: ['DOMAIN'],
      run: listDomains,
    },
    add: {
      usage: 'DOMAIN NAME [--json]',
      about: 'add a domain, and show the record that proves it',
      options,
      takes,
      run: addDomain,
    },
    records: {
      usage: 'DOMAIN NAME [--json]',
      about: 'show the record that proves a domain',
      options,
      takes,
      run: showRecords,
    },
    verify: {
      usage: 'DOMAIN NAME [--json]',
      about: 'ask the DNS for the record; ends with 1 where it is not there yet',
      options,
      takes,
      run: verifyDomain,
    },
    contest: {
      usage: 'DOMAIN NAME [--json]',
      about: 'contest a domain that another company has verified, once its DNS has your record',
      options,
      takes,
      run: contestDomain,
    },
    default: {
      usage: 'DOMAIN NAME [--json]',
      about: 'make a verified domain the one that new names end with',
      options,
      takes,
      run: makeDefault,
    },
    delete: {
      usage: 'DOMAIN NAME [--json]',
      about: 'remove a domain that nobody’s name or address uses',
      options,
      takes,
      run: deleteDomain,
    },
  },
  examples: [
    ['Every domain, for a script', 'domains list acme.example --json'],
    ['Add a domain, then prove it', 'domains add acme.example shop.acme.example'],
    ['What its DNS has to hold', 'domains records acme.example shop.acme.example'],
    ['Once its DNS has the record', 'domains verify acme.example shop.acme.example'],
    ['Another company still has it', 'domains contest acme.example shop.example'],
    ['New names end with it', 'domains default acme.example shop.acme.example'],
    ['Remove it', 'domains delete acme.example shop.acme.example'],
  ],
}
