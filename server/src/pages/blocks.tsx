import type { ReactNode } from 'react'
import type { Locale } from '../words/index.ts'
import { Icon, type IconName } from './icons.tsx'

/** How something went. Each tone has its own icon shape as well as its colour. */
export type Tone = 'info' | 'success' | 'warning' | 'danger'

export interface BannerProps {
  tone: Tone
  title?: string | undefined
  children?: ReactNode | undefined
}

/** A message above the work of a page: an icon, words, and a colour that only repeats them. */
export function Banner({ tone, title, children }: BannerProps) {
  return (
    <div className={`banner banner-${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon name={tone} />
      <div className="banner-body">
        {title !== undefined && <p className="banner-title">{title}</p>}
        {children !== undefined && <div>{children}</div>}
      </div>
    </div>
  )
}

export interface PanelProps {
  title?: string | undefined
  /** A sentence under the title. */
  hint?: ReactNode | undefined
  /** A quiet act that concerns the whole panel, beside its title. */
  action?: ReactNode | undefined
  children: ReactNode
}

/** A part of a page with its own heading: a card on a wide page, a section of the card on a narrow page. */
export function Panel({ title, hint, action, children }: PanelProps) {
  return (
    <section className="panel">
      {(title !== undefined || action !== undefined) && (
        <div className="panel-head">
          <div>
            {title !== undefined && <h2>{title}</h2>}
            {hint !== undefined && <p className="hint">{hint}</p>}
          </div>
          {action}
        </div>
      )}
      {children}
    </section>
  )
}

/** The sentence under the heading that says what this page is for. */
export function Lead({ children }: { children: ReactNode }) {
  return <p className="lead">{children}</p>
}

/** A sentence of `locales/` with an element in the place of its variable: `say` puts in what it is given. */
export function Sentence({ say, children }: { say: (mark: string) => string; children: ReactNode }) {
  const [before, after] = say('\0').split('\0')
  return (
    <>
      {before}
      {after !== undefined && children}
      {after}
    </>
  )
}

/** A sentence about a masked number or address: its dots are for the eye, its words are read out. */
export function Masked({ locale: { t }, hint, say }: { locale: Locale; hint: string; say: (hint: string) => string }) {
  const [, digits] = /^•+(\d+)$/.exec(hint) ?? []
  const [, name, domain] = /^(.)•+@(.)•+$/u.exec(hint) ?? []
  const words =
    digits !== undefined
      ? t('methods.masked.number', { digits })
      : name && domain && t('methods.masked.address', { name, domain })
  return (
    <Sentence say={say}>
      <bdi dir="ltr" aria-hidden={words ? true : undefined}>
        {hint}
      </bdi>
      {words && <span className="visually-hidden">{words}</span>}
    </Sentence>
  )
}

/** Leads to the page of help about what happened. `say`: `how`, before anything has. */
export const HelpLink = ({ locale: { t }, to, say = 'what' }: { locale: Locale; to: string; say?: 'what' | 'how' }) => (
  <a href={`/help/${to}`}>{t(`help.${say}`)}</a>
)

/** A day; the script `times` tells it in the reader's own time zone. */
export function Day({ locale, at }: { locale: Locale; at: Date }) {
  return (
    <time className="day" dateTime={at.toISOString()}>
      {locale.day(at)}
    </time>
  )
}

/** Whose account this page is about. */
export function Identity({ name }: { name: string }) {
  return (
    <p className="identity">
      <Icon name="person" />
      <bdi>{name}</bdi>
    </p>
  )
}

export interface StepsProps {
  /** Which step this is, from 1. */
  current: number
  labels: readonly string[]
  /** The name of the list ("Progress") and the word for a step that lies behind ("Done"), for screen readers. */
  words: { list: string; done: string }
}

/** The current step in a journey of a few steps. */
export function Steps({ current, labels, words }: StepsProps) {
  return (
    <ol className="steps" aria-label={words.list}>
      {labels.map((label, index) => {
        const position = index + 1
        const state = position < current ? 'done' : position === current ? 'current' : 'ahead'
        return (
          <li key={label} className={`step step-${state}`} aria-current={state === 'current' ? 'step' : undefined}>
            <span className="step-label">
              {state === 'done' && <Icon name="check" />}
              {label}
              {state === 'done' && <span className="visually-hidden"> ({words.done})</span>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

export interface StepListItem {
  key: string
  state: 'done' | 'now' | 'waiting' | 'later'
  label: string
  /** The state in a word. */
  says: string
  hint?: ReactNode | undefined
}

/** Where one stands on a way of several days, the steps one below the other. */
export function StepList({ label, items }: { label: string; items: readonly StepListItem[] }) {
  const tones = { done: 'success', now: 'info', waiting: 'info', later: 'neutral' } as const
  return (
    <ol className="timeline" aria-label={label}>
      {items.map(({ key, state, label: title, says, hint }, place) => (
        <li
          key={key}
          className={`event event-${tones[state]}`}
          aria-current={state === 'now' || state === 'waiting' ? 'step' : undefined}
        >
          <span className="event-mark" aria-hidden="true">
            {state === 'done' ? <Icon name="check" /> : state === 'waiting' ? <Icon name="clock" /> : place + 1}
          </span>
          <div className="row-words">
            <span className="row-label">
              {title}
              <Badge tone={tones[state]} text={says} />
            </span>
            {hint !== undefined && <span className="row-hint">{hint}</span>}
          </div>
        </li>
      ))}
    </ol>
  )
}

/** Facts in pairs. */
export function DefinitionList({ items }: { items: readonly { term: string; description: ReactNode }[] }) {
  return (
    <dl className="definitions">
      {items.map(item => (
        <div key={item.term}>
          <dt>{item.term}</dt>
          <dd>{item.description}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Things one below the other, each with its explanation. */
export function TitledList({ items }: { items: readonly { title: string; detail: string }[] }) {
  return (
    <ul>
      {items.map(({ title, detail }) => (
        <li key={title}>
          <strong>{title}</strong>
          <br />
          {detail}
        </li>
      ))}
    </ul>
  )
}

/** Methods one below the other; its children are `MethodRow`s. */
export function MethodList({ children }: { children: ReactNode }) {
  return <ul className="methods">{children}</ul>
}

export interface MethodRowProps {
  icon: IconName
  label: string
  hint?: ReactNode | undefined
  badge?: BadgeProps | undefined
  /** A link or a small form. Its words must name the method for people who cannot see the row. */
  action?: ReactNode | undefined
  /** It stands only where the browser can have passkeys. */
  passkeyWay?: boolean | undefined
}

/** One way to prove who one is, its state, and what can be done about it. */
export function MethodRow({ icon, label, hint, badge, action, passkeyWay }: MethodRowProps) {
  return (
    <li className={passkeyWay ? 'method passkey-way' : 'method'}>
      <span className="tile">
        <Icon name={icon} />
      </span>
      <span className="row-words">
        <span className="row-label">
          {label}
          {badge && <Badge {...badge} />}
        </span>
        {hint !== undefined && <span className="row-hint">{hint}</span>}
      </span>
      {action !== undefined && <span className="row-action">{action}</span>}
    </li>
  )
}

export interface BadgeProps {
  tone: Tone | 'neutral'
  text: string
}

/** A state in a word or two. */
export function Badge({ tone, text }: BadgeProps) {
  return (
    <span className={`badge badge-${tone}`}>
      {tone !== 'neutral' && <Icon name={tone === 'success' ? 'check' : tone} />}
      {text}
    </span>
  )
}

/** An explanation that opens on demand ("Why am I seeing this?"). `open`: it is open at first. */
export function Details({ summary, open, children }: { summary: string; open?: boolean; children: ReactNode }) {
  return (
    <details className="details" open={open}>
      <summary>{summary}</summary>
      <div className="details-body">{children}</div>
    </details>
  )
}

export interface TimelineItem {
  /** The instant in ISO 8601, and how the reader's language writes it. */
  at: { iso: string; text: string }
  title: string
  detail?: ReactNode | undefined
  icon?: IconName | undefined
  tone?: Tone | undefined
  badge?: BadgeProps | undefined
  /** The action on the event. Its words must name the event for people who cannot see the row. */
  action?: ReactNode | undefined
}

/** Recent events, the newest first. */
export function Timeline({ items }: { items: readonly TimelineItem[] }) {
  return (
    <ol className="timeline">
      {items.map(item => (
        <li key={`${item.at.iso} ${item.title}`} className={`event event-${item.tone ?? 'neutral'}`}>
          <span className="event-mark">
            <Icon name={item.icon ?? (item.tone === undefined ? 'clock' : item.tone)} />
          </span>
          <div className="row-words">
            <span className="row-label">
              {item.title}
              {item.badge && <Badge {...item.badge} />}
            </span>
            {item.detail !== undefined && <span className="row-hint">{item.detail}</span>}
            <time className="row-hint" dateTime={item.at.iso}>
              {item.at.text}
            </time>
            {item.action !== undefined && <span className="row-action">{item.action}</span>}
          </div>
        </li>
      ))}
    </ol>
  )
}

export interface DataTableProps {
  caption: string
  captionHidden?: boolean | undefined
  columns: readonly string[]
  /** One cell for each column; the first names its row. */
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
}

/** Rows of facts. On a narrow screen each row becomes a block whose cells carry their column's name. */
export function DataTable({ caption, captionHidden, columns, rows }: DataTableProps) {
  // The roles repeat the meaning of the elements, which browsers drop where a style lays cells out as blocks.
  return (
    // biome-ignore lint/a11y/noRedundantRoles: see above
    <table className="table" role="table">
      <caption className={captionHidden ? 'visually-hidden' : undefined}>{caption}</caption>
      {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
      <thead role="rowgroup">
        {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
        <tr role="row">
          {columns.map(column => (
            // biome-ignore lint/a11y/noRedundantRoles: see above
            <th key={column} scope="col" role="columnheader">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      {/* biome-ignore lint/a11y/noRedundantRoles: see above */}
      <tbody role="rowgroup">
        {rows.map(row => (
          // biome-ignore lint/a11y/noRedundantRoles: see above
          <tr key={row.key} role="row">
            {row.cells.map((cell, index) =>
              index === 0 ? (
                // biome-ignore lint/a11y/noRedundantRoles: see above
                <th key={columns[index]} scope="row" role="rowheader">
                  {cell}
                </th>
              ) : (
                // biome-ignore lint/a11y/noRedundantRoles: see above
                <td key={columns[index]} role="cell" data-label={columns[index]}>
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Copies a value; it waits, hidden, for the script `copy`. */
export function CopyButton({ value, label, children }: { value: string; label: string; children: ReactNode }) {
  return (
    <button type="button" className="button button-link" data-copy={value} aria-label={label} hidden>
      {children}
    </button>
  )
}

export interface QrCodeProps {
  /** Modules on one side. */
  size: number
  /** Row by row, truthy where dark, as the package `qrcode` gives them. */
  modules: ArrayLike<number | boolean>
  /** What a person who cannot see the code hears; the page must offer the same content as text. */
  label: string
}

/** A QR code with the quiet margin of four modules that a camera needs. */
export function QrCode({ size, modules, label }: QrCodeProps) {
  const dark = Array.from({ length: size * size }, (_, index) => index).filter(index => modules[index])
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`-4 -4 ${size + 8} ${size + 8}`}
      shapeRendering="crispEdges"
    >
      <path
        fill="currentColor"
        d={dark.map(index => `M${index % size} ${Math.floor(index / size)}h1v1h-1z`).join('')}
      />
    </svg>
  )
}
