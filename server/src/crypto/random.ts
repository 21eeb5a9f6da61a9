import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/** The source of chance. Passed to every rule that needs it, so that a test can choose it. */
export interface Random {
  /** A UUIDv7 (RFC 9562): ids made later sort later, so that inserts stay at the end of their index. */
  uuid(now: Date): string
  /** A one-time code: six decimal digits, each value equally likely. */
  code(): string
  /** A whole number from 0 up to, and without, `limit`, each equally likely. */
  below(limit: number): number
  /** A secret for a cookie: 256 bits, base64url. */
  token(): string
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a text is a UUID as we write them. PostgreSQL would answer other texts with an error. */
export const isUuid = (text: string) => UUID.test(text)

/** The id of this moment whose other bits are these 18 hexadecimal digits. */
export const uuidAt = (moment: Date, hex: string): string =>
  `${beginningAt(moment)}${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`

/** The moment and the version. */
function beginningAt(moment: Date): string {
  const time = moment.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7`
}

/** Sorts before every id of this moment and later ones: by it a key leads to what is new. */
export const firstIdAt = (moment: Date) => uuidAt(moment, '0'.repeat(18))

/** The moment that an id was made at. */
export const momentOf = (id: string) => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))

export const systemRandom: Random = {
  // What stands behind the version is the same in both, and Node draws it for many at once.
  uuid: now => beginningAt(now) + randomUUID().slice(15),
  code: () => randomInt(1_000_000).toString().padStart(6, '0'),
  below: limit => randomInt(limit),
  token: () => randomBytes(32).toString('base64url'),
}

/** A secret for a mailed link: 256 bits without six digits in a row, which phones take for a code. */
export function linkToken(random: Random): string {
  for (;;) {
    const token = random.token()
    if (!/\d{6}/.test(token)) return token
  }
}
