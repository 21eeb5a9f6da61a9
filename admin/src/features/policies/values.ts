import { list, number, t } from '../../words.ts'
import { controls, type MethodName, type SettingName } from './settings.ts'

/** What a setting is called in one or two words, for a list of changes. */
export const nameOf = (name: SettingName): string => t(`admin.policies.settings.${name}.name`)

/** One of the values that a setting is chosen from. */
export function optionOf(name: SettingName, option: string | number): string {
  if (name === 'gates') return t(option === 2 ? 'admin.policies.options.gates.two' : 'admin.policies.options.gates.one')
  return t(`admin.policies.options.${name as 'userConsent'}.${option as 'low'}`)
}

export const methodOf = (name: MethodName): string => t(`admin.policies.methods.${name}.name`)

/** A value in words, for a comparison. `groups`: the names of the groups that it may mean. */
export function inWords(name: SettingName, value: unknown, groups: ReadonlyMap<string, string>): string {
  const control = controls[name]
  if (control.kind === 'switch') return t(value ? 'admin.policies.on' : 'admin.policies.off')
  if (control.kind === 'number')
    return `${number(Number(value))} ${t(`admin.policies.units.${control.unit}`, { count: Number(value) })}`
  if (control.kind === 'choice') return optionOf(name, value as string)
  const several = (value ?? []) as string[]
  if (control.kind === 'methods') return list((several as MethodName[]).map(methodOf))
  if (control.kind === 'questions') return t('admin.policies.questions.chosen', { count: several.length })
  if (control.kind === 'groups')
    return several.length === 0 ? t('admin.policies.groups.none') : list(several.map(id => groups.get(id) ?? id))
  return value ? String(value) : t('admin.policies.nothing')
}
