import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { type CityResponse, Reader } from 'mmdb-lib'

/** A file of places that cannot be used. The message is one sentence for the operator. */
export class PlacesFileError extends Error {
  override name = 'PlacesFileError'
}

/** The probable place of an address: its city, its country by ISO 3166 code, or both. */
export interface PlaceName {
  city: string | undefined
  country: string | undefined
}

/** The operator's file of places. */
export interface Places {
  /**
   * The probable place of an address, with the city in this language or in English. Undefined where the file has none,
   * as for private addresses. A guess for people to recognize; nothing is decided by it.
   */
  find(address: string | null | undefined, language: string): PlaceName | undefined
}

/** Types that hold cities, by maker of the file: "GeoLite2-City", "GeoIP2-Enterprise", "DBIP-Location (compat=City)". */
const WITH_CITIES = /city|enterprise/i

/**
 * Opens a MaxMind-format file with cities and holds it in memory, so that no look-up leaves the machine or waits.
 * Throws `PlacesFileError` where the file is missing, unreadable or of another kind.
 */
export async function openPlaces(path: string): Promise<Places> {
  const refuse = (why: string) => new PlacesFileError(`The file of places ${path} ${why}.`)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`cannot be read (${error.code})`)
  })
  const reader = readFormat(bytes)
  if (!reader) throw refuse('is not in the MaxMind format')
  const { databaseType, ipVersion } = reader.metadata
  if (!WITH_CITIES.test(databaseType)) throw refuse(`is of the type ${databaseType}, which has no cities`)
  return {
    find(address, language) {
      const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
      const version = isIP(plain)
      // In a file for version 4 the first bits of an IPv6 address would find another place.
      if (version === 0 || version > ipVersion) return undefined
      try {
        return placeOf(reader.get(plain), language)
      } catch {
        return undefined // a damaged record: the page is shown without the place
      }
    },
  }
}

function readFormat(bytes: Buffer): Reader<CityResponse> | undefined {
  try {
    const reader = new Reader<CityResponse>(bytes)
    return typeof reader.metadata.databaseType === 'string' ? reader : undefined
  } catch {
    return undefined
  }
}

/** Reads a record without trust in its type: not all files hold what their type promises. */
function placeOf(record: CityResponse | null, language: string): PlaceName | undefined {
  const names = record?.city?.names as Readonly<Record<string, unknown>> | undefined
  const city = [names?.[language], names?.en].find(isName)
  const code: unknown = record?.country?.iso_code
  const country = typeof code === 'string' && /^[A-Z]{2}$/.test(code) && code !== 'ZZ' ? code : undefined // ZZ: unknown
  return city || country ? { city, country } : undefined
}

/** A name on one line: in a mail, a line break would look like one of its own lines. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && name.trim() !== '' && name.length <= 100 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)
