import type { Locale } from '../words/index.ts'
import { PasswordField } from './fields.tsx'
import { type FormError, fieldId } from './form.tsx'
import { Icon } from './icons.tsx'

export interface NewPasswordProps {
  locale: Locale
  /** Whose password it will be. The part before the `@` must not stand in it. */
  username: string
  label: string
  /** The label of the second field. */
  again: string
  errors: readonly FormError[]
  autoFocus?: boolean | undefined
}

/** Shorter names are part of too many words to be refused in a password. */
const SHORTEST_NAME = 4

/**
 * The fields of a new password, `newPassword` and `password2`, with its rules. The script `newPassword` ticks the rules
 * while somebody types, and shows the strength and a way to see what was typed; what it needs waits here, hidden.
 */
export function NewPassword({ locale, username, label, again, errors, autoFocus }: NewPasswordProps) {
  const { t } = locale
  const name = username.split('@')[0]?.trim() ?? ''
  const rules = {
    length: t('account.rules.length'),
    mixture: t('account.rules.mixture'),
    ...(name.length >= SHORTEST_NAME && { name: t('account.rules.name', { name }) }),
    same: t('account.rules.same'),
  }
  const count = Object.keys(rules).length
  const left = Array.from({ length: count }, (_, place) => t('account.rules.left', { count: place + 1 }))
  const strengths = ([1, 2, 3, 4, 5] as const).map(level => t(`account.rules.strengths.${level}`))
  const rulesId = `${fieldId('newPassword')}-rules`
  const errorOf = (field: string) => errors.find(error => error.field === field)?.text
  return (
    <div
      className="new-password"
      data-name={name}
      data-met={t('account.rules.met')}
      data-unmet={t('account.rules.unmet')}
      data-left={JSON.stringify([t('account.rules.allMet'), ...left])}
      data-strengths={JSON.stringify(['', ...strengths])}
      data-show={t('account.rules.show')}
      data-hide={t('account.rules.hide')}
    >
      <PasswordField
        name="newPassword"
        label={label}
        error={errorOf('newPassword')}
        autoComplete="new-password"
        describedBy={rulesId}
        autoFocus={autoFocus}
      />
      <div className="strength" hidden>
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
      <div className="rules" id={rulesId}>
        <p>{t('account.rules.title')}</p>
        <ul>
          {Object.entries(rules).map(([rule, text]) => (
            <li className="rule" key={rule} data-rule={rule}>
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
        <p>{t('account.rules.also')}</p>
      </div>
      <PasswordField name="password2" label={again} error={errorOf('password2')} autoComplete="new-password" />
      <button type="button" className="button button-link show-password" hidden>
        {t('account.rules.show')}
      </button>
      <p className="visually-hidden" role="status" />
    </div>
  )
}
