import '../../parts/beside.css'
import './branding.css'
import { Field, Select } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { organization } from '../../api/queries.ts'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { languageName, languages, t } from '../../words.ts'
import { LookEditor } from './LookEditor.tsx'
import { DEFAULT, locales, saved } from './queries.ts'

/** The looks of the company's pages, for readers of one language, with the true pages beside them. */
export function BrandingPage() {
  const { locale = DEFAULT } = useSearch({ from: '/branding' })
  const navigate = useNavigate()
  const { data: company, error: companyError } = useQuery(organization)
  const id = company?.id as string | undefined
  const { data: others = [] } = useQuery({ ...locales(id ?? ''), enabled: id !== undefined })
  const { data: read, error: readError, refetch } = useQuery({ ...saved(id ?? '', locale), enabled: id !== undefined })
  const error = companyError ?? readError
  const offered = [...new Set<string>([...languages, ...others, locale])].filter(one => one !== DEFAULT)
  const choose = (value: string) =>
    void navigate({ to: '/branding', search: value === DEFAULT ? {} : { locale: value } })
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.branding.title')}</h1>
          <p>{t('admin.branding.lead')}</p>
          <LearnMore topic="customizing" />
        </div>
        <Field label={t('admin.branding.language')} hint={t('admin.branding.languageHint')}>
          <Select value={locale} onChange={(_, { value }) => choose(value)}>
            <option value={DEFAULT}>{t('admin.branding.everyLanguage')}</option>
            {offered.map(one => (
              <option key={one} value={one}>
                {languageName(one)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      {!read && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {id !== undefined && read && <LookEditor key={locale} id={id} locale={locale} newest={read} />}
    </div>
  )
}
