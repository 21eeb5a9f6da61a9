const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `length` letters of Crockford's base 32 (no I, L, O or U, so that people can read them out), five bits of the bytes each. */
export function base32(bytes: Buffer, length: number): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5 && text.length < length) {
      bits -= 5
      text += CROCKFORD[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}
