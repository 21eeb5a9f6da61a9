import type { ReactNode } from 'react'
import type { Locale } from '../words/index.ts'
import { Icon } from './icons.tsx'

export interface PasskeyFormProps {
  locale: Locale
  /** What the press is for: to make a passkey, or to use one. */
  purpose: 'make' | 'use'
  /** Where the request for the browser is asked for; where it stands in the page, where the answer goes. */
  action: string
  /** Fields that the person does not see. */
  fields?: Record<string, string> | undefined
  /** The request for the browser, where the page has it. */
  options?: object | undefined
  /** Whether the browser also offers passkeys in the field for the name, which has `autocomplete="username webauthn"`. */
  autofill?: boolean | undefined
  /** Where the answer goes, with the id of its challenge. */
  proofs?: string | undefined
  /** Visible fields that are handed in with the answer. */
  more?: ReactNode
  /** The button. */
  children: ReactNode
}

/**
 * One press that asks the browser for a passkey. The page needs the script `passkey`, and a `PasskeyWithout` for browsers
 * that have none. What the browser refuses is told below the button.
 */
export function PasskeyForm(props: PasskeyFormProps) {
  const { locale, purpose, action, fields = {}, options, autofill, proofs, more, children } = props
  const { t } = locale
  const reasons =
    purpose === 'make'
      ? { cancelled: t('passkey.notMade'), known: t('passkey.known') }
      : { cancelled: t('passkey.notUsed') }
  const told = {
    ...reasons,
    device: t('passkey.device'),
    site: t('passkey.site'),
    network: t('passkey.network'),
  }
  return (
    <div className="passkey-way">
      <form
        method="post"
        action={action}
        className="passkey"
        data-options={options && JSON.stringify(options)}
        data-autofill={autofill ? '' : undefined}
      >
        {Object.entries(fields).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        {options && <input type="hidden" name="credential" />}
        {children}
        <div role="alert">
          <div className="banner banner-warning" hidden>
            <Icon name="warning" />
            <div className="banner-body">
              {Object.entries(told).map(([reason, words]) => (
                <p key={reason} data-reason={reason} hidden>
                  {words}
                </p>
              ))}
            </div>
          </div>
        </div>
      </form>
      {proofs !== undefined && (
        <form method="post" action={proofs} className="form">
          <input type="hidden" name="challenge" />
          <input type="hidden" name="credential" />
          {more}
        </form>
      )}
    </div>
  )
}

/** What stands only where the browser can have passkeys. */
export function PasskeyWay({ children }: { children: ReactNode }) {
  return <div className="passkey-way form">{children}</div>
}

/** The line for a browser without passkeys, or without script. */
export function PasskeyWithout({ locale: { t } }: { locale: Locale }) {
  return <p className="passkey-without">{t('passkey.without')}</p>
}

/** Tells the browser which passkeys its owner has here, so that it offers no removed one. For its owner's own page alone. */
export function PasskeysOnRecord(told: { rpId: string; userId: string; allAcceptedCredentialIds: string[] }) {
  return <div hidden data-passkeys={JSON.stringify(told)} />
}

/** Tells the browser that the passkey that was just used is not on record. */
export function PasskeyUnknown({ rpId }: { rpId: string }) {
  return <div hidden data-passkey-unknown={rpId} />
}
