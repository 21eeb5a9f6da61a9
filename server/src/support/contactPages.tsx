import type { ReactNode } from 'react'
import type { Visit } from '../http/index.ts'
import { Banner, DefinitionList } from '../pages/index.ts'
import { formatNumber } from '../typing/index.ts'
import type { Locale } from '../words/index.ts'
import { type Contact, type Hours, type Weekday, weekdays } from './contacts.ts'
import { closedSoon, hoursInZone, listed } from './hours.ts'
import type { Offer } from './pick.ts'
import type { Asked } from './wire.ts'

/** One contact: whether somebody answers now, and how to reach them. */
export function Answering({ visit, asked, offer }: { visit: Visit; asked: Asked; offer: Offer }) {
  const { locale, act } = visit
  const { t } = locale
  const { contact, open, changesAt, openIn, language } = offer
  const names = namesIn(locale)
  const other = openIn.filter(one => one !== language)
  const time = changesAt && names.moment(changesAt, asked.zone)
  const state = open
    ? t(time ? 'support.openUntil' : 'support.open', { time, language: names.language(language) })
    : time
      ? t('support.closedUntil', { time, language: names.language(language) })
      : t('support.closed')
  const closed = closedSoon(contact, act.now)
  const note = contact.notes?.[locale.language] ?? contact.notes?.en
  const items: { term: string; description: ReactNode }[] = [
    ...(contact.phones ? [{ term: t('support.phone'), description: <Phones visit={visit} contact={contact} /> }] : []),
    ...(contact.links ? [{ term: t('support.online'), description: <Links visit={visit} contact={contact} /> }] : []),
    { term: t('support.languages'), description: locale.list(contact.languages.map(names.language)) },
    ...hoursOf(visit, asked, contact),
    ...(closed.length > 0
      ? [{ term: t('support.closedOn'), description: locale.list(closed.map(date => locale.day(new Date(date)))) }]
      : []),
    ...(note === undefined ? [] : [{ term: t('support.note'), description: <bdi>{note}</bdi> }]),
  ]
  return (
    <>
      <Banner tone={open ? 'success' : 'info'}>
        <p>{state}</p>
        {!open && other.length > 0 && (
          <p>{t('support.openIn', { languages: locale.list(other.map(names.language)) })}</p>
        )}
      </Banner>
      <DefinitionList items={items} />
    </>
  )
}

function Phones({ visit: { locale }, contact }: { visit: Visit; contact: Contact }) {
  return (contact.phones ?? []).map(({ number, tollFree, from }) => (
    <div key={number}>
      <a href={`tel:${number}`} dir="ltr">
        {formatNumber(number)}
      </a>
      {tollFree && <div className="hint">{locale.t('support.tollFree')}</div>}
      {from === 'country' && <div className="hint">{locale.t('support.fromCountry')}</div>}
    </div>
  ))
}

function Links({ visit: { locale }, contact }: { visit: Visit; contact: Contact }) {
  return (contact.links ?? []).map(({ kind, href }) => (
    <div key={href}>
      <a href={href}>{locale.t(`support.link.${kind}`)}</a>
    </div>
  ))
}

/** The hours by the contact's clock, and by the reader's where it shows another time. */
function hoursOf({ locale, act }: Visit, { zone }: Asked, contact: Contact) {
  const { t } = locale
  const names = namesIn(locale)
  if (contact.hours === 'always') return [{ term: t('support.hours'), description: t('support.always') }]
  const own = listed(contact)
  const readers = hoursInZone(contact, zone, act.now)
  const row = (term: string, hours: readonly Hours[]) => ({
    term,
    description: hours.map(one => (
      <div key={JSON.stringify(one)}>
        {names.hours(one)}
        {one.languages && <div className="hint">{locale.list(one.languages.map(names.language))}</div>}
      </div>
    )),
  })
  return [
    row(t('support.hoursIn', { zone: names.zone(contact.zone, act.now) }), own),
    ...(sameTimes(own, readers) ? [] : [row(t('support.hoursIn', { zone: names.zone(zone, act.now) }), readers)]),
  ]
}

const sameTimes = (one: readonly Hours[], other: readonly Hours[]) => {
  const told = (all: readonly Hours[]) =>
    JSON.stringify(
      all.map(({ days, from, to }) => [weekdays.filter(day => days.includes(day)), from, to.replace('24:', '00:')]),
    )
  return told(one) === told(other)
}

/** Days, times, zones, languages and countries as the reader's language writes them. */
export function namesIn(locale: Locale) {
  const { language, t } = locale
  const written = language === 'en' ? 'en-GB' : language
  const tongues = new Intl.DisplayNames([language], { type: 'language' })
  const name = (day: Weekday) => weekdayNames(written)[weekdays.indexOf(day)]!
  return {
    country: locale.country,
    language: (tag: string) => tongues.of(tag) ?? tag,
    zone(zone: string, now: Date): string {
      if (zone === 'UTC') return zone
      const format = new Intl.DateTimeFormat(written, { timeZone: zone, timeZoneName: 'longGeneric' })
      return format.formatToParts(now).find(({ type }) => type === 'timeZoneName')?.value ?? zone
    },
    moment: (moment: Date, timeZone: string) =>
      new Intl.DateTimeFormat(written, {
        ...{ timeZone, weekday: 'long', day: 'numeric', month: 'long' },
        ...{ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' },
      }).format(moment),
    hours({ days, from, to }: Hours): string {
      const sorted = weekdays.filter(day => days.includes(day))
      const [first, last] = [sorted[0]!, sorted.at(-1)!]
      const isRange = sorted.length > 2 && weekdays.indexOf(last) - weekdays.indexOf(first) === sorted.length - 1
      const on =
        sorted.length === weekdays.length
          ? t('support.everyDay')
          : isRange
            ? t('support.days', { from: name(first), to: name(last) })
            : locale.list(sorted.map(name))
      return t('support.times', { days: on, from, to })
    },
  }
}

const weekdayNames = (language: string) => {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  return weekdays.map((_day, place) => format.format(new Date(Date.UTC(2024, 0, 1 + place)))) // a Monday
}
