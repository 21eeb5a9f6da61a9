import type { InputHTMLAttributes, ReactNode } from 'react'
import { fieldId } from './form.tsx'
import { Icon, type IconName } from './icons.tsx'

/** What every field has. Labels are always visible; a placeholder never stands in for one. */
export interface FieldProps {
  name: string
  label: string
  hint?: ReactNode | undefined
  /** What is wrong and what to do about it. */
  error?: string | undefined
  /** True unless said otherwise: pages ask only for what they need. */
  required?: boolean | undefined
  /** For the first field of a page that a person came to fill in. An error summary takes the focus before it. */
  autoFocus?: boolean | undefined
  /** The id of another element that explains this field, such as the rules of a password. */
  describedBy?: string | undefined
}

export interface TextFieldProps extends FieldProps {
  value?: string | undefined
  type?: 'text' | 'email' | 'tel' | undefined
  autoComplete?: string | undefined
  inputMode?: InputHTMLAttributes<HTMLInputElement>['inputMode'] | undefined
  enterKeyHint?: InputHTMLAttributes<HTMLInputElement>['enterKeyHint'] | undefined
}

/** One line of text: a sign-in name, an address, an answer. Nothing is corrected or capitalised on the way. */
export function TextField({
  value,
  type = 'text',
  autoComplete = 'off',
  inputMode,
  enterKeyHint,
  ...field
}: TextFieldProps) {
  return (
    <Field {...field}>
      <input
        {...inputAttributes(field)}
        className="input"
        type={type}
        defaultValue={value}
        autoComplete={autoComplete}
        inputMode={inputMode ?? (type === 'text' ? undefined : type)}
        enterKeyHint={enterKeyHint}
      />
    </Field>
  )
}

/** Some lines of text. `maxLength` keeps a browser from taking more; the server judges it anew. */
export function TextArea({
  value,
  maxLength,
  ...field
}: FieldProps & { value?: string | undefined; maxLength: number }) {
  return (
    <Field {...field}>
      <textarea {...inputAttributes(field)} className="input" rows={6} maxLength={maxLength} defaultValue={value} />
    </Field>
  )
}

/** A file of the reader's device. `accept`: what the browser offers; the server judges what comes. */
export function FileField({ accept, ...field }: FieldProps & { accept: string }) {
  return (
    <Field {...field}>
      <input {...inputAttributes(field)} className="input" type="file" accept={accept} autoComplete="off" />
    </Field>
  )
}

export interface PasswordFieldProps extends FieldProps {
  /** Tells a password manager whether to fill in or to suggest. */
  autoComplete: 'current-password' | 'current-password webauthn' | 'new-password'
  enterKeyHint?: InputHTMLAttributes<HTMLInputElement>['enterKeyHint'] | undefined
  /** The words of a button inside the field that shows what was typed; it waits, hidden, for a script. */
  show?: string | undefined
}

/** A password. It takes no value: a page never sends a secret back. */
export function PasswordField({ autoComplete, enterKeyHint, show, ...field }: PasswordFieldProps) {
  return (
    <Field {...field}>
      <span className="password-box">
        <input
          {...inputAttributes(field)}
          className="input"
          type="password"
          autoComplete={autoComplete}
          enterKeyHint={enterKeyHint}
        />
        {show !== undefined && (
          <button type="button" className="show-password" aria-controls={fieldId(field.name)} hidden>
            {show}
          </button>
        )}
      </span>
    </Field>
  )
}

/** A code that was sent or that an app shows, in large spaced digits. It takes no value, as a code is a secret. */
export function CodeField(field: FieldProps) {
  return (
    <Field {...field}>
      <input
        {...inputAttributes(field)}
        className="input input-code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        enterKeyHint="done"
        dir="ltr"
      />
    </Field>
  )
}

/** A code of letters that a device shows. Its link may fill it in. */
export function UserCodeField({ value, ...field }: FieldProps & { value?: string | undefined }) {
  return (
    <Field {...field}>
      <input
        {...inputAttributes(field)}
        className="input input-code"
        type="text"
        defaultValue={value}
        inputMode="text"
        autoCapitalize="characters"
        autoComplete="one-time-code"
        enterKeyHint="next"
        dir="ltr"
      />
    </Field>
  )
}

/** A recovery code, as its owner reads it off the sheet. It takes no value, as a code is a secret. */
export function RecoveryCodeField(field: FieldProps) {
  return (
    <Field {...field}>
      <input
        {...inputAttributes(field)}
        className="input input-code input-recovery"
        type="text"
        autoCapitalize="characters"
        autoComplete="off"
        enterKeyHint="done"
        dir="ltr"
      />
    </Field>
  )
}

export interface PhoneFieldProps extends FieldProps {
  /** The national number as it was typed. */
  value?: string | undefined
  countryName: string
  countryLabel: string
  /** The chosen country, as one of the codes below. */
  country?: string | undefined
  /** Countries in the order in which to show them: `code` is ISO 3166-1, `callingCode` has no plus sign. */
  countries: readonly { code: string; name: string; callingCode: string }[]
}

/** A telephone number: the country beside the number within it. `error` and `name` belong to the number. */
export function PhoneField({ value, countryName, countryLabel, country, countries, ...field }: PhoneFieldProps) {
  return (
    <div className="phone">
      <SelectField
        name={countryName}
        label={countryLabel}
        value={country}
        autoComplete="country"
        required={field.required}
        options={countries.map(({ code, name, callingCode }) => ({ value: code, label: `${name} (+${callingCode})` }))}
      />
      <Field {...field}>
        <input
          {...inputAttributes(field)}
          className="input"
          type="tel"
          inputMode="tel"
          autoComplete="tel-national"
          defaultValue={value}
          dir="ltr"
        />
      </Field>
    </div>
  )
}

export interface SelectFieldProps extends FieldProps {
  value?: string | undefined
  autoComplete?: string | undefined
  options: readonly { value: string; label: string }[]
}

/** A choice from a list, by the platform's own control. */
export function SelectField({ value, autoComplete = 'off', options, ...field }: SelectFieldProps) {
  return (
    <Field {...field}>
      <select {...inputAttributes(field)} className="input select" defaultValue={value} autoComplete={autoComplete}>
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  )
}

export interface RadioCardsProps {
  name: string
  legend: string
  /** Hides the legend from sight where the heading of the page already says it. */
  legendHidden?: boolean | undefined
  value?: string | undefined
  hint?: ReactNode | undefined
  error?: string | undefined
  options: readonly {
    value: string
    label: string
    hint?: ReactNode | undefined
    icon?: IconName | undefined
    disabled?: boolean | undefined
  }[]
}

/** One choice of a few, each in a large row of its own. */
export function RadioCards({ name, legend, legendHidden, value, hint, error, options }: RadioCardsProps) {
  return (
    <fieldset
      className="radio-cards"
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: only a radiogroup can be required or invalid
      role="radiogroup"
      aria-required="true"
      aria-invalid={error === undefined ? undefined : true}
      {...describedBy({ name, hint, error })}
    >
      <legend className={legendHidden ? 'visually-hidden' : 'label'}>{legend}</legend>
      {hint !== undefined && (
        <p className="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
      <FieldError name={name} error={error} />
      <div className="cards">
        {options.map((option, index) => {
          const id = index === 0 ? fieldId(name) : `${fieldId(name)}-${option.value}`
          return (
            <label className="radio-card" key={option.value} htmlFor={id}>
              <input
                type="radio"
                id={id}
                name={name}
                value={option.value}
                defaultChecked={option.value === value}
                disabled={option.disabled}
                aria-describedby={option.hint === undefined ? undefined : `${fieldId(name)}-${option.value}-hint`}
                aria-labelledby={`${fieldId(name)}-${option.value}-label`}
              />
              {option.icon && (
                <span className="tile">
                  <Icon name={option.icon} />
                </span>
              )}
              <span className="row-words">
                <span className="row-label" id={`${fieldId(name)}-${option.value}-label`}>
                  {option.label}
                </span>
                {option.hint !== undefined && (
                  <span className="row-hint" id={`${fieldId(name)}-${option.value}-hint`}>
                    {option.hint}
                  </span>
                )}
              </span>
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}

/** One thing to agree to, beside its words. It is sent as `true`, and needs no answer. */
export function Checkbox({
  name,
  label,
  hint,
  checked,
}: Pick<FieldProps, 'name' | 'label' | 'hint'> & { checked: boolean }) {
  return (
    <div className="field">
      <label className="checkbox" htmlFor={fieldId(name)}>
        <input
          type="checkbox"
          id={fieldId(name)}
          name={name}
          value="true"
          defaultChecked={checked}
          // Firefox would tick it again after a reload.
          autoComplete="off"
          {...describedBy({ name, hint })}
        />
        {label}
      </label>
      {hint !== undefined && (
        <p className="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

function Field({ name, label, hint, error, children }: FieldProps & { children: ReactNode }) {
  return (
    <div className={error === undefined ? 'field' : 'field field-invalid'}>
      <label className="label" htmlFor={fieldId(name)}>
        {label}
      </label>
      {hint !== undefined && (
        <p className="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
      {children}
      <FieldError name={name} error={error} />
    </div>
  )
}

function FieldError({ name, error }: { name: string; error: string | undefined }) {
  if (error === undefined) return null
  return (
    <p className="field-error" id={`${fieldId(name)}-error`}>
      <Icon name="danger" />
      <span>{error}</span>
    </p>
  )
}

/** What a script shows beside a field that it finds wrong; the words are put in there. */
export function ErrorTemplate() {
  return (
    <template>
      <p className="field-error">
        <Icon name="danger" />
        <span className="field-error-words" />
      </p>
    </template>
  )
}

function inputAttributes(field: FieldProps) {
  return {
    id: fieldId(field.name),
    name: field.name,
    required: field.required ?? true,
    autoFocus: field.autoFocus,
    autoCapitalize: 'none',
    autoCorrect: 'off',
    spellCheck: false,
    'aria-invalid': field.error === undefined ? undefined : true,
    ...describedBy(field),
  }
}

function describedBy(field: Pick<FieldProps, 'name' | 'hint' | 'error' | 'describedBy'>) {
  const ids = [
    field.error !== undefined && `${fieldId(field.name)}-error`,
    field.hint !== undefined && `${fieldId(field.name)}-hint`,
    field.describedBy,
  ].filter(Boolean)
  return { 'aria-describedby': ids.length === 0 ? undefined : ids.join(' ') }
}
