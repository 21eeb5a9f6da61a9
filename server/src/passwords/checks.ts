import { readFileSync } from 'node:fs'
import type { Hasher } from '../crypto/index.ts'
import { type Terms, termsOf } from './bannedWords.ts'
import type { BreachedPasswords } from './breached.ts'

/** The checks of new passwords, the same for every way to set one; made once by each program. */
export interface PasswordChecks {
  hasher: Hasher
  /** Undefined: the operator names no source of breached passwords, and none is asked. */
  breached: BreachedPasswords | undefined
  /** The words that no tenant's passwords may be made of. */
  globalTerms(): Terms
}

/** `globalTerms` is read at its first use, in 15 ms, and not at the start. */
export function createPasswordChecks(hasher: Hasher, breached: BreachedPasswords | undefined): PasswordChecks {
  let terms: Terms | undefined
  return {
    hasher,
    breached,
    globalTerms() {
      terms ??= termsOf(
        readFileSync(new URL('./banned-terms.txt', import.meta.url), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      return terms
    },
  }
}
