/**
 * Where the words of what an activity was done to stand, by its family. An activity of any other family names people and
 * things by names of their own.
 */
const keys: Readonly<Record<string, (name: string) => string>> = {
  branding: () => 'admin.frame.places.branding',
  bulk: name => `admin.logs.targets.${name}`,
  enrollment: name => `admin.partner.programs.${name}`,
  invitation: name => `admin.logs.targets.${name}`,
  methodsPolicy: name => `admin.methods.names.${name}`,
  notice: name => `admin.notices.kinds.${name}.name`,
  policy: name => `admin.logs.targets.${name === 'Banned words' ? 'bannedWords' : ''}`,
  protection: name => `admin.logs.targets.${name}`,
  signInPolicy: name => `admin.logs.targets.${name}`,
  subscription: name => `admin.webhooks.resources.${name.replace(/^.*\//, '')}`,
  verification: name => `admin.verification.stageNames.${name}`,
  writeback: name => `admin.logs.targets.${name}`,
}

/** The families whose activities name something by a word of the program's own. */
export const wordedFamilies = Object.keys(keys)

/** The key of the word for what this activity names; undefined where it has a name of its own. */
export const targetKey = (activity: string, name: string): string | undefined =>
  keys[activity.split('.')[0] ?? '']?.(name)
