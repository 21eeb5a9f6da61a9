import type { OpenedCheck } from './checks.ts'

/** A check as the person's program reads it. The right words are not told, nor who asks. */
export const checkView = ({ check, given }: OpenedCheck) => ({
  id: check.id,
  state: check.state,
  expiresAt: check.expiresAt.toISOString(),
  choices: check.state === 'pending' ? check.choices : [],
  given: given ? { kind: given.kind, value: given.value, until: given.until.toISOString() } : null,
})
