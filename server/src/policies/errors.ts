/** Why settings are refused, for operators and scripts; never shown to people as it stands. `setting`: the first thing wrong. */
export class PolicyError extends Error {
  override name = 'PolicyError'
  code = 'policy_invalid' as const
  setting: string | undefined

  constructor(message: string, setting?: string) {
    super(message)
    this.setting = setting
  }
}
