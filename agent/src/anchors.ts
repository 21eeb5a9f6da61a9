import type { Entry } from 'ldapts'
import { type Configuration, isBinary } from './configuration.ts'
import { equals, equalsBytes } from './filters.ts'

/** The anchor of an entry as text; undefined where the agent does not see it. */
export function anchorOf({ anchor }: Pick<Configuration, 'anchor'>, entry: Entry): string | undefined {
  const [value] = [entry[anchor] ?? []].flat()
  if (value === undefined) return undefined
  return Buffer.isBuffer(value) ? guidOf(value) : value
}

/** The filter that finds the entry with this anchor. */
export const byAnchor = ({ anchor }: Pick<Configuration, 'anchor'>, value: string) =>
  isBinary(anchor) ? equalsBytes(anchor, bytesOf(value)) : equals(anchor, value)

/** The order of a GUID's bytes: the first three parts have their least significant byte first. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/** A GUID as Active Directory's own tools write it. */
function guidOf(bytes: Buffer): string {
  const hex = Buffer.from(ORDER.map(at => bytes[at] ?? 0)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function bytesOf(guid: string): Buffer {
  const written = Buffer.from(guid.replaceAll('-', ''), 'hex')
  return Buffer.from(ORDER.map(at => written[at] ?? 0))
}
