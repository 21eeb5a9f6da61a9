import { type Answer, decode, encode, type OptAnswer, RECURSION_DESIRED } from 'dns-packet'

export type AskedType = 'A' | 'AAAA' | 'NS' | 'TXT'

/** A record of an answer. `data`: of a text its strings joined, of others as in a zone file. */
export interface DnsRecord {
  name: string
  type: string
  /** Seconds that it still counts. */
  ttl: number
  data: string
}

/** An answer of a server, as far as a check reads it. */
export interface DnsMessage {
  id: number
  rcode: string
  truncated: boolean
  authoritative: boolean
  /** What was asked, as the server repeats it: `name type`, the name in lower case. */
  question: string
  answers: DnsRecord[]
  authority: DnsRecord[]
  /** Extended DNS errors (RFC 8914). */
  errors: number[]
}

/** Bytes that an answer by UDP may have without being cut on its way (RFC 9715). */
const UDP_BYTES = 1232

/** The option that holds an extended error (RFC 8914, §2). */
const EXTENDED_ERROR = 15

/** Writes a question. `recurse`: whether the server shall find out; `extended`: whether the question says how much it takes (EDNS). */
export const writeQuestion = (
  id: number,
  { name, type, recurse, extended }: { name: string; type: AskedType; recurse: boolean; extended: boolean },
): Buffer =>
  encode({
    ...{ id, type: 'query', flags: recurse ? RECURSION_DESIRED : 0, questions: [{ name, type, class: 'IN' }] },
    ...(extended && { additionals: [{ ...NO_OPTIONS, udpPayloadSize: UDP_BYTES, options: [] }] }),
  })

const NO_OPTIONS = {
  ...({ type: 'OPT', name: '.', extendedRcode: 0, ednsVersion: 0, flags: 0 } as const),
  flag_do: false,
}

/** Reads what a server sent. Throws where it is no answer: its bytes may come from anybody. */
export function readMessage(bytes: Buffer): DnsMessage {
  const {
    id = 0,
    type,
    flag_tc,
    flag_aa,
    questions = [],
    answers = [],
    authorities = [],
    additionals = [],
    ...rest
  } = decode(bytes)
  const [asked] = questions
  if (type !== 'response' || !asked || questions.length !== 1) throw new RangeError('no answer to one question')
  if (asked.class !== 'IN') throw new RangeError('an answer of another class')
  // The library reads a record that ends after the message as far as it goes, or loses count: half a text is none.
  if (!(decode.bytes <= bytes.length)) throw new RangeError('a record ends after the answer')
  return {
    ...{ id, truncated: flag_tc, authoritative: flag_aa },
    // The types leave it out.
    rcode: (rest as { rcode?: string }).rcode ?? '',
    question: `${nameOf(asked.name)} ${asked.type}`,
    answers: answers.flatMap(recordOf),
    authority: authorities.flatMap(recordOf),
    errors: [...answers, ...authorities, ...additionals].flatMap(errorsOf),
  }
}

/** A name in lower case, of the root empty. Only ASCII has one name in two cases (RFC 4343). */
const nameOf = (name: string) => (name === '.' ? '' : name.replace(/[A-Z]+/g, letters => letters.toLowerCase()))

function recordOf(record: Answer): DnsRecord[] {
  if (record.type === 'OPT' || record.class !== 'IN') return []
  const { ttl = 0 } = record
  // A negative one counts as none (RFC 2181, §8).
  return [{ name: nameOf(record.name), type: record.type, ttl: ttl > 0x7fff_ffff ? 0 : ttl, data: dataOf(record) }]
}

function dataOf(record: Exclude<Answer, OptAnswer>): string {
  switch (record.type) {
    case 'TXT':
      // The strings of one text, joined: their cut means nothing.
      return Buffer.concat([record.data].flat().map(one => Buffer.from(one))).toString('utf8')
    case 'CNAME':
    case 'DNAME':
    case 'NS':
      return nameOf(record.data)
    case 'SOA':
      // Its last number is how long a "no" counts (RFC 2308, §4).
      return `${nameOf(record.data.mname)} ${record.data.minimum}`
    case 'A':
    case 'AAAA':
      return record.data
    default:
      return ''
  }
}

/** The extended errors among the options of an answer. */
function errorsOf(record: Answer): number[] {
  if (record.type !== 'OPT') return []
  return record.options.flatMap(option => {
    const { code, data } = option as { code: number; data?: Buffer }
    return code === EXTENDED_ERROR && data && data.length >= 2 ? [data.readUInt16BE(0)] : []
  })
}
