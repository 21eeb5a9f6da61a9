/** Why settings are refused, for operators and scripts; never shown to people as it stands. */
export class PolicyError extends Error {
  override name = 'PolicyError'
  code = 'policy_invalid' as const
}
