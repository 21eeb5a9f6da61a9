import { readFileSync } from 'node:fs'
import type { Hasher } from '../crypto/index.ts'
import { type Terms, termsOf } from './bannedWords.ts'
import type { BreachedPasswords } from './breached.ts'

/** What new passwords are judged with, the same for every way to set one; made once by whoever runs. */
export interface PasswordChecks {
  hasher: Hasher
  /** Undefined: the operator names no source of breached passwords, and none is asked. */
  breached: BreachedPasswords | undefined
  /** The words that no password may be made of, whatever the tenant. */
  globalTerms(): Terms
}

/** `globalTerms` is read when it is first asked for: a server starts without it, and reads it in 15 ms. */
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
