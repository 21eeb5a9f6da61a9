import { Resolver } from 'node:dns/promises'
import { SECOND } from '../clock.ts'
import { type Environment, readResolvers } from '../config.ts'
import type { MailWay } from '../notifications/index.ts'
import type { Modules } from './command.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** What receivers of mails find in the DNS about the domain that they come from: SPF, DKIM and DMARC. */
export async function examineSender(
  { notifications }: Modules<'notifications'>,
  env: Environment,
  { from, dkim }: Pick<MailWay, 'from' | 'dkim'>,
): Promise<Finding[]> {
  const domain = from.slice(from.lastIndexOf('@') + 1).toLowerCase()
  const read = textsOf(readResolvers(env))
  const record = dkim && notifications.dkimRecord(dkim)
  const [spf, key, dmarc] = await Promise.all([read(domain), record && read(record.host), findDmarc(read, domain)])
  return [judgeSpf(domain, spf), judgeKey(record, key), judgeDmarc(domain, dmarc)]
}

/** The texts at a name; undefined where nobody could tell. */
type Texts = (name: string) => Promise<string[] | undefined>

function textsOf(servers: readonly string[]): Texts {
  const resolver = new Resolver({ timeout: 2 * SECOND, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return async name => {
    try {
      return (await resolver.resolveTxt(name)).map(strings => strings.join(''))
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      return code === 'ENODATA' || code === 'ENOTFOUND' ? [] : undefined
    }
  }
}

const unknown = (about: string, name: string) =>
  warning(about, `The DNS did not tell what stands at ${name}: run this again, and check LATCHKEY_DNS.`)

function judgeSpf(domain: string, texts: string[] | undefined): Finding {
  if (!texts) return unknown('SPF', domain)
  const records = texts.filter(text => /^v=spf1( |$)/i.test(text))
  // Several count as none (RFC 7208, §4.5).
  if (records.length > 1)
    return problem('SPF', `${domain} has ${records.length} SPF records, so that none counts: leave one.`)
  const [record] = records
  if (!record)
    return warning(
      'SPF',
      `${domain} has no SPF record, so mails may land in spam: add one that names your mail server.`,
    )
  return ok('SPF', `${domain} says ${record}.`)
}

function judgeKey(record: { host: string; text: string } | undefined, texts: string[] | undefined): Finding {
  if (!record) return ok('DKIM', 'LATCHKEY_DKIM_KEY is not set: mails are signed by your mail server, or not at all.')
  if (!texts) return unknown('DKIM', record.host)
  const keyOf = (text: string) => /(?:^|;)\s*p=([^;]*)/.exec(text)?.[1]?.replaceAll(/\s/g, '')
  const keys = texts.map(keyOf).filter(key => key !== undefined)
  if (keys.some(key => key === keyOf(record.text))) return ok('DKIM', `${record.host} has the key that signs mails.`)
  const found = keys.length > 0 ? 'has another key' : 'has no key'
  return problem('DKIM', `${record.host} ${found}, so that signatures fail: put there ${record.text}`)
}

/** The policy of the domain, or of one above it, as receivers look for it (RFC 7489, §6.6.3). */
async function findDmarc(
  read: Texts,
  domain: string,
): Promise<{ name: string; text?: string | undefined } | undefined> {
  const labels = domain.split('.')
  for (let from = 0; from < labels.length - 1; from++) {
    const name = `_dmarc.${labels.slice(from).join('.')}`
    const texts = await read(name)
    if (!texts) return undefined
    const text = texts.find(one => /^v=DMARC1\s*(;|$)/i.test(one))
    if (text) return { name, text }
  }
  return { name: `_dmarc.${domain}` }
}

function judgeDmarc(domain: string, found: { name: string; text?: string | undefined } | undefined): Finding {
  if (!found) return unknown('DMARC', `_dmarc.${domain}`)
  if (found.text) return ok('DMARC', `${found.name} says ${found.text}.`)
  return warning(
    'DMARC',
    `${found.name} has no DMARC record, so anybody’s mail may pass as yours: add v=DMARC1; p=quarantine.`,
  )
}
