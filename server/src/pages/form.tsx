import type { ReactNode } from 'react'
import { Icon, type IconName } from './icons.tsx'

/** The `id` of the input that carries this form name; error summaries link to it. */
export function fieldId(name: string): string {
  return `field-${name}`
}

export interface FormProps {
  /** Where the form is posted. It stays on our own origin, but for an answer to an application. */
  action: string
  /** `get` goes on with an application's request, and changes nothing. */
  method?: 'post' | 'get' | undefined
  /** Fields that the person does not see. No secret that lasts: a page may be kept by a browser. */
  hidden?: Record<string, string> | undefined
  /** Whose password this form is about: tells a password manager which entry to fill in or to change. It is not sent. */
  username?: string | undefined
  /** Whether it sends a file along. */
  file?: boolean | undefined
  children: ReactNode
}

/** A form that works without script. Validation is the server's, so that everyone reads the same words. */
export function Form({ action, method = 'post', hidden = {}, username, file, children }: FormProps) {
  return (
    <form
      method={method}
      action={action}
      encType={file ? 'multipart/form-data' : undefined}
      noValidate
      className="form"
    >
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {username !== undefined && <input type="text" autoComplete="username" defaultValue={username} readOnly hidden />}
      {children}
    </form>
  )
}

export interface ButtonProps {
  /** `primary` is the one thing to do on a page; there is at most one. */
  kind?: 'primary' | 'secondary' | 'danger' | 'link' | undefined
  /** With an address the button is a link that looks like one; without, it submits the form around it. */
  href?: string | undefined
  /** Another address for the same form ("Send a new code"). */
  formAction?: string | undefined
  name?: string | undefined
  value?: string | undefined
  icon?: IconName | undefined
  /** What a screen reader says where the visible words are not enough ("Remove" beside a method). */
  label?: string | undefined
  children: ReactNode
}

/** A button or a link that looks like one. */
export function Button({ kind = 'primary', href, formAction, name, value, icon, label, children }: ButtonProps) {
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </>
  )
  const className = `button button-${kind}`
  if (href !== undefined) {
    return (
      <a className={className} href={href} aria-label={label}>
        {inside}
      </a>
    )
  }
  return (
    <button type="submit" className={className} formAction={formAction} name={name} value={value} aria-label={label}>
      {inside}
    </button>
  )
}

/** The buttons at the end of a form: the primary one first, the quiet ways back and out after it. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className="actions">{children}</div>
}

export interface FormError {
  /** The form name of the field at fault; without it the error concerns the whole form. */
  field?: string | undefined
  text: string
}

/** Everything that stopped a form, at the top of it. The focus goes inside the alert, because some screen readers would read a focused alert twice. */
export function ErrorSummary({ title, errors }: { title: string; errors: readonly FormError[] }) {
  if (errors.length === 0) return null
  return (
    // biome-ignore lint/a11y/noAutofocus: the page came back because of these errors, and they are what to read first
    <div className="banner banner-danger error-summary" tabIndex={-1} autoFocus>
      <Icon name="danger" />
      <div className="banner-body" role="alert">
        <h2 className="banner-title">{title}</h2>
        <ul>
          {errors.map(error => (
            <li key={`${error.field ?? ''} ${error.text}`}>
              {error.field === undefined ? error.text : <a href={`#${fieldId(error.field)}`}>{error.text}</a>}
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
