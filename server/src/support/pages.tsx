import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Button, Details, Form, HelpLink, Lead, Panel, SelectField } from '../pages/index.ts'
import { Answering, namesIn } from './contactPages.tsx'
import { supportKinds } from './contacts.ts'
import type { Asked } from './wire.ts'

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
        <p className="hint">
          <HelpLink locale={visit.locale} to="cannot-sign-in" say="how" />
        </p>
      </>
    ),
  }
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
