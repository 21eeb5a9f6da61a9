import { Secret, TOTP } from 'otpauth'
import { readCode } from '../typing/index.ts'
import { type Method, readTypedCode } from './contract.ts'

const PERIOD = 30

/** The time step of a moment: within it a code stays as right, or as wrong, as it is. */
export const stepAt = (now: Date) => Math.floor(now.getTime() / 1000 / PERIOD)

/** The code of an authenticator app (TOTP, RFC 6238). The step before counts too, and in a session the one after, each only once (§5.2 there). */
export const authenticatorCode: Method = {
  kind: 'authenticatorCode',
  channels: [],
  selfService: true,
  read: readTypedCode,
  /** The key: of the method, or, while it is being registered, of the challenge. */
  async recall(trx, { keys }, challenge) {
    if (challenge.destination) return { values: [challenge.destination] }
    const row = await trx
      .selectFrom('methods')
      .select(['id', 'value_sealed'])
      .where('tenant_id', '=', challenge.tenantId)
      .where('user_id', '=', challenge.userId)
      .where('id', '=', challenge.methodId)
      .executeTakeFirst()
    if (!row?.value_sealed) return { values: [] }
    const key = keys.open({ purpose: 'method', tenantId: challenge.tenantId, rowId: row.id }, row.value_sealed)
    return { values: [key] }
  },
  async judge({ now }, _verifiers, { challenge, recalled, proof }) {
    const [key] = recalled.values
    if (!('code' in proof) || !key) return { right: false }
    const code = readCode(proof.code)
    const delta = code ? totp(key).validate({ token: code, timestamp: now.getTime(), window: 1 }) : null
    // The next step's code is not shown yet: for a stranger it would be one more that a guess could hit.
    if (delta === null || (delta > 0 && challenge.purpose === 'reset')) return { right: false }
    return { right: true, step: stepAt(now) + delta }
  },
}

/** A new key of 160 bits, base32. */
export const newKey = () => new Secret({ size: 20 }).base32

/** The address that an authenticator app reads from a QR code. */
export const otpauthUri = (key: string, organization: string, username: string) =>
  totp(key, organization, username).toString()

const totp = (key: string, issuer = 'Latchkey', label = 'Latchkey') =>
  new TOTP({ issuer, label, algorithm: 'SHA1', digits: 6, period: PERIOD, secret: Secret.fromBase32(key) })
