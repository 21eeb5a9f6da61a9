import { shortName } from './filter.ts'
import { isObject } from './operations.ts'
import { ENTERPRISE } from './schemas.ts'

type Query = Record<string, string>

/** What is always answered (RFC 7643, §7). */
const ALWAYS = ['schemas', 'id', 'meta']

/** The attributes that an option names, in lower case and without their schema. */
const namesIn = (text: string | undefined) =>
  text?.split(',').flatMap(one => (one.trim() === '' ? [] : [shortName(one.trim())]))

/** Whether the query asks for an attribute. */
export function isAsked({ attributes, excludedattributes }: Query, name: string): boolean {
  const asked = namesIn(attributes)
  if (asked) return asked.some(one => one === name || one.startsWith(`${name}.`))
  return !namesIn(excludedattributes)?.includes(name)
}

/** The part of a resource that the query asks for (RFC 7644, §3.9). */
export function projected(resource: Record<string, unknown>, { attributes, excludedattributes }: Query): object {
  const asked = namesIn(attributes)
  const excluded = namesIn(excludedattributes)
  if (!asked && !excluded) return resource
  const entries = Object.entries(resource).flatMap(([name, value]): [string, unknown][] => {
    const short = name === ENTERPRISE ? 'enterprise' : name.toLowerCase()
    if (ALWAYS.includes(short)) return [[name, value]]
    const isIn = (part: string) =>
      asked ? asked.includes(short) || asked.includes(`${short}.${part}`) : !excluded!.includes(`${short}.${part}`)
    if (asked ? !asked.some(one => one === short || one.startsWith(`${short}.`)) : excluded!.includes(short)) return []
    return [[name, partsOf(value, isIn)]]
  })
  return Object.fromEntries(entries)
}

function partsOf(value: unknown, isIn: (part: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map(one => partsOf(one, isIn))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([part]) => isIn(part.toLowerCase())))
}
