import '../../parts/beside.css'
import { Field, Select } from '@fluentui/react-components'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions, organization } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { SwitchAtOnce } from '../../parts/SwitchAtOnce.tsx'
import { currentLanguage, type Language, languageName, languages, t } from '../../words.ts'
import { isKind, type Kind } from './kinds.ts'
import { NoticeWords } from './NoticeWords.tsx'
import { type Notice, notices, turn } from './queries.ts'

/** One kind of notice: whether it is sent, and the company's own words in it, beside the mail that they make. */
export function NoticePage() {
  const { notice: kind } = useParams({ from: '/notices/$notice' })
  const { language = currentLanguage() } = useSearch({ from: '/notices/$notice' })
  const navigate = useNavigate()
  const { data: company, error: companyError } = useQuery(organization)
  const id = company?.id as string | undefined
  const { data, error: readError, refetch } = useQuery({ ...notices(id ?? ''), enabled: id !== undefined })
  const { data: allowed } = useQuery(allowedActions)
  const may = (action: string) => allowed?.value.includes(action) ?? false
  // Counts what was saved or thrown away: the form begins anew from what holds then.
  const [round, setRound] = useState(0)
  const [isSaved, setSaved] = useState(false)
  const error = companyError ?? readError
  const notice = data?.find(one => one.id === kind)
  const isKnown = isKind(kind) && !(data && !notice)
  return (
    <div className="page">
      <nav className="crumbs" aria-label={t('admin.notices.crumbs')}>
        <Link to="/notices">{t('admin.notices.title')}</Link>
      </nav>
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{isKind(kind) ? t(`admin.notices.kinds.${kind}.name`) : t('admin.notices.title')}</h1>
          <p>{isKnown ? t(`admin.notices.kinds.${kind}.when`) : t('admin.notices.unknown')}</p>
        </div>
        {isKnown && (
          <Field label={t('admin.notices.language')}>
            <Select
              value={language}
              onChange={(_, { value }) => {
                setSaved(false)
                void navigate({
                  to: '/notices/$notice',
                  params: { notice: kind },
                  search: { language: value as Language },
                })
              }}
            >
              {languages.map(one => (
                <option key={one} value={one}>
                  {languageName(one)}
                </option>
              ))}
            </Select>
          </Field>
        )}
      </div>
      {isKnown && !notice && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {id !== undefined && isKnown && notice && (
        <>
          <Sent place={{ id, kind }} notice={notice} mayTurn={may('resetPolicies.write')} />
          {may('branding.write') ? (
            <NoticeWords
              key={`${kind} ${language} ${round}`}
              {...{ place: { id, kind }, notice, language }}
              began={() => setSaved(false)}
              done={how => {
                setRound(round + 1)
                setSaved(how === 'saved')
              }}
            />
          ) : (
            allowed && <p className="calm-line">{t('admin.notices.readOnly')}</p>
          )}
          <p className="good" role="status">
            {isSaved && t('admin.notices.saved')}
          </p>
        </>
      )}
    </div>
  )
}

interface Shown {
  place: { id: string; kind: Kind }
  notice: Notice
  mayTurn: boolean
}

/** Whether a notice is sent. What protects an account has no switch, and says why. */
function Sent({ place, notice, mayTurn }: Shown) {
  const queries = useQueryClient()
  if (!notice.canBeOff) return <p>{t('admin.notices.alwaysSent')}</p>
  if (!mayTurn) return <p>{t(notice.isOn ? 'admin.notices.isSent' : 'admin.notices.isNotSent')}</p>
  return (
    <SwitchAtOnce
      label={t('admin.notices.switch')}
      isOn={notice.isOn}
      turn={isOn => turn(place, { isOn, etag: notice['@odata.etag'] })}
      reread={() => queries.invalidateQueries({ queryKey: ['notices'] })}
    />
  )
}
