/** The types of records that a check of a domain asks for or meets (RFC 1035, §3.2.2; RFC 6672; RFC 6891). */
export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, DNAME: 39, OPT: 41 } as const
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
  /** What was asked, as the server repeats it: `name type` in lower case. */
  question: string
  answers: DnsRecord[]
  authority: DnsRecord[]
  /** Extended DNS errors (RFC 8914). */
  errors: number[]
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const CLASS_IN = 1

/** Bytes that an answer by UDP may have without being cut on its way (RFC 9715). */
const UDP_BYTES = 1232

/** Records of an answer that are read. */
const RECORDS_AT_MOST = 500

/** Writes a question. `recurse`: whether the server shall find out; `extended`: whether the question says how much it takes (EDNS). */
export function writeQuestion(
  id: number,
  { name, type, recurse, extended }: { name: string; type: AskedType; recurse: boolean; extended: boolean },
): Buffer {
  const labels = name.split('.').flatMap(label => [Buffer.from([label.length]), Buffer.from(label, 'latin1')])
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(recurse ? 0x0100 : 0, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(extended ? 1 : 0, 10)
  const asked = Buffer.from([0, 0, TYPES[type], 0, CLASS_IN])
  const option = Buffer.from([0, 0, TYPES.OPT, UDP_BYTES >> 8, UDP_BYTES & 255, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([head, ...labels, asked, ...(extended ? [option] : [])])
}

/** Reads what a server sent. Throws where it is no answer: its bytes may come from anybody. */
export function readMessage(bytes: Buffer): DnsMessage {
  const flags = bytes.readUInt16BE(2)
  if ((flags & 0x8000) === 0 || bytes.readUInt16BE(4) !== 1) throw new RangeError('no answer to one question')
  const asked = readName(bytes, 12)
  if (bytes.readUInt16BE(asked.end + 2) !== CLASS_IN) throw new RangeError('an answer of another class')
  const message: DnsMessage = {
    id: bytes.readUInt16BE(0),
    rcode: RCODES[flags & 15] ?? `RCODE${flags & 15}`,
    truncated: (flags & 0x0200) !== 0,
    authoritative: (flags & 0x0400) !== 0,
    question: `${asked.name} ${bytes.readUInt16BE(asked.end)}`,
    ...{ answers: [], authority: [], errors: [] },
  }
  // A cut answer is asked for again by TCP.
  if (message.truncated) return message
  let at = asked.end + 4
  const counts = [6, 8, 10].map(place => bytes.readUInt16BE(place))
  if (counts.reduce((sum, count) => sum + count, 0) > RECORDS_AT_MOST) throw new RangeError('too many records')
  for (const [section, count] of counts.entries())
    for (let record = 0; record < count; record++) at = readRecord(bytes, at, section, message)
  return message
}

function readRecord(bytes: Buffer, start: number, section: number, message: DnsMessage): number {
  const { name, end } = readName(bytes, start)
  const type = bytes.readUInt16BE(end)
  const from = end + 10
  const to = from + bytes.readUInt16BE(end + 8)
  if (to > bytes.length) throw new RangeError('a record ends after the answer')
  if (type === TYPES.OPT) message.errors.push(...readErrors(bytes.subarray(from, to)))
  else if (section < 2 && bytes.readUInt16BE(end + 2) === CLASS_IN) {
    const record = {
      name,
      type: Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`,
      // A negative one counts as none (RFC 2181, §8).
      ttl: Math.max(0, bytes.readInt32BE(end + 4)),
      data: readData(bytes, type, from, to),
    }
    message[section === 0 ? 'answers' : 'authority'].push(record)
  }
  return to
}

function readData(bytes: Buffer, type: number, from: number, to: number): string {
  switch (type) {
    case TYPES.TXT:
      return readStrings(bytes.subarray(from, to))
    case TYPES.CNAME:
    case TYPES.DNAME:
    case TYPES.NS:
      return readName(bytes, from).name
    case TYPES.SOA:
      // Its last number is how long a "no" counts (RFC 2308, §4).
      return `${readName(bytes, from).name} ${bytes.readUInt32BE(to - 4)}`
    case TYPES.A:
      return bytes.subarray(from, to).join('.')
    case TYPES.AAAA:
      return (bytes.subarray(from, to).toString('hex').match(/.{4}/g) ?? []).join(':')
    default:
      return ''
  }
}

/** The strings of one text, joined: their cut means nothing. */
function readStrings(data: Buffer): string {
  const strings: Buffer[] = []
  for (let at = 0; at < data.length; at += 1 + data[at]!) {
    if (at + 1 + data[at]! > data.length) throw new RangeError('a string ends after its record')
    strings.push(data.subarray(at + 1, at + 1 + data[at]!))
  }
  return Buffer.concat(strings).toString('utf8')
}

/** The extended errors among the options of an answer. */
function readErrors(data: Buffer): number[] {
  const EXTENDED_ERROR = 15
  const found: number[] = []
  for (let at = 0; at + 4 <= data.length; at += 4 + data.readUInt16BE(at + 2))
    if (data.readUInt16BE(at) === EXTENDED_ERROR && at + 6 <= data.length) found.push(data.readUInt16BE(at + 4))
  return found
}

/** A name and where it ends. A pointer leads backwards alone, so that no answer leads a reader in a circle. */
function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let end: number | undefined
  let at = start
  let before = start
  for (let length = 0; ; ) {
    const size = bytes.readUInt8(at)
    if (size >= 0xc0) {
      const target = bytes.readUInt16BE(at) & 0x3fff
      if (target >= before) throw new RangeError('a name points forwards')
      end ??= at + 2
      at = target
      before = target
      continue
    }
    length += size + 1
    if (size > 63 || length > 255) throw new RangeError('a name is too long')
    if (size === 0) return { name: labels.join('.').toLowerCase(), end: end ?? at + 1 }
    if (at + 1 + size > bytes.length) throw new RangeError('a name ends after the answer')
    labels.push(bytes.toString('latin1', at + 1, at + 1 + size))
    at += size + 1
  }
}
