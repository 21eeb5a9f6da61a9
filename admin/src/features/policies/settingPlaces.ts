import { protectionGroups, type ResetTab, resetTabs, type SettingName, signInGroups } from './settings.ts'

/** A setting of the company, and the page that it stands on. `tab`: of the default policy. */
export interface SettingPlace {
  name: SettingName
  to: '/password-protection' | '/sign-in-policy' | '/password-reset/policies/$policy/$tab'
  tab?: ResetTab
}

/** What only policies for groups have: the default policy has no such field to lead to. */
const OF_GROUPS: readonly SettingName[] = ['displayName', 'includedGroups', 'excludedGroups']

/** Every setting that can be gone to by its name. */
export const settingPlaces: readonly SettingPlace[] = [
  ...(Object.entries(resetTabs) as [ResetTab, readonly SettingName[]][]).flatMap(([tab, names]) =>
    names
      .filter(name => !OF_GROUPS.includes(name))
      .map(name => ({ name, tab, to: '/password-reset/policies/$policy/$tab' as const })),
  ),
  ...Object.values(protectionGroups)
    .flat()
    .map(name => ({ name, to: '/password-protection' as const })),
  ...Object.values(signInGroups)
    .flat()
    .map(name => ({ name, to: '/sign-in-policy' as const })),
]
