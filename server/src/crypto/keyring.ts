import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** The purposes of keyed hashes. Each has a derived key, so that a value of one purpose never passes for another. */
export type MacPurpose =
  | 'session'
  | 'browser'
  | 'device'
  | 'code'
  | 'destination'
  | 'name'
  | 'wrong-password'
  | 'wrong-proof'
  | 'send'
  | 'public-id'
  | 'support-code'
  | 'fingerprint'
  | 'draw'
  | 'address'
  | 'nobody'
  | 'captcha'
  | 'login'
  | 'backup'
  | 'provider-record'
  | 'pass'
  | 'device-code'
  | 'user-code'
  | 'logout'
  | 'passkey'
  | 'passkey-sign-in'
  | 'repeat'
  | 'mailed-link'
  | 'ending'
  | 'scim-token'
  | 'account-check'
  | 'mailbox'
  | 'mailbox-code'
  | 'mailbox-link'
  | 'case-link'
  | 'onboarding-link'
  | 'takeover-link'
  | 'rescue-link'
  | 'agent-token'
  | 'partner-request'
  | 'partner-invitation'
  | 'message'
  | 'announcement-stop'
  | 'partner-mailbox'

/** The purposes of sealed values; part of their key and of their associated data. */
export type SealPurpose =
  | 'accounts'
  | 'method'
  | 'former-address'
  | 'challenge'
  | 'code'
  | 'notice'
  | 'notice-secret'
  | 'outbox'
  | 'typed-name'
  | 'form'
  | 'password'
  | 'signing-key'
  | 'partner-contacts'
  | 'verification-text'
  | 'document-name'
  | 'document'
  | 'rescue-agreement'
  | 'former-password'
  | 'answer'
  | 'application-secret'
  | 'request'
  | 'page'
  | 'delta'
  | 'webhook-endpoint'
  | 'webhook-lifecycle'
  | 'webhook-state'
  | 'webhook-secret'
  | 'bulk-row'
  | 'bulk-query'
  | 'bulk-password'
  | 'mailbox'
  | 'mailbox-code'
  | 'mailbox-link'
  | 'given-to-caller'
  | 'branding-preview'
  | 'signup-address'
  | 'signup-contact'
  | 'emergency-codes'
  | 'case-address'
  | 'case-text'
  | 'case-learned'
  | 'invited-address'
  | 'takeover-address'
  | 'takeover-reason'
  | 'rescue-target'
  | 'rescue-note'
  | 'rescue-reason'
  | 'refused'
  | 'assistant'
  | 'signup-invitation'
  | 'account-check-address'

/** The row of a sealed value. A value copied to another row, tenant or purpose does not open. */
export interface Place {
  purpose: SealPurpose
  tenantId: string
  rowId: string
}

/** The keys of a deployment, derived from `LATCHKEY_SECRETS`: the first seals and signs, all of them open and verify, so that secrets can be rotated. */
export interface Keyring {
  /** AES-256-GCM under the key of the purpose; the place is authenticated with it. */
  seal(place: Place, plain: string): Buffer
  /** Opens what `seal` made at the same place. Throws where the value was altered, moved, or sealed with a secret that is gone. */
  open(place: Place, sealed: Buffer): string
  /** The ids of the secrets, newest first: each sealed value names its own. */
  ids: readonly Buffer[]
  /** HMAC-SHA256 of the parts, each with its length, under the first secret. */
  mac(purpose: MacPurpose, ...parts: string[]): Buffer
  /** The same under every current secret, newest first: what a stored hash may equal. */
  macs(purpose: MacPurpose, ...parts: string[]): Buffer[]
  /** Whether the stored hash is of these parts under any current secret, in constant time. */
  matches(stored: Buffer, purpose: MacPurpose, ...parts: string[]): boolean
}

const VERSION = 1
const HEADER = 5 // version, then the id of the secret
const TAG = 16

interface Secret {
  id: Buffer
  key(use: string): KeyObject
}

/**
 * The keyring of one or more secrets, newest first.
 * Throws a RangeError for a secret shorter than 32 characters: a short secret is a guessable one.
 */
export function keyring(secrets: readonly string[]): Keyring {
  if (secrets.length === 0) throw new RangeError('at least one secret is needed')
  const all = secrets.map(readSecret)
  const newest = all[0]!

  const macOf = (secret: Secret, purpose: MacPurpose, parts: string[]) => {
    const hmac = createHmac('sha256', secret.key(`mac ${purpose}`))
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
    return hmac.digest()
  }

  return {
    seal(place, plain) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', newest.key(`seal ${place.purpose}`), iv).setAAD(bound(place))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), newest.id, iv, cipher.getAuthTag(), body])
    },
    open(place, sealed) {
      const secret = all.find(one => one.id.equals(sealed.subarray(1, HEADER)))
      if (sealed[0] !== VERSION || !secret) throw new Error('sealed with a secret that is not among LATCHKEY_SECRETS')
      const iv = sealed.subarray(HEADER, HEADER + 12)
      const tag = sealed.subarray(HEADER + 12, HEADER + 12 + TAG)
      // The length is given, because a shortened tag would be accepted too, and short tags can be guessed.
      const decipher = createDecipheriv('aes-256-gcm', secret.key(`seal ${place.purpose}`), iv, { authTagLength: TAG })
      decipher.setAAD(bound(place)).setAuthTag(tag)
      return Buffer.concat([decipher.update(sealed.subarray(HEADER + 12 + TAG)), decipher.final()]).toString('utf8')
    },
    ids: all.map(({ id }) => id),
    mac: (purpose, ...parts) => macOf(newest, purpose, parts),
    macs: (purpose, ...parts) => all.map(secret => macOf(secret, purpose, parts)),
    matches: (stored, purpose, ...parts) =>
      all.reduce((found, secret) => {
        const made = macOf(secret, purpose, parts)
        return (made.length === stored.length && timingSafeEqual(made, stored)) || found
      }, false),
  }
}

function readSecret(text: string): Secret {
  if (text.length < 32) throw new RangeError('a secret needs at least 32 characters')
  const derived = new Map<string, KeyObject>()
  const key = (use: string) => {
    let made = derived.get(use)
    if (!made) {
      // A key object, because Node makes one of a buffer at every use, which costs more than the hash.
      made = createSecretKey(Buffer.from(hkdfSync('sha256', text, 'latchkey', use, 32)))
      derived.set(use, made)
    }
    return made
  }
  return { id: createHash('sha256').update(key('id').export()).digest().subarray(0, 4), key }
}

const bound = (place: Place) => Buffer.from(`${place.purpose}\n${place.tenantId}\n${place.rowId}`)
