import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { MailServerError } from './mailServer.ts'

/** What signs mails (RFC 6376): the domain that vouches for them, and which of its keys. */
export interface Dkim {
  domain: string
  selector: string
  privateKey: KeyObject
}

/** Fewer are refused by those who verify (RFC 8301, §3.2). */
const BITS_AT_LEAST = 2_048

/** Reads an RSA key in PEM. Throws `MailServerError`, which repeats nothing of the key. */
export function readDkimKey(path: string): KeyObject {
  const key = (() => {
    try {
      return createPrivateKey(readFileSync(path))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new MailServerError(`names ${path}, which holds no private key in PEM that can be read (${code})`)
    }
  })()
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  // Ed25519 is still unknown to most who verify.
  if (key.asymmetricKeyType !== 'rsa' || bits < BITS_AT_LEAST)
    throw new MailServerError(`names ${path}, which is no RSA key of ${BITS_AT_LEAST} bits or more`)
  return key
}

/** The name where the public key stands in the DNS, and the text that stands there (RFC 6376, §3.6). */
export function dkimRecord({ domain, selector, privateKey }: Dkim): { host: string; text: string } {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { host: `${selector}._domainkey.${domain}`, text: `v=DKIM1; k=rsa; p=${der.toString('base64')}` }
}
