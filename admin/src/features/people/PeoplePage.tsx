import { Button } from '@fluentui/react-components'
import { AddRegular, ArrowUploadRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { isActing } from '../../api/session.ts'
import { bulkActsFor } from '../../parts/bulkActs.ts'
import { useDraft } from '../../parts/drafts.ts'
import { ExportList } from '../../parts/ExportList.tsx'
import { FindBox } from '../../parts/FindBox.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { number, t } from '../../words.ts'
import { AddPerson } from './AddPerson.tsx'
import { type PeopleSearch, queryOf, readSearch, viewsFor } from './address.ts'
import { BulkBar } from './BulkBar.tsx'
import { PeopleFilters } from './PeopleFilters.tsx'
import { PeopleTable } from './PeopleTable.tsx'
import { counts, type Row } from './queries.ts'

/** What the file of a view has. */
const exported = (search: Partial<PeopleSearch>) => ({
  ...{ kind: 'usersExport', ...queryOf(search) },
  $select:
    'id,userPrincipalName,displayName,givenName,surname,jobTitle,department,officeLocation,mail,accountEnabled,createdDateTime',
})

/** Find anyone, see if they are all right, change them. */
export function PeoplePage() {
  const search = useSearch({ from: '/people' })
  const { person } = useParams({ strict: false }) as { person?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const mayReadStates = allowed?.value.includes('readiness.read') ?? false
  const [isAdding, setAdding] = useDraft('person add', false)
  // No relationship of a partner opens whether sign-in is on.
  const offered = viewsFor(allowed?.value ?? []).filter(
    view => !isActing() || (view !== 'cannotReset' && view !== 'off'),
  )
  const { data: many } = useQuery({ ...counts(offered), enabled: offered.length > 0 })
  const { ticked, tick, clear } = useTicks(JSON.stringify({ ...search, cols: [], sort: '' }))
  // Files of many rows are the company's own.
  const bulk = isActing() ? [] : bulkActsFor(allowed?.byRole ?? [], search.view === 'deleted')
  const go = (changes: Partial<Record<keyof PeopleSearch, unknown>>) =>
    void navigate({
      to: '/people',
      search: readSearch({ ...search, ...changes }),
      replace: ['q', 'department', 'office'].some(name => name in changes),
    })
  return (
    <div className={person ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <h1 tabIndex={-1}>{t('admin.people.title')}</h1>
          <div className="acts">
            {search.view !== 'deleted' && !isActing() && <ExportList name="people.csv" query={exported(search)} />}
            {allowed?.byRole.includes('blocks.lift') && !isActing() && (
              <Link to="/people/import" className="link-button">
                <ArrowUploadRegular className="picture" />
                {t('admin.people.import.open')}
              </Link>
            )}
            {allowed?.byRole.includes('users.create') && (
              <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
                {t('admin.people.add.open')}
              </Button>
            )}
          </div>
        </div>
        <Tabs
          label={t('admin.people.title')}
          value={search.view ?? 'everyone'}
          options={offered.map(view => [
            view,
            <>
              {t(`admin.people.views.${view}`)} <small>{many?.[view] !== undefined && number(many[view])}</small>
            </>,
          ])}
          choose={view => go({ view })}
        >
          <div className="filters">
            <FindBox q={search.q ?? ''} label={t('admin.people.find')} find={q => go({ q })} />
            {allowed && search.view !== 'deleted' && !isActing() && (
              <PeopleFilters search={search} withStates={mayReadStates} go={go} />
            )}
            {ticked.size > 0 && <BulkBar rows={[...ticked.values()]} offered={bulk} clear={clear} />}
          </div>
          {allowed && (
            <PeopleTable
              search={search}
              sort={sort => go({ sort })}
              open={person}
              withStates={mayReadStates}
              mayRestore={allowed.byRole.includes('users.restore')}
              ticks={bulk.length > 0 ? { ticked, tick } : undefined}
              clear={() => void navigate({ to: '/people', search: search.cols ? { cols: search.cols } : {} })}
            />
          )}
        </Tabs>
      </div>
      <Outlet />
      {isAdding && <AddPerson close={() => setAdding(false)} />}
    </div>
  )
}

/** Who was ticked in one list. Another list begins with nobody, or an act would reach people who are out of sight. */
function useTicks(list: string) {
  const [{ of, ticked }, set] = useState<{ of: string; ticked: ReadonlyMap<string, Row> }>({
    of: list,
    ticked: new Map(),
  })
  const current = of === list ? ticked : new Map<string, Row>()
  return {
    ticked: current,
    tick: (rows: readonly Row[], isOn: boolean) => {
      const next = new Map(current)
      for (const row of rows) isOn ? next.set(row.id, row) : next.delete(row.id)
      set({ of: list, ticked: next })
    },
    clear: () => set({ of: list, ticked: new Map() }),
  }
}
