import { applicationError } from './errors.ts'

/** What kind of client the addresses make an application: `web` holds secrets, the others cannot keep one. */
export const platforms = ['web', 'spa', 'publicClient'] as const
export type Platform = (typeof platforms)[number]

/** The addresses of an application, in the shape that a registration has them. */
export type PlatformAddresses = Partial<Record<Platform, readonly string[]>>

export const ADDRESSES_AT_MOST = 256
const LONGEST_ADDRESS = 256

// The text itself is judged, for it is compared as text: `http://127.1` leads to loopback too, but nobody registers it.
const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(?=[/?]|$)/
// A scheme of the reversed domain, as in RFC 8252 (7.1). Without a dot it could be `javascript:`.
const ownScheme = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/
// Visible ASCII without what browsers read differently, cut off or hide: `"` `#` `*` `<` `>` `\` `^` `` ` `` `{` `|` `}`.
const plain = /^[!$-)+-;=?-[\]_a-z~]+$/

/** The one platform of these addresses, and the addresses; `web` where there are none. Throws `one_platform`. */
export function readPlatform(addresses: PlatformAddresses): { platform: Platform; redirectUris: string[] } {
  const named = platforms.filter(platform => (addresses[platform]?.length ?? 0) > 0)
  if (named.length > 1)
    throw applicationError('one_platform', `An application has addresses of one platform, not of ${named.join(', ')}.`)
  const platform = named[0] ?? 'web'
  return { platform, redirectUris: [...(addresses[platform] ?? [])] }
}

/** Refuses an address that answers may not be sent to (single sign-on, §1). Throws `address_invalid`. */
export function checkRedirectAddress(platform: Platform, address: string): void {
  const own = platform === 'publicClient' && ownScheme.test(address)
  if (!own && !isWebAddress(address))
    throw refuse(
      address,
      `takes https, http to this machine (127.0.0.1, [::1] or localhost)${platform === 'publicClient' ? ', or a scheme with a dot in it' : ''}`,
    )
  checkPlain(address)
}

/** Refuses an address that a browser or this server may not be led to. Throws `address_invalid`. */
export function checkWebAddress(address: string): void {
  if (!isWebAddress(address))
    throw refuse(address, 'takes https, or http to this machine (127.0.0.1, [::1] or localhost)')
  checkPlain(address)
}

const isWebAddress = (address: string) => /^https:\/\/[^/?]/.test(address) || isPort(loopback.exec(address))

const isPort = (found: RegExpExecArray | null) =>
  found !== null && (found[1] === undefined || (Number(found[1]) >= 1 && Number(found[1]) <= 65_535))

function checkPlain(address: string) {
  if (address.length > LONGEST_ADDRESS) throw refuse(address, `takes at most ${LONGEST_ADDRESS} characters`)
  if (!plain.test(address)) throw refuse(address, 'takes no fragment, no * and no characters that a URL escapes')
  if (!URL.canParse(address)) throw refuse(address, 'takes a whole URL')
  if (/^[^/?]+:\/\/[^/?]*@/.test(address)) throw refuse(address, 'takes no name and no password before the host')
}

const refuse = (address: string, why: string) =>
  applicationError(
    'address_invalid',
    `"${address.slice(0, 80).replace(/\p{Cc}/gu, '?')}" is no such address: it ${why}.`,
  )

/**
 * Whether answers may be sent to this address: one that is registered, compared as text. A native application listens
 * on a port that it is given at the moment, so that loopback addresses match with any (RFC 8252, 7.3).
 */
export function matchesRedirect(
  { platform, redirectUris }: { platform: Platform; redirectUris: readonly string[] },
  address: string,
): boolean {
  if (redirectUris.includes(address)) return true
  if (platform !== 'publicClient' || !isPort(loopback.exec(address))) return false
  return redirectUris.some(one => loopback.test(one) && withoutPort(one) === withoutPort(address))
}

const withoutPort = (address: string) => address.replace(/^(http:\/\/(?:\[::1\]|[^/?:]+)):\d+/, '$1')

/** The origins from which a single-page application asks for tokens: its addresses'. Of other platforms none. */
export const originsOf = ({ platform, redirectUris }: { platform: Platform; redirectUris: readonly string[] }) =>
  platform === 'spa' ? [...new Set(redirectUris.map(address => new URL(address).origin))] : []
