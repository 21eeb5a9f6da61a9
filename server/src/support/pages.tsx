import type { ReactNode } from 'react'
import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Banner, Button, DefinitionList, Details, Form, Lead, Panel, SelectField } from '../pages/index.ts'
import { formatNumber } from '../typing/index.ts'
import type { Locale } from '../words/index.ts'
import { type Contact, type Hours, supportKinds, type Weekday, weekdays } from './contacts.ts'
import { closedSoon, hoursInZone, listed } from './hours.ts'
import type { Offer } from './pick.ts'
import type { Asked } from './routes.ts'

/** Whom to call or write to, when, and in which languages. */
export function supportPage(visit: Visit, asked: Asked): PageContent {
  const { t } = visit.locale
  const { country, offers } = asked
  const [first, ...others] = offers
  const names = namesIn(visit.locale)
  const isOwn = first && country !== undefined && first.contact.countries.includes(country)
  return {
    title: t('support.title'),
    scripts: ['zone'],
    children: (
      <>
        <Lead>{isOwn ? t('support.lead', { country: names.country(country) }) : t('support.leadAnywhere')}</Lead>
        {first ? <Answering visit={visit} asked={asked} offer={first} /> : <p>{t('support.nobody')}</p>}
        {others.length > 0 && (
          <Details summary={t('support.others', { count: others.length })}>
            {others.map(offer => (
              <Answering key={`${offer.contact.id}`} visit={visit} asked={asked} offer={offer} />
            ))}
          </Details>
        )}
        <Choice visit={visit} asked={asked} />
      </>
    ),
  }
}

/** One contact: whether somebody answers now, and how to reach them. */
function Answering({ visit, asked, offer }: { visit: Visit; asked: Asked; offer: Offer }) {
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

/** Another country, subject or language. It is asked by GET, so that the address can be kept and sent. */
function Choice({ visit, asked }: { visit: Visit; asked: Asked }) {
  const { locale, query, path } = visit
  const { t } = locale
  const names = namesIn(locale)
  const countries = [...asked.countries].sort((one, other) => locale.compare(names.country(one), names.country(other)))
  const languages = [...asked.languages].sort((a, b) => locale.compare(names.language(a), names.language(b)))
  const known = asked.country !== undefined && countries.includes(asked.country)
  const hidden = Object.fromEntries(
    ['zone', 'whr', 'username'].flatMap(name => (query[name] === undefined ? [] : [[name, query[name]]])),
  )
  return (
    <Panel title={t('support.choice.title')}>
      <Form method="get" action={path} hidden={hidden}>
        <SelectField
          name="country"
          autoComplete="country"
          label={t('support.choice.country')}
          value={known ? asked.country : NOWHERE}
          options={[
            ...countries.map(code => ({ value: code, label: names.country(code) })),
            { value: NOWHERE, label: t('support.choice.elsewhere') },
          ]}
        />
        <SelectField
          name="kind"
          label={t('support.choice.kind')}
          value={asked.kind}
          options={supportKinds.map(kind => ({ value: kind, label: t(`support.kind.${kind}`) }))}
        />
        <SelectField
          name="language"
          label={t('support.choice.language')}
          value={languages.includes(asked.language) ? asked.language : ''}
          required={false}
          options={[
            { value: '', label: t('support.choice.any') },
            ...languages.map(code => ({ value: code, label: names.language(code) })),
          ]}
        />
        <Actions>
          <Button kind="secondary">{t('support.choice.show')}</Button>
        </Actions>
      </Form>
    </Panel>
  )
}

/** The code of no country (ISO 3166): what serves every country is shown. */
const NOWHERE = 'ZZ'

/** Days, times, zones, languages and countries as the reader's language writes them. */
function namesIn(locale: Locale) {
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
