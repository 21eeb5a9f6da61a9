import { isIP } from 'node:net'

/**
 * The network of one subscriber: an IPv4 address, or the first 64 bits of an IPv6 address. `bits`: other lengths. An
 * IPv4 address written as IPv6 is the IPv4 address.
 */
export function networkOf(address: string, bits: { ipv4: 24 | 32; ipv6: 48 | 64 } = { ipv4: 32, ipv6: 64 }): string {
  const bare = address.replace(/%.*$/, '') // without the interface that a link-local address names
  if (isIP(bare) !== 6) return bits.ipv4 === 24 && isIP(bare) === 4 ? bare.replace(/\d+$/, '0/24') : bare
  // A URL writes every spelling in one way: hexadecimal, with the longest run of zeros left out.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::')
  const start = head.split(':').filter(Boolean)
  const end = tail?.split(':').filter(Boolean) ?? []
  const groups = [...start, ...Array<string>(8 - start.length - end.length).fill('0'), ...end]
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff')
    return `${groups.slice(0, bits.ipv6 / 16).join(':')}::/${bits.ipv6}`
  const mapped = groups
    .slice(6)
    .flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.')
  return networkOf(mapped, bits)
}
