import { useEffect, useId, useRef, useState } from 'react'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { decimal, t } from '../../words.ts'
import type { preview } from './queries.ts'

type Tried = Awaited<ReturnType<NonNullable<ReturnType<typeof preview>['queryFn']>>>

/** The widths of a computer's and a phone's screen, in pixels of the page. */
const WIDTHS = { desktop: 1024, phone: 360 } as const
const HEIGHT = 720

type Scheme = 'light' | 'dark'

interface Shown {
  tried: Tried | undefined
  error: Error | null
  /** What was typed does not fit, so that an older state is shown. */
  isWaiting: boolean
}

/** The true pages with looks that nobody has saved yet, and whether the colour can be read. */
export function Preview({ tried, error, isWaiting }: Shown) {
  const [page, setPage] = useState<'signIn' | 'reset'>('signIn')
  const [scheme, setScheme] = useState<Scheme>('light')
  const [width, setWidth] = useState<keyof typeof WIDTHS>('desktop')
  const shown = useId()
  return (
    <section className="card asked beside-preview" aria-labelledby="preview">
      <h2 id="preview">{t('admin.branding.preview.title')}</h2>
      <div className="beside-choices">
        <Tabs
          isSmall
          changes={shown}
          label={t('admin.branding.preview.page')}
          value={page}
          options={[
            ['signIn', t('admin.branding.preview.signIn')],
            ['reset', t('admin.branding.preview.reset')],
          ]}
          choose={setPage}
        />
        <Tabs
          isSmall
          changes={shown}
          label={t('admin.branding.preview.scheme')}
          value={scheme}
          options={[
            ['light', t('admin.branding.preview.light')],
            ['dark', t('admin.branding.preview.dark')],
          ]}
          choose={setScheme}
        />
        <Tabs
          isSmall
          changes={shown}
          label={t('admin.branding.preview.width')}
          value={width}
          options={[
            ['desktop', t('admin.branding.preview.desktop')],
            ['phone', t('admin.branding.preview.phone')],
          ]}
          choose={setWidth}
        />
      </div>
      <div id={shown} className="asked">
        {error && <Refused error={error} />}
        <p role="status" className="calm-line">
          {isWaiting && t('admin.branding.preview.waiting')}
        </p>
        {!tried && !error && <Loading rows={6} />}
        {tried && (
          <>
            <Frame address={tried[page]} scheme={scheme} width={WIDTHS[width]} />
            <Readability of={tried.readability} />
          </>
        )}
      </div>
    </section>
  )
}

/** A page to look at, which nobody can send from. It is drawn as wide as a screen and made as small as the place is. */
function Frame({ address, scheme, width }: { address: string; scheme: Scheme; width: number }) {
  const place = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(0)
  useEffect(() => {
    const sizes = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width))
    sizes.observe(place.current!)
    return () => sizes.disconnect()
  }, [])
  const scale = Math.min(1, room / width)
  return (
    <div ref={place} className="beside-frame" style={{ height: HEIGHT * scale }}>
      {room > 0 && (
        <iframe
          key={scheme}
          inert
          title={t('admin.branding.preview.frame')}
          src={address}
          style={{ width, height: HEIGHT, transform: `scale(${scale})` }}
          onLoad={({ currentTarget }) => showIn(scheme, currentTarget.contentDocument)}
        />
      )}
    </div>
  )
}

/** A browser tells a page the scheme of its reader alone: the page's rules for the other one are turned on here. */
function showIn(scheme: Scheme, page: Document | null) {
  for (const sheet of page?.styleSheets ?? [])
    for (const rule of rulesOf(sheet))
      if ('media' in rule) {
        const media = rule.media as MediaList
        media.mediaText = media.mediaText.replace(/\(prefers-color-scheme: (light|dark)\)/g, (_, one) =>
          one === scheme ? '(min-width: 0)' : '(max-width: 0)',
        )
      }
  if (page) page.documentElement.style.colorScheme = scheme
}

/** The rules of a sheet; none of one that did not come. */
function rulesOf(sheet: CSSStyleSheet): CSSRule[] {
  try {
    return [...sheet.cssRules]
  } catch {
    return []
  }
}

/** What becomes of the colour where words stand on it or are written in it. */
function Readability({ of }: { of: Tried['readability'] }) {
  return (
    <div>
      <h3>{t('admin.branding.contrast.title')}</h3>
      <p>{t(of.every(({ kept }) => kept) ? 'admin.branding.contrast.fine' : 'admin.branding.contrast.moved')}</p>
      <dl className="facts">
        {of.map(({ part, scheme, shown, against, ratio, kept }) => (
          <div key={part + scheme}>
            <dt>{t(`admin.branding.contrast.${part}.${scheme}`)}</dt>
            <dd>
              <span
                className="branding-sample"
                aria-hidden
                style={
                  part === 'button' ? { background: shown, color: against } : { background: against, color: shown }
                }
              >
                Aa
              </span>{' '}
              {t(kept ? 'admin.branding.contrast.kept' : 'admin.branding.contrast.shifted', {
                shown,
                ratio: decimal(ratio),
              })}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
