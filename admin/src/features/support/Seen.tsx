import { Field, Select } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { country, currentLanguage, exactly, languageName, languages, t } from '../../words.ts'
import { type Contact, type Kind, kinds } from './contacts.ts'
import { seen } from './queries.ts'

/** What somebody sees at `/support` now. `home`: the company's country; empty: none. */
export function Seen({ contacts, home }: { contacts: readonly Contact[]; home: string }) {
  const countries = [...new Set([home, ...contacts.flatMap(one => one.countries)])].filter(one => one && one !== '*')
  const [where, setWhere] = useState(home)
  const [kind, setKind] = useState<Kind>('technical')
  const [language, setLanguage] = useState<string>(currentLanguage())
  const spoken = [...new Set<string>([...languages, ...contacts.flatMap(one => one.languages)])]
  const { data, error, refetch } = useQuery(seen({ country: where, kind, language }))
  const [first, ...others] = data ?? []
  return (
    <section className="card asked" aria-labelledby="seen">
      <h2 id="seen">{t('admin.support.seen.title')}</h2>
      <Field label={t('admin.support.seen.country')}>
        <Select value={where} onChange={(_, { value }) => setWhere(value)}>
          <option value="">{t('admin.support.everyCountry')}</option>
          {countries.map(one => (
            <option key={one} value={one}>
              {country(one)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('admin.support.seen.kind')}>
        <Select value={kind} onChange={(_, { value }) => setKind(value as Kind)}>
          {kinds.map(one => (
            <option key={one} value={one}>
              {t(`admin.support.kinds.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t('admin.support.seen.language')}>
        <Select value={language} onChange={(_, { value }) => setLanguage(value)}>
          {spoken.map(one => (
            <option key={one} value={one}>
              {languageName(one)}
            </option>
          ))}
        </Select>
      </Field>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />)}
      {data && !first && <p role="status">{t('admin.support.seen.none')}</p>}
      {first && (
        <div className={first.open ? 'standing standing-good' : 'standing'} role="status">
          <h3>{stateOf(first)}</h3>
          {first.contact.phones?.map(({ number }) => (
            <p key={number}>{number}</p>
          ))}
          {first.contact.links?.map(({ kind, href }) => (
            <p key={href}>
              {t(`admin.support.links.${kind}`)} · {href.replace(/^(https:\/\/|mailto:)/, '')}
            </p>
          ))}
        </div>
      )}
      {others.length > 0 && <p className="note">{t('admin.support.seen.others', { count: others.length })}</p>}
    </section>
  )
}

/** Whether somebody answers, and until or from when. */
function stateOf({ open, changesAt, language }: { open: boolean; changesAt: string | null; language: string }): string {
  const words = { language: languageName(language), when: changesAt ? exactly(changesAt) : '' }
  if (open) return t(changesAt ? 'admin.support.seen.openUntil' : 'admin.support.seen.open', words)
  return changesAt ? t('admin.support.seen.closedUntil', words) : t('admin.support.seen.closed')
}
