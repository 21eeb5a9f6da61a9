import './policies.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { policies } from '../../parts/policyQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { WhoDeleted } from '../../parts/WhoDeleted.tsx'
import { number, t } from '../../words.ts'
import { EffectCard } from './EffectCard.tsx'
import { OnPremises } from './OnPremises.tsx'
import { peopleOf, policySource } from './queries.ts'
import { SaveBar } from './SaveBar.tsx'
import { Settings } from './Settings.tsx'
import { type ResetTab, resetTabs, shownOn } from './settings.ts'
import { useEditor } from './useEditor.ts'

const tabs = Object.keys(resetTabs) as ResetTab[]

/** A reset policy in six pages; what was changed on one stays while another is read. */
export function PolicyPage() {
  const { policy: id } = useParams({ from: '/password-reset/policies/$policy/$tab' })
  return <Policy key={id} id={id} />
}

function Policy({ id }: { id: string }) {
  const { tab: asked } = useParams({ from: '/password-reset/policies/$policy/$tab' })
  const tab = tabs.find(one => one === asked) ?? 'who'
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const { data: all } = useQuery(policies)
  const editor = useEditor(policySource(id))
  const may = new Set(allowed?.value)
  const mayCount = may.has('reports.read')
  const isReadOnly = !may.has('resetPolicies.write')
  const isDefault = all?.find(one => one.id === id)?.isDefault ?? false
  const { values, before, readError, again, changes } = editor
  const path = `/password-reset/policies/${id}/`
  if (!values && readError instanceof Problem && readError.status === 404) return <Gone id={id} />
  return (
    <div className="page">
      <Crumbs />
      <div className="head">
        <div>
          <h1 tabIndex={-1}>
            {isDefault ? t('admin.policies.everyone') : (before?.displayName ?? t('admin.policies.title'))}{' '}
            {isDefault && <span className="tag">{t('admin.policies.default')}</span>}
          </h1>
          {mayCount && <Reach id={id} />}
          {isReadOnly && allowed && <p className="calm">{t('admin.policies.readOnly')}</p>}
        </div>
      </div>
      <Tabs
        label={t('admin.policies.title')}
        value={tab}
        options={tabs.map(one => [one, t(`admin.policies.tabs.${one}`)])}
        choose={one =>
          void navigate({
            to: '/password-reset/policies/$policy/$tab',
            params: { policy: id, tab: one },
            resetScroll: false,
          })
        }
      >
        {readError && <Refused error={readError} again={again} />}
        {!values && !readError && <Loading rows={5} />}
        {values && all && (
          <div className="columns">
            <div className="settings">
              {tab === 'onPremises' && <OnPremises />}
              <Settings
                editor={editor}
                names={shownOn(tab, values, isDefault)}
                isReadOnly={isReadOnly}
                mayCount={mayCount}
              />
            </div>
            {editor.count > 0 && <EffectCard preview={editor.preview} mayCount={mayCount} />}
          </div>
        )}
      </Tabs>
      <SaveBar
        editor={editor}
        id={id}
        path={path}
        safer={
          before?.registrationRequired || 'registrationRequired' in changes
            ? undefined
            : {
                words: t('admin.policies.loss.registerFirst'),
                take: () => {
                  editor.discard()
                  editor.set('registrationRequired', true)
                },
              }
        }
      />
    </div>
  )
}

/** An address that still leads to a policy that is deleted. */
function Gone({ id }: { id: string }) {
  return (
    <div className="page">
      <Crumbs />
      <h1 tabIndex={-1}>{t('admin.policies.gone')}</h1>
      <WhoDeleted id={id} activity="policy.deleted" />
    </div>
  )
}

const Crumbs = () => (
  <nav className="crumbs" aria-label={t('admin.policies.crumbs')}>
    <Link to="/password-reset/policies">{t('admin.policies.title')}</Link>
  </nav>
)

/** How many people the policy holds for. */
function Reach({ id }: { id: string }) {
  const { data: own } = useQuery(peopleOf(id))
  const { data: everybody } = useQuery(peopleOf())
  if (own === undefined || everybody === undefined) return null
  return <p>{t('admin.policies.holdsFor', { count: own, people: number(everybody) })}</p>
}
