import { useEffect, useRef, useState } from 'react'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { type Language, t } from '../../words.ts'
import type { Mail } from './queries.ts'

interface Shown {
  mail: Mail | undefined
  error: Error | null
  /** What was typed does not fit, so that an older state is shown. */
  isWaiting: boolean
  language: Language
}

/** The mail as its readers see it, in either of its two forms. */
export function MailPreview({ mail, error, isWaiting, language }: Shown) {
  const [form, setForm] = useState<'html' | 'text'>('html')
  return (
    <section className="card asked beside-preview" aria-labelledby="preview">
      <h2 id="preview">{t('admin.notices.preview.title')}</h2>
      <p>{t('admin.notices.preview.sample')}</p>
      <Tabs
        isSmall
        label={t('admin.notices.preview.form')}
        value={form}
        options={[
          ['html', t('admin.notices.preview.html')],
          ['text', t('admin.notices.preview.text')],
        ]}
        choose={setForm}
      >
        {error && <Refused error={error} />}
        <p role="status" className="calm-line">
          {isWaiting && t('admin.branding.preview.waiting')}
        </p>
        {!mail && !error && <Loading rows={6} />}
        {mail && (
          <>
            <dl className="facts">
              <div>
                <dt>{t('admin.notices.preview.from')}</dt>
                <dd lang={language}>{mail.from}</dd>
              </div>
              <div>
                <dt>{t('admin.notices.preview.subject')}</dt>
                <dd lang={language}>{mail.subject}</dd>
              </div>
            </dl>
            {form === 'html' ? (
              <Html html={mail.html} />
            ) : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that may be wider than its place is scrolled by keys
              <pre className="mail-text" lang={language} tabIndex={0}>
                {mail.text.trimEnd()}
              </pre>
            )}
          </>
        )}
      </Tabs>
    </section>
  )
}

/** Pixels beyond which a mail is scrolled in its frame. */
const TALLEST = 720

/** A mail to look at, which nobody can follow a link of. */
function Html({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(0)
  useEffect(() => {
    const page = frame.current?.contentDocument
    if (!page) return
    page.replaceChild(page.adoptNode(styled(html)), page.documentElement)
    setHeight(Math.min(TALLEST, page.documentElement.scrollHeight))
  }, [html])
  return (
    <div className="beside-frame">
      <iframe
        ref={frame}
        inert
        title={t('admin.notices.preview.frame')}
        style={{ width: '100%', height }}
        // It runs nothing and leads nowhere; without its own origin its styles could not be put into it.
        sandbox="allow-same-origin"
      />
    </div>
  )
}

/** The start of an element. Text of a mail has no such sign of its own: it is escaped. */
const START = /<[a-z][^<>]*>/gi

/**
 * A mail's elements with their styles. The policy of this page allows no style that is written in markup, so that those
 * of its elements are set one by one, and its sheet bears the value that the policy allows.
 */
function styled(html: string): HTMLElement {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
  const allowed = html.replace(START, start =>
    start.replace(' style="', ' data-style="').replace(/^<style\b/, `<style nonce="${nonce}"`),
  )
  const { documentElement } = new DOMParser().parseFromString(allowed, 'text/html')
  for (const element of documentElement.querySelectorAll<HTMLElement>('[data-style]'))
    element.style.cssText = element.dataset.style ?? ''
  return documentElement
}
