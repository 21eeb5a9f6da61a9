import { Checkbox, Field, Input, Radio, RadioGroup, Switch } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { sentenceOfCode } from '../../parts/Refused.tsx'
import { registrationDays } from '../../parts/registrationDays.ts'
import { number, t } from '../../words.ts'
import { GroupsField } from './GroupsField.tsx'
import { QuestionsField } from './QuestionsField.tsx'
import { controls, type MethodName, type Question, type SettingName, type Unit } from './settings.ts'
import { methodOf, optionOf } from './values.ts'

interface Shown {
  name: SettingName
  value: unknown
  /** What the server said of it; undefined: nothing. */
  code: string | undefined
  isReadOnly: boolean
  mayCount: boolean
  set: (value: unknown, isValid?: boolean) => void
}

/** One setting: what it asks, why in a sentence, and the control for it. */
export function SettingField({ name, value, code, isReadOnly, mayCount, set }: Shown) {
  const control = controls[name]
  const ask = t(`admin.policies.settings.${name}.ask`)
  const why = t(`admin.policies.settings.${name}.why`)
  const told = code === undefined ? undefined : (sentenceOfCode(code) ?? t('admin.problems.property_invalid'))
  const problem = told === undefined ? {} : ({ validationState: 'error', validationMessage: told } as const)
  if (control.kind === 'switch')
    return (
      <Field className="setting" hint={why} {...problem}>
        <Switch
          id={name}
          label={ask}
          checked={value === true}
          disabled={isReadOnly}
          onChange={(_, { checked }) => set(checked)}
        />
      </Field>
    )
  if (control.kind === 'choice')
    return (
      <Field className="setting" label={ask} hint={why} {...problem}>
        <RadioGroup
          id={name}
          value={String(value)}
          disabled={isReadOnly}
          onChange={(_, data) => set(control.options.find(option => String(option) === data.value))}
        >
          {control.options.map(option => (
            <Radio key={option} value={String(option)} label={optionOf(name, option)} />
          ))}
        </RadioGroup>
      </Field>
    )
  if (control.kind === 'number')
    return <NumberField {...{ name, ask, why, isReadOnly, set, control, problem }} value={Number(value)} />
  if (control.kind === 'methods')
    return (
      <MethodsField
        {...{ name, ask, why, isReadOnly, set, problem, mayCount }}
        options={control.options}
        value={value as MethodName[]}
      />
    )
  if (control.kind === 'questions')
    return <QuestionsField {...{ ask, why, isReadOnly, set, problem }} value={value as Question[]} />
  if (control.kind === 'groups')
    return <GroupsField {...{ name, ask, why, isReadOnly, set, problem }} value={value as string[]} />
  return (
    <Field className="setting" label={ask} hint={why} {...problem}>
      <Input
        id={name}
        value={String(value ?? '')}
        maxLength={control.kind === 'name' ? 256 : 500}
        readOnly={isReadOnly}
        onChange={(_, { value }) => set(value === '' && control.kind === 'address' ? null : value)}
      />
    </Field>
  )
}

/** What each kind of field is given. */
export interface FieldShown<T> {
  ask: string
  why: string
  isReadOnly: boolean
  problem: { validationState?: 'error'; validationMessage?: string }
  value: T
  set: (value: T, isValid?: boolean) => void
}

interface NumberShown extends Omit<FieldShown<number>, 'set'> {
  name: SettingName
  control: { least: number; most: number; unit: Unit }
  set: (value: number, isValid: boolean) => void
}

/** A whole number. What was typed stays as it was typed, also while it is none. */
function NumberField({ name, ask, why, isReadOnly, problem, value, control, set }: NumberShown) {
  const [typed, setTyped] = useState<string>()
  const { least, most, unit } = control
  const shown =
    typed !== undefined && Number(typed) === value ? typed : Number.isNaN(value) ? (typed ?? '') : String(value)
  const isValid = (text: string) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
  const range = t('admin.policies.range', { least: number(least), most: number(most) })
  return (
    <Field
      className="setting"
      label={ask}
      hint={
        <>
          {why}
          <br />
          {range}
        </>
      }
      {...(isValid(shown) ? problem : { validationState: 'error' as const, validationMessage: range })}
    >
      <Input
        id={name}
        className="short"
        inputMode="numeric"
        value={shown}
        readOnly={isReadOnly}
        contentAfter={<span>{t(`admin.policies.units.${unit}`, { count: value || 0 })}</span>}
        onChange={(_, { value }) => {
          setTyped(value)
          set(/^\d+$/.test(value) ? Number(value) : Number.NaN, isValid(value))
        }}
      />
    </Field>
  )
}

/** The names that reports count methods by, where they are others (Microsoft Graph's). */
const COUNTED_AS: Partial<Record<MethodName, string>> = {
  passkey: 'fido2',
  authenticatorCode: 'softwareOneTimePasscode',
  securityQuestions: 'securityQuestion',
}

interface MethodsShown extends FieldShown<MethodName[]> {
  name: SettingName
  options: readonly MethodName[]
  mayCount: boolean
}

function MethodsField({ name, ask, why, isReadOnly, problem, value, set, options, mayCount }: MethodsShown) {
  const { data: days } = useQuery({ ...registrationDays, enabled: mayCount })
  const today = days?.at(-1)
  const none = { validationState: 'error', validationMessage: t('admin.policies.methodsNone') } as const
  const choose = (chosen: MethodName[]) => set(chosen, chosen.length > 0)
  return (
    <Field className="setting" label={ask} hint={why} {...(value.length === 0 ? none : problem)}>
      <fieldset id={name} className="choices">
        {options.map(method => (
          <div key={method}>
            <Checkbox
              checked={value.includes(method)}
              disabled={isReadOnly}
              label={
                <>
                  <b>{methodOf(method)}</b>
                  <small>{t(`admin.policies.methods.${method}.detail`)}</small>
                </>
              }
              onChange={(_, { checked }) =>
                choose(options.filter(one => (one === method ? checked : value.includes(one))))
              }
            />
            {today && (
              <span className="count">
                {t('admin.policies.have', { count: today.byMethod[COUNTED_AS[method] ?? method] ?? 0 })}
              </span>
            )}
          </div>
        ))}
      </fieldset>
    </Field>
  )
}
