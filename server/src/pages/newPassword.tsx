import type { Locale } from '../words/index.ts'
import { HelpLink } from './blocks.tsx'
import { PasswordField } from './fields.tsx'
import { type FormError, fieldId } from './form.tsx'
import { Icon } from './icons.tsx'

export interface NewPasswordProps {
  locale: Locale
  /** Whose password it will be. The part before the `@` must not stand in it. */
  username: string
  label: string
  /** The label of the second field, for browsers without script. */
  again: string
  errors: readonly FormError[]
  /** The rules of the directory that will judge it, in place of ours. */
  directory?: { minimumLength: number; history: number; complexity?: boolean } | undefined
  autoFocus?: boolean | undefined
}

/** Shorter names are part of too many words to be refused in a password. */
const SHORTEST_NAME = 4

/**
 * The field of a new password, `newPassword`, with its rules. The script `newPassword` ticks them while somebody types, and shows the strength. Its words wait here, hidden.
 * Without script nobody can see the password, so `password2` asks for it again.
 */
export function NewPassword({ locale, username, label, again, errors, directory, autoFocus }: NewPasswordProps) {
  const { t } = locale
  const name = username.split('@')[0]?.trim() ?? ''
  const rules: Record<string, string> = directory
    ? {}
    : {
        length: t('account.rules.length'),
        mixture: t('account.rules.mixture'),
        ...(name.length >= SHORTEST_NAME && { name: t('account.rules.name', { name }) }),
      }
  const count = Object.keys(rules).length
  const left = Array.from({ length: count }, (_, place) => t('account.rules.left', { count: place + 1 }))
  // Only the directory judges its rules, so that none of them is ticked while somebody types.
  const told = directory && [
    ...(directory.minimumLength > 0 ? [t('account.rules.directory.length', { count: directory.minimumLength })] : []),
    ...(directory.complexity ? [t('account.rules.directory.complexity')] : []),
    ...(directory.history > 0 ? [t('account.rules.directory.history', { count: directory.history })] : []),
  ]
  const strengths = ([1, 2, 3, 4, 5] as const).map(level => t(`account.rules.strengths.${level}`))
  const rulesId = `${fieldId('newPassword')}-rules`
  const errorOf = (field: string) =>
    errors
      .filter(error => error.field === field)
      .map(({ text }) => text)
      .join(' ') || undefined
  const isRefused = errors.some(({ field }) => field === 'newPassword')
  return (
    <div
      className="new-password"
      data-name={name}
      data-met={t('account.rules.met')}
      data-unmet={t('account.rules.unmet')}
      data-left={JSON.stringify([directory ? '' : t('account.rules.allMet'), ...left])}
      data-strengths={JSON.stringify(['', ...strengths])}
      data-hide={t('account.rules.hide')}
      data-shown={t('account.rules.shown')}
      data-hidden={t('account.rules.hidden')}
    >
      <PasswordField
        name="newPassword"
        label={label}
        error={errorOf('newPassword')}
        autoComplete="new-password"
        describedBy={rulesId}
        autoFocus={autoFocus}
        show={t('account.rules.show')}
      />
      {isRefused && (
        <p>
          <HelpLink locale={locale} to="new-password" />
        </p>
      )}
      <ul className="rules" id={rulesId}>
        {told?.map(text => (
          <li key={text}>{text}</li>
        ))}
        {Object.entries(rules).map(([rule, text]) => (
          // The rule about the name appears only once the password holds it.
          <li className="rule" key={rule} data-rule={rule} hidden={rule === 'name'}>
            <span className="rule-mark">
              <Icon name="check" />
            </span>
            <span>
              <span className="visually-hidden rule-state" />
              {text}
            </span>
          </li>
        ))}
      </ul>
      <div className="strength">
        {/* biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> each in its own way, and none in steps */}
        <div
          className="strength-bar"
          role="meter"
          aria-label={t('account.rules.strength')}
          aria-valuemin={0}
          aria-valuemax={strengths.length}
          aria-valuenow={0}
        >
          {strengths.map(text => (
            <span key={text} />
          ))}
        </div>
        <span className="strength-words" aria-hidden="true" />
      </div>
      <noscript>
        <PasswordField name="password2" label={again} error={errorOf('password2')} autoComplete="new-password" />
      </noscript>
      <p className="visually-hidden" role="status" />
    </div>
  )
}
