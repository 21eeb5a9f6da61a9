import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { Attribute, Change, type Client, type Entry, InvalidCredentialsError, ResultCodeError } from 'ldapts'
import { ANSWERS_WITHIN, connectSecurely, openClient, targetOf } from './clients.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { findDomainPolicy, policyHints } from './domain.ts'
import { clockFault, faultOf } from './faults.ts'
import { equals } from './filters.ts'
import { openLink } from './link.ts'
import { schemaOf } from './policySchema.ts'
import { openState } from './state.ts'

/** What is looked at, in the order in which things go wrong. */
const names = ['server', 'clock', 'directory', 'certificate', 'bind', 'people', 'rights', 'policy'] as const
type Name = (typeof names)[number]

const DAY = 86_400_000

/** Before that much is left, somebody should renew a certificate. */
const RENEW_WITHIN = 14 * DAY

/** Something that is wrong, in a sentence for administrators. */
class Wrong extends Error {}

/**
 * Looks at everything that a reset needs, and changes nothing: one line a finding, `ok NAME: sentence` or
 * `fail NAME: sentence`. `user`: whose entry the rights are tried on. Returns whether all is well.
 */
export async function check(folder: string, user: string | undefined, print: (line: string) => void): Promise<boolean> {
  let failed: Name | undefined
  const look = async (name: Name, act: () => string | Promise<string>): Promise<boolean> => {
    try {
      print(`ok ${name}: ${await act()}`)
      return true
    } catch (error) {
      failed ??= name
      print(`fail ${name}: ${error instanceof Wrong ? error.message : `${(error as Error).message}.`}`)
      return false
    }
  }
  const unseen = (...left: Name[]) => {
    for (const name of left) print(`fail ${name}: not looked at, because of the line above.`)
  }

  const state = await openState(folder)
  let skew: number | undefined
  const host = new URL(state.identity.server).host
  await look('server', async () => {
    const link = await openLink(
      state,
      'sync',
      () => {},
      () => {},
    )
    skew = link.skew
    link.end()
    return `${host} is reached, and knows this agent's key.`
  })
  if (skew === undefined) unseen('clock')
  else await look('clock', () => judgeClock(skew!))

  let configuration: Configuration | undefined
  const found = await look('directory', async () => {
    configuration = readConfiguration(folder)
    const answering = await firstAnswering(configuration)
    configuration = { ...configuration, servers: [answering] }
    return `${new URL(answering).host} answers.`
  })
  if (!found || !configuration) {
    unseen('certificate', 'bind', 'people', 'rights', 'policy')
    return false
  }
  const [url] = configuration.servers as [string]
  if (!(await look('certificate', () => judgeCertificate(configuration!, url)))) {
    unseen('bind', 'people', 'rights', 'policy')
    return false
  }
  const client = await openClient(configuration, url)
  try {
    const { bindDN, password, base } = configuration
    const bound = await look('bind', async () => {
      await client.bind(bindDN, password).catch(error => {
        throw error instanceof InvalidCredentialsError
          ? new Wrong(`the directory refuses ${bindDN} with the password of passwordFile.`)
          : error
      })
      return `${bindDN} is let in.`
    })
    if (!bound) {
      unseen('people', 'rights', 'policy')
      return false
    }
    let sample: Entry | undefined
    await look('people', async () => {
      sample = await findSample(configuration!, client, user)
      return `${sample.dn} is found below ${base}, with its ${configuration!.anchor}.`
    })
    if (!sample) unseen('rights')
    else await look('rights', () => judgeRights(configuration!, client, sample!))
    await look('policy', () => describePolicy(configuration!, client, sample))
  } finally {
    await client.unbind().catch(() => {})
  }
  return failed === undefined
}

function judgeClock(skew: number): string {
  const fault = clockFault(skew)
  if (fault !== undefined) throw new Wrong(`${fault}: let both ask a time server.`)
  return `this machine's clock is ${Math.round(Math.abs(skew) / 1_000)} seconds from the server's.`
}

/** The first server to which a connection opens, TLS apart. */
async function firstAnswering({ servers }: Configuration): Promise<string> {
  const faults: string[] = []
  for (const url of servers) {
    const fault = await reach(url)
    if (fault === undefined) return url
    faults.push(`${new URL(url).host}: ${fault}`)
  }
  throw new Wrong(`no server of the directory answers (${faults.join('; ')}).`)
}

async function reach(url: string): Promise<string | undefined> {
  const socket = connect({ ...targetOf(url), timeout: ANSWERS_WITHIN })
  return new Promise(resolve => {
    const end = (fault?: string) => {
      socket.destroy()
      resolve(fault)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end('it does not answer'))
    socket.once('error', error => end(faultOf(error)))
  })
}

async function judgeCertificate(configuration: Configuration, url: string): Promise<string> {
  if (url.startsWith('ldap:') && !configuration.startTLS) return 'none is needed on this machine.'
  const { host } = targetOf(url)
  const socket = await connectSecurely(configuration, url).catch(error => {
    throw new Wrong(`${host}: ${faultOf(error)}.`)
  })
  try {
    const until = new Date(socket.getPeerCertificate().valid_to)
    const day = until.toISOString().slice(0, 10)
    if (until.getTime() - Date.now() < RENEW_WITHIN)
      throw new Wrong(`the certificate of ${host} ends on ${day}: renew it.`)
    return `it is trusted, and ends on ${day}.`
  } finally {
    socket.destroy()
  }
}

async function findSample(
  { base, filter, anchor, attributes }: Configuration,
  client: Client,
  user: string | undefined,
): Promise<Entry> {
  const named = user === undefined ? filter : `(&${filter}${equals(attributes.userPrincipalName ?? 'mail', user)})`
  const { searchEntries } = await client
    .search(base, {
      ...{
        scope: 'sub',
        filter: named,
        attributes: [anchor, 'pwdPolicySubentry', 'krbPwdPolicyReference', 'msDS-ResultantPSO'],
      },
      sizeLimit: 1,
    })
    .catch(error => {
      // More are there than were asked for.
      if (error instanceof ResultCodeError && error.code === 4)
        return client.search(base, { scope: 'sub', filter: named, attributes: [anchor], paged: { pageSize: 1 } })
      throw error
    })
  const [entry] = searchEntries
  if (!entry) throw new Wrong(user === undefined ? `no entry below ${base} fits ${filter}.` : `no entry is ${user}.`)
  if (entry[anchor] === undefined) throw new Wrong(`${entry.dn} shows no ${anchor}: let the agent read it.`)
  return entry
}

/**
 * Deletes a password value that nobody has: the directory says that it is not there (16) to whom may write it, and that
 * there is no right (50) to others. Nothing changes.
 */
async function judgeRights({ kind }: Configuration, client: Client, { dn }: Entry): Promise<string> {
  if (kind === 'active-directory') return judgeRightsInDomain(client, dn)
  const nobodys = new Attribute({ type: 'userPassword', values: [`{SSHA}${randomBytes(24).toString('base64')}`] })
  try {
    await client.modify(dn, new Change({ operation: 'delete', modification: nobodys }))
  } catch (error) {
    if (!(error instanceof ResultCodeError)) throw error
    if (error.code === 16) return `the password of ${dn} can be written.`
    if (error.code === 50) throw new Wrong(`the agent may not write userPassword of ${dn}: give it write, not manage.`)
    throw new Wrong(`the directory answered ${error.code} ${error.name}.`)
  }
  throw new Wrong('the directory deleted a password value that nobody has.')
}

/** What Active Directory says that the agent may write. It says nothing of the right to reset, which goes with these two. */
async function judgeRightsInDomain(client: Client, dn: string): Promise<string> {
  const { searchEntries } = await client.search(dn, {
    ...{ scope: 'base', filter: '(objectClass=*)', attributes: ['allowedAttributesEffective'] },
  })
  const allowed = [searchEntries[0]?.allowedAttributesEffective ?? []].flat().map(String)
  const missing = ['lockoutTime', 'pwdLastSet'].filter(name => !allowed.includes(name))
  if (missing.length > 0)
    throw new Wrong(`the agent may not write ${missing.join(' and ')} of ${dn}: see docs/writeback.md.`)
  return `lockoutTime and pwdLastSet of ${dn} can be written; the right to reset is seen at the first reset.`
}

async function describeDomainPolicy(client: Client, sample: Entry | undefined): Promise<string> {
  const found = sample && (await findDomainPolicy(client, sample))
  if (!found) throw new Wrong('there is nobody whose policy could be read.')
  if (found === 'unreadable')
    throw new Wrong('the agent may not read the policy of this person: let it read the fine-grained ones.')
  const { minimumLength, history } = found.rules
  const hints = (await policyHints(client))
    ? 'also at a reset'
    : 'at a change; this controller has no control for resets'
  return `${found.dn} asks for ${minimumLength} characters, and refuses the last ${history} passwords ${hints}.`
}

/** Describes the rules that the directory judges new passwords by. */
async function describePolicy(
  configuration: Configuration,
  client: Client,
  sample: Entry | undefined,
): Promise<string> {
  if (configuration.kind === 'active-directory') return describeDomainPolicy(client, sample)
  const found = await schemaOf(configuration).findPolicy(configuration, client, sample)
  if (found === 'none') throw new Wrong('the agent sees no password policy: make one, or let the agent read it.')
  if (found === 'several')
    throw new Wrong(
      'several password policies are there, and the agent cannot read pwdPolicySubentry to tell whose is which.',
    )
  const { minimumLength, history } = found.rules
  return `${found.dn} asks for ${minimumLength} characters, and refuses the last ${history} passwords.`
}
