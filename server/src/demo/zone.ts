import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import { plus, SECOND } from '../clock.ts'
import type { Random } from '../crypto/index.ts'
import { refuse } from './errors.ts'

export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT'] as const
export type RecordType = (typeof recordTypes)[number]

export const faultNames = ['servfail', 'refused', 'timeout', 'truncate', 'stale', 'none'] as const
export type Fault = Exclude<(typeof faultNames)[number], 'none'>

/** A record as it stands in a zone file. */
export interface ZoneRecord {
  name: string
  type: RecordType
  data: string
  /** Seconds. */
  ttl: number
}

/** What a question finds. */
export interface Found {
  /** Undefined: the name does not exist. */
  records: readonly ZoneRecord[] | undefined
  /** The zone that speaks for the name; undefined outside of `example`. */
  apex: string | undefined
  fault: Fault | undefined
  /** Seconds that an older answer still counts. */
  staleFor: number | undefined
}

/** The records of the demonstration's DNS and its faults. They last as long as the process. */
export interface Zone {
  /** Its address and port, once it is served. */
  server: string
  records(): (ZoneRecord & { id: string })[]
  faults(): { name: string; fault: Fault }[]
  /** Throws `record_invalid`. */
  add(record: ZoneRecord): string
  /** Whether there was such a record. */
  remove(id: string): boolean
  /** Of a name and all below it. */
  setFault(name: string, fault: Fault | 'none'): void
  find(name: string): Found
}

/** Records and faults that are kept: anybody at the machine may add some. */
const AT_MOST = 500

/** How long an older answer goes on, in seconds. */
const STALE_FOR = 300

/** Seconds of what every zone has. */
const OWN_TTL = 3_600

const isIn = (name: string, above: string) => name === above || name.endsWith(`.${above}`)

export function createZone({ clock, random }: { clock: Clock; random: Random }): Zone {
  const records = new Map<string, ZoneRecord>()
  const faults = new Map<string, { fault: Fault; at: Date; before: readonly ZoneRecord[] }>()
  const nameOf = (typed: string) => typed.trim().toLowerCase().replace(/\.$/, '')
  return {
    server: '',
    records: () => [...records].map(([id, record]) => ({ id, ...record })),
    faults: () => [...faults].map(([name, { fault }]) => ({ name, fault })),
    add({ name, type, data, ttl }) {
      const record = { name: nameOf(name), type, data: type === 'TXT' ? data : nameOf(data), ttl }
      const isNamed = /^(?=.{1,253}$)([\w-]{1,63}\.)+[\w-]{1,63}$/.test(record.name)
      if (!isNamed || readData(record) === undefined)
        throw refuse('record_invalid', { field: isNamed ? 'data' : 'name' })
      if (records.size >= AT_MOST) throw refuse('record_invalid')
      const id = random.uuid(clock())
      records.set(id, record)
      return id
    },
    remove: id => records.delete(id),
    setFault(typed, fault) {
      const name = nameOf(typed)
      faults.delete(name)
      if (fault === 'none') return
      if (faults.size >= AT_MOST) throw refuse('record_invalid')
      faults.set(name, { fault, at: clock(), before: [...records.values()] })
    },
    find(asked) {
      const name = asked.toLowerCase()
      const [nearest] = [...faults].filter(([above]) => isIn(name, above)).sort(([a], [b]) => b.length - a.length)
      const [, failing] = nearest ?? []
      const left = failing && (plus(failing.at, STALE_FOR * SECOND).getTime() - clock().getTime()) / SECOND
      const isStale = failing?.fault === 'stale' && left !== undefined && left > 0
      const all = isStale ? failing.before : [...records.values()]
      const apex = /(?:^|\.)([\w-]+\.example)$/.exec(name)?.[1]
      const own = [...all.filter(one => one.name === name), ...(apex === name ? standing(apex, all) : [])]
      const exists = own.length > 0 || all.some(one => isIn(one.name, name))
      return {
        records: exists ? own : undefined,
        apex,
        fault: failing?.fault === 'stale' ? undefined : failing?.fault,
        staleFor: isStale ? Math.ceil(left) : undefined,
      }
    },
  }
}

/** What every zone has, where nobody wrote another: servers, and a place for mail. Its start of authority is told apart. */
const standing = (apex: string, all: readonly ZoneRecord[]): ZoneRecord[] =>
  [
    { name: apex, type: 'NS', data: 'ns1.example', ttl: OWN_TTL } as const,
    { name: apex, type: 'MX', data: '10 mail.example', ttl: OWN_TTL } as const,
  ].filter(({ type }) => !all.some(one => one.name === apex && one.type === type))

/** The data as a name server sends it; undefined where it is none of its type. A text is a list of its strings. */
export function readData({
  type,
  data,
}: ZoneRecord): { strings?: string[]; host?: string; priority?: number } | undefined {
  const host = /^[\w.-]{1,253}$/
  if (type === 'TXT') {
    const strings = readStrings(data)
    return strings?.every(one => Buffer.byteLength(one) <= 255) ? { strings } : undefined
  }
  if (type === 'MX') {
    const [, priority, name] = /^(\d{1,5}) +([\w.-]{1,253})$/.exec(data) ?? []
    return name === undefined ? undefined : { priority: Math.min(65_535, Number(priority)), host: name }
  }
  if (type === 'A' || type === 'AAAA') return isIP(data) === (type === 'A' ? 4 : 6) ? { host: data } : undefined
  return host.test(data) ? { host: data } : undefined
}

/** The strings of a text as a zone file writes them; without quotes it is one. */
function readStrings(data: string): string[] | undefined {
  if (!data.trim().startsWith('"')) return [data]
  const quoted = /^\s*(?:"(?:[^"\\]|\\.)*"\s*)+$/
  if (!quoted.test(data)) return undefined
  return [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) => one.replace(/\\(.)/g, '$1'))
}
