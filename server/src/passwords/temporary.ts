import type { Act } from '../act.ts'
import { base32 } from '../crypto/index.ts'
import type { PasswordChecks } from './checks.ts'
import { findRefusals, type PasswordRules } from './rules.ts'

/** A made password is refused where it holds a name or a banned word by chance, so another one is made. */
const TRIES = 10

/** Makes a temporary password of 100 bits, which its rules allow: a typed one would stay in histories and process lists. */
export function newTemporaryPassword(
  { random }: Pick<Act, 'random'>,
  checks: Pick<PasswordChecks, 'globalTerms'>,
  rules: PasswordRules,
): string {
  const makeOne = () => base32(Buffer.from(random.token(), 'base64url'), 20).match(/.{4}/g)!.join('-')
  const made = Array.from({ length: TRIES }, makeOne)
  return made.find(password => findRefusals(checks, rules, password).length === 0) ?? made[0]!
}
