import { type Keyring, keyring } from '../crypto/index.ts'

/** The numbers of the wrong secrets typed in this process, by their whole hash. */
const numbers = new Map<string, number>()

/**
 * A keyring under which no two wrong secrets have the same mark. Of 15 or 16 bits of a hash, two of a test's guesses
 * would have the same once in a thousand runs, and count once.
 */
export function testKeys(...secrets: string[]): Keyring {
  const keys = keyring(secrets)
  return {
    ...keys,
    mac(purpose, ...parts) {
      const made = keys.mac(purpose, ...parts)
      if (purpose !== 'wrong-password' && purpose !== 'wrong-proof') return made
      const whole = made.toString('hex')
      const number = numbers.get(whole) ?? numbers.size
      numbers.set(whole, number)
      made.writeUInt16BE((number << 1) & 0xffff) // a mark of 15 bits leaves out the last
      return made
    },
  }
}
