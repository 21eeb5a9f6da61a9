import type { ReactNode } from 'react'
import { Icon, type IconName } from './icons.tsx'
import { PasskeyForm, type PasskeyFormProps } from './passkey.tsx'

/** The ways to go on from a page, each a large row that is one tap. Its children are `Choice`s. */
export function Choices({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul className="cards" aria-label={label}>
      {children}
    </ul>
  )
}

interface ChoiceBase {
  label: string
  hint?: ReactNode | undefined
  icon: IconName
}

/** A choice is a link to another page, or a form of its own that posts some fields. */
export type ChoiceProps = ChoiceBase & ({ href: string } | { action: string; fields: Record<string, string> })

export function Choice({ label, hint, icon, ...way }: ChoiceProps) {
  const inside = <ChoiceFace label={label} hint={hint} icon={icon} />
  return (
    <li className="choice-item">
      {'href' in way ? (
        <a className="choice" href={way.href}>
          {inside}
        </a>
      ) : (
        <form method="post" action={way.action}>
          {Object.entries(way.fields).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <button type="submit" className="choice">
            {inside}
          </button>
        </form>
      )}
    </li>
  )
}

/** The choice of a passkey, which is one press: the browser asks, and its answer is handed in. */
export function PasskeyChoice({ label, hint, ...form }: Omit<ChoiceBase, 'icon'> & Omit<PasskeyFormProps, 'children'>) {
  return (
    <li className="choice-item passkey-way">
      <PasskeyForm {...form}>
        <button type="submit" className="choice">
          <ChoiceFace label={label} hint={hint} icon="key" />
        </button>
      </PasskeyForm>
    </li>
  )
}

function ChoiceFace({ label, hint, icon }: ChoiceBase) {
  return (
    <>
      <span className="tile">
        <Icon name={icon} />
      </span>
      <span className="row-words">
        <span className="row-label">{label}</span>
        {hint !== undefined && <span className="row-hint">{hint}</span>}
      </span>
      <Icon name="arrow" />
    </>
  )
}

/** Help that appears after ten seconds, without script, and is then read out: the message may not come. `late`: it appears at once. */
export function Waited({ late, children }: { late: boolean; children: ReactNode }) {
  return (
    <div className="waited" role="status">
      {late ? children : <div className="waited-later">{children}</div>}
    </div>
  )
}

/** The hidden words for a code that could not be delivered; the script `delivery` shows them. `ask`: the address of the journey's JSON form. */
export function Undelivered({ ask, challenge, children }: { ask: string; challenge: string; children: ReactNode }) {
  return (
    <div role="status" data-delivery={ask} data-challenge={challenge}>
      <div className="banner banner-warning" hidden>
        <Icon name="warning" />
        <div className="banner-body">{children}</div>
      </div>
    </div>
  )
}
