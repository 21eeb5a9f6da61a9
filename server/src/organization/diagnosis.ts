import type { Asked } from './resolver.ts'

/** What is wrong with a domain's record, the gravest first (work accounts on the wire, §1.4). */
export const diagnoses = [
  'taken',
  'no_domain',
  'dnssec_bogus',
  'servfail',
  'refused',
  'timeout',
  'tcp_failed',
  'cname',
  'quoted',
  'split',
  'spaces',
  'prefix_missing',
  'wrong_host',
  'wrong_value',
  'not_spread',
  'ttl_wait',
  'not_found',
  'verified',
] as const
export type Diagnosis = (typeof diagnoses)[number]

export interface Finding {
  code: Diagnosis
  /** Where it is. */
  host?: string
  /** What stands there, cut to what a page shows. */
  found?: string
  /** Seconds after which another look can find something else. */
  retryAfter?: number
}

/** What a check has seen. */
export interface Seen {
  name: string
  proof: string
  /** By resolver and host, what decides. */
  verdicts: readonly (readonly Asked[])[]
  /** At hosts where the text is by mistake. */
  elsewhere: readonly Asked[]
  /** Of the domain's own servers. */
  own: readonly Asked[]
}

/** Whether the server could not tell. That there is no such name is an answer. */
export const hasFailed = ({ failure, rcode }: Asked) =>
  failure !== undefined || (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN')

/**
 * Whether the host holds the text itself. Behind an alias, which a wildcard makes of every name, the text is that of
 * another zone, often one in which strangers may write.
 */
export const holds = (asked: Asked, proof: string): boolean =>
  !hasFailed(asked) && aliasOf(asked) === undefined && textsOf(asked).includes(proof)

const aliasOf = ({ answers }: Asked) => answers.find(({ type }) => type === 'CNAME' || type === 'DNAME')?.data

const textsOf = ({ name, answers }: Asked) =>
  answers.flatMap(one => (one.type === 'TXT' && one.name === name ? [one.data] : []))

/** Explains what was seen, one finding a kind and host. Pure: what it says follows from what the servers said. */
export function diagnose(seen: Seen): Finding[] {
  const { proof, verdicts, elsewhere } = seen
  if (verdicts.every(hosts => hosts.some(asked => holds(asked, proof)))) return [{ code: 'verified' }]
  const findings = [
    ...verdicts.flat().flatMap(asked => (hasFailed(asked) ? [failureOf(asked)] : [])),
    ...verdicts.flatMap(hosts => domainOf(seen, hosts)),
    ...verdicts.flat().flatMap(asked => contentOf(asked, proof)),
    ...elsewhere.flatMap(asked =>
      textsOf(asked).includes(proof) ? [{ code: 'wrong_host', host: asked.name, found: proof } as const] : [],
    ),
    ...spreadOf(seen),
  ]
  const told = [...new Map(findings.map(one => [`${one.code} ${one.host} ${one.found}`, one])).values()]
  const rank = ({ code }: Finding) => diagnoses.indexOf(code)
  if (told.length === 0) told.push({ code: 'not_found', host: seen.name, ...waitOf(verdicts.flat()) })
  return told.toSorted((one, other) => rank(one) - rank(other))
}

/** Errors by which a resolver says that signatures do not hold (RFC 8914, §4). */
const BOGUS = [6, 7, 8, 9, 10, 11, 12, 25]

/** Errors by which a resolver says that its answer is an old one. */
const STALE = [3, 19]

function failureOf({ name, failure, rcode, errors }: Asked): Finding {
  if (failure) return { code: failure, host: name }
  if (rcode === 'REFUSED') return { code: 'refused', host: name }
  return { code: errors.some(code => BOGUS.includes(code)) ? 'dnssec_bogus' : 'servfail', host: name }
}

/** Whether the domain itself is unknown: then nothing below it is known either. */
const domainOf = ({ name }: Seen, hosts: readonly Asked[]): Finding[] =>
  hosts.every(({ rcode }) => rcode === 'NXDOMAIN') ? [{ code: 'no_domain', host: name, ...waitOf(hosts) }] : []

/** What the records of one host hold in place of the text. */
function contentOf(asked: Asked, proof: string): Finding[] {
  const { name: host } = asked
  const alias = aliasOf(asked)
  if (alias !== undefined) return [{ code: 'cname', host, found: alias }]
  const texts = textsOf(asked)
  if (hasFailed(asked) || texts.includes(proof)) return []
  if (isSplit(texts, proof)) return [{ code: 'split', host, ...waitOf([asked]) }]
  return texts.flatMap(text => {
    const code = mistakeOf(text, proof)
    return code ? [{ code, host, found: text.slice(0, 200), ...waitOf([asked]) }] : []
  })
}

const START = 'latchkey-verification='

/** What is wrong with a text that was meant to be this one; undefined for the texts of others. */
function mistakeOf(text: string, proof: string): Diagnosis | undefined {
  const bare = text.replace(/[\s\p{Cf}]/gu, '')
  if (bare === proof) return 'spaces'
  const unquoted = bare.replace(/["'`\\“”„‟«»‘’]/g, '')
  if (unquoted === proof) return 'quoted'
  if (`${START}${unquoted}` === proof) return 'prefix_missing'
  return /latchkey/i.test(text) ? 'wrong_value' : undefined
}

/** Whether several records hold the text piece by piece. */
function isSplit(texts: readonly string[], proof: string): boolean {
  const pieces = texts.filter(text => text !== '' && proof.includes(text))
  let whole = ''
  for (let next: string | undefined = ''; next !== undefined && whole !== proof; whole += next)
    next = pieces.find(piece => proof.startsWith(whole + piece))
  return whole === proof && pieces.length > 1
}

/** Whether the text is under way: some servers have it and others not, or an older answer still counts. */
function spreadOf({ proof, verdicts, own }: Seen): Finding[] {
  const found = verdicts.map(hosts => hosts.some(asked => holds(asked, proof)))
  const lacking = verdicts.flatMap((hosts, place) => (found[place] ? [] : hosts)).filter(asked => !hasFailed(asked))
  const answering = Map.groupBy(
    own.filter(asked => !hasFailed(asked)),
    ({ resolver }) => resolver,
  )
  const have = [...answering.values()].map(hosts => hosts.some(asked => holds(asked, proof)))
  const isStale = lacking.some(({ errors }) => errors.some(code => STALE.includes(code)))
  const differ = found.includes(true) && lacking.length > 0
  return [
    ...(differ || (have.includes(true) && have.includes(false))
      ? [{ code: 'not_spread', ...waitOf(lacking) } as const]
      : []),
    ...(isStale || (have.length > 0 && have.every(Boolean)) ? [{ code: 'ttl_wait', ...waitOf(lacking) } as const] : []),
  ]
}

/** How long the caches behind these answers keep them. A server that speaks for the zone keeps nothing. */
function waitOf(asked: readonly Asked[]): { retryAfter?: number } {
  const lasting = asked
    .filter(one => !one.authoritative)
    .map(({ answers, noLasts = 0 }) => Math.max(0, ...answers.map(({ ttl }) => ttl), noLasts))
  const longest = Math.max(0, ...lasting)
  return longest > 0 ? { retryAfter: longest } : {}
}
