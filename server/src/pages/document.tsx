import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import type { Language, Locale } from '../words/index.ts'
import { favicon, mark, type ScriptName, scriptHrefs, styleSheet, touchIcon } from './assets.ts'
import { Banner, type BannerProps, Steps, type Tone } from './blocks.tsx'
import { surfaces } from './brand.ts'
import { ErrorSummary, type FormError, fieldId } from './form.tsx'
import { Icon } from './icons.tsx'

const product = 'Latchkey'

/** A company's name and looks. */
interface Brand {
  tenantId?: string | undefined
  name: string
  /** Whose colour it is, and whose pictures: the id of a localization. */
  locale?: string | undefined
  /** The token of looks that are not saved yet. */
  preview?: string | undefined
  logo?: string | undefined
  icon?: string | undefined
  terms?: FooterLink | undefined
  privacy?: FooterLink | undefined
}

/** A link of a company's own. Without words it has Latchkey's. */
interface FooterLink {
  href: string
  text: string | undefined
}

export interface PageProps {
  locale: Locale
  /** The heading of the page, and the first words of its title. */
  title: string
  /** Whose page this is. Without a tenant the product's own colours and mark stand in. */
  brand: Brand
  /** The current step of a journey: named steps, of which `current` counts from 1, or a text. */
  steps?: { current: number; labels: readonly string[] } | { text: string } | undefined
  /** The end of a journey, shown as a large sign above the heading. */
  outcome?: Tone | undefined
  /** The code that a person reads to a help desk, which finds this journey in the log by it. */
  supportCode?: string | undefined
  /** The number by which administrators look up the refusal that this page tells. It stands beside the support code. */
  number?: number | undefined
  /** The languages to switch to, each with the address of this page in it. */
  languages: readonly { code: Language; href: string }[]
  signedIn?: { name: string } | undefined
  /**
   * Loads the page again after so many whole seconds. Only for pages without fields: typed text would be lost, and a
   * screen reader begins anew each time.
   */
  refreshAfterSeconds?: number | undefined
  notice?: BannerProps | undefined
  /** Why the form on this page was refused, in all and field by field. */
  refused?: { title: string; detail: string; errors: readonly FormError[] } | undefined
  /** Says at the top that this is a demonstration, with the way to the messages it "sent". */
  demo?: boolean | undefined
  /** `narrow`, the default, is one card; `wide` leaves room for panels and tables. */
  width?: 'narrow' | 'wide' | undefined
  /** Scripts that add to this page. They run once it has been read, and it must work without them. */
  scripts?: readonly ScriptName[] | undefined
  children: ReactNode
}

/** Draws a whole HTML document, without inline script or style, so that the strictest policy fits it. */
export function renderPage(props: PageProps): string {
  return `<!DOCTYPE html>${renderToStaticMarkup(<Page {...props} />)}`
}

function Page(props: PageProps) {
  const { locale, title, brand, width = 'narrow' } = props
  const tail = brand.name === product ? product : `${brand.name} · ${product}`
  return (
    <html lang={locale.language} dir={locale.dir}>
      <head>
        <meta charSet="utf-8" />
        <title>{`${props.refused ? locale.t('frame.error', { title }) : title} – ${tail}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content={surfaces.light.page} />
        <meta name="theme-color" content={surfaces.dark.page} media="(prefers-color-scheme: dark)" />
        {/* Addresses and codes on these pages must not turn into links that a browser guessed. */}
        <meta name="format-detection" content="telephone=no, email=no, address=no" />
        <meta name="robots" content="noindex" />
        {props.refreshAfterSeconds !== undefined && (
          <meta httpEquiv="refresh" content={String(props.refreshAfterSeconds)} />
        )}
        {brand.icon !== undefined ? (
          <link rel="icon" href={brandFile(brand, 'favicon', brand.icon)} />
        ) : (
          <link rel="icon" href={favicon.href} type="image/svg+xml" />
        )}
        <link rel="apple-touch-icon" href={touchIcon.href} />
        <link rel="stylesheet" href={styleSheet.href} />
        {brand.tenantId !== undefined && <link rel="stylesheet" href={brandFile(brand, 'style.css', brand.locale)} />}
        {props.scripts?.map(name => (
          <script key={name} type="module" src={scriptHrefs[name]} />
        ))}
      </head>
      <body className={`page page-${width}`}>
        <a className="skip" href="#main">
          {locale.t('frame.skip')}
        </a>
        {props.demo && (
          <aside className="demo">
            {locale.t('frame.demo')} <a href="/demo/outbox">{locale.t('frame.outbox')}</a>
          </aside>
        )}
        <Header {...props} />
        <main id="main" tabIndex={-1}>
          <div className="card">
            {props.steps && <Progress steps={props.steps} locale={locale} />}
            {props.outcome && (
              <div className={`outcome outcome-${props.outcome}`}>
                <Icon name={props.outcome === 'success' ? 'check' : props.outcome} />
              </div>
            )}
            <h1>{title}</h1>
            {props.refused && <ErrorSummary title={props.refused.title} errors={errorsOf(props.refused, props)} />}
            {props.notice && <Banner {...props.notice} />}
            {props.children}
          </div>
        </main>
        <Footer {...props} />
      </body>
    </html>
  )
}

/** The errors of fields on the page, because each links to its field. Without one, the refusal as a whole. */
function errorsOf(
  { errors, detail }: NonNullable<PageProps['refused']>,
  { children }: PageProps,
): readonly FormError[] {
  const page = renderToStaticMarkup(children)
  const told = errors.filter(({ field }) => field === undefined || page.includes(` id="${fieldId(field)}"`))
  return told.length > 0 ? told : [{ text: detail }]
}

function Header({ brand, signedIn, locale }: PageProps) {
  return (
    <header className="header">
      <div className="brand">
        {brand.logo !== undefined ? (
          <img className="logo" src={brandFile(brand, 'logo', brand.logo)} alt={brand.name} />
        ) : (
          <>
            <span className="monogram" aria-hidden="true">
              {brand.tenantId === undefined ? <Mark /> : firstLetter(brand.name)}
            </span>
            <span className="brand-name">{brand.name}</span>
          </>
        )}
      </div>
      {signedIn && (
        <p className="signed-in">
          <Icon name="person" />
          <span className="visually-hidden">{locale.t('frame.signedIn')} </span>
          <bdi>{signedIn.name}</bdi>
        </p>
      )}
    </header>
  )
}

function Progress({ steps, locale }: { steps: NonNullable<PageProps['steps']>; locale: Locale }) {
  if ('text' in steps) return <p className="steps-text">{steps.text}</p>
  return <Steps {...steps} words={{ list: locale.t('frame.progress'), done: locale.t('frame.done') }} />
}

function Footer({ locale, brand, languages, supportCode, number, steps }: PageProps) {
  return (
    <footer className="footer">
      {supportCode !== undefined && (
        // Without a next step a person may have to call somebody.
        <details className="help" open={steps === undefined}>
          <summary>{locale.t('frame.help')}</summary>
          <p className="support-code">
            {locale.t('frame.supportCode')} <code translate="no">{supportCode}</code>
          </p>
          {number !== undefined && (
            <p className="support-code">
              {locale.t('frame.number')}{' '}
              <a href={`/help/codes/AADSTS${number}`}>
                <code translate="no">{`AADSTS${number}`}</code>
              </a>
            </p>
          )}
        </details>
      )}
      {languages.length > 1 && (
        <nav className="links" aria-label={locale.t('frame.language')}>
          <Icon name="globe" />
          <ul>
            {languages.map(({ code, href }) => (
              <li key={code}>
                <a href={href} hrefLang={code} lang={code} aria-current={code === locale.language ? 'true' : undefined}>
                  {locale.languageName(code)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {(brand.terms || brand.privacy) && (
        <div className="links">
          <ul>
            {brand.terms && (
              <li>
                <a href={brand.terms.href}>{brand.terms.text ?? locale.t('frame.terms')}</a>
              </li>
            )}
            {brand.privacy && (
              <li>
                <a href={brand.privacy.href}>{brand.privacy.text ?? locale.t('frame.privacy')}</a>
              </li>
            )}
          </ul>
        </div>
      )}
      <p className="product">
        <Mark />
        {product}
      </p>
    </footer>
  )
}

/** The product's mark: a keyhole, and the way back to it. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true">
      <path fill="currentColor" d={mark.keyhole} />
      <path
        fill="none"
        stroke="currentColor"
        strokeWidth="2.1"
        strokeLinecap="round"
        strokeLinejoin="round"
        d={mark.way}
      />
    </svg>
  )
}

/** The address of a company's file, also of looks that are not saved yet. `locale`: the localization that has it. */
function brandFile({ tenantId = '', preview }: Brand, name: string, locale = '0'): string {
  const of = preview !== undefined ? `?look=${preview}` : locale === '0' ? '' : `?locale=${encodeURIComponent(locale)}`
  return `/branding/${encodeURIComponent(tenantId)}/${name}${of}`
}

function firstLetter(name: string): string {
  return (Array.from(name.trim())[0] ?? '').toUpperCase()
}
