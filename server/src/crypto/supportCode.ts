import { base32 } from './base32.ts'
import type { Keyring } from './keyring.ts'

/**
 * The code that a person reads to a help desk: ten letters, derived from a journey or a refused request. It never has
 * six digits in a row, which would look like a sent code.
 */
export function supportCode({ keys }: { keys: Keyring }, tenantId: string, id: string): string {
  for (let round = 0; ; round++) {
    const code = base32(keys.mac('support-code', tenantId, id, String(round)), 10)
    if (!/\d{6}/.test(code)) return code
  }
}
