import { Button, Tab, TabList } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { useDraft } from '../../parts/drafts.ts'
import { FindBox } from '../../parts/FindBox.tsx'
import { t } from '../../words.ts'
import { AddPerson } from './AddPerson.tsx'
import { type PeopleSearch, views, viewsOfStates } from './address.ts'
import { BulkBar } from './BulkBar.tsx'
import { bulkActsFor } from './bulkActs.ts'
import { ExportPeople } from './ExportPeople.tsx'
import { PeopleTable } from './PeopleTable.tsx'
import type { Row } from './queries.ts'

/** Find anyone, see if they are all right, change them. */
export function PeoplePage() {
  const search = useSearch({ from: '/people' })
  const { person } = useParams({ strict: false }) as { person?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const mayReadStates = allowed?.value.includes('readiness.read') ?? false
  const [isAdding, setAdding] = useDraft('person add', false)
  const offered = views.filter(view => mayReadStates || !viewsOfStates.includes(view))
  const { ticked, tick, clear } = useTicks(`${search.view} ${search.q}`)
  const bulk = bulkActsFor(allowed?.byRole ?? [], search.view === 'deleted')
  const go = (changes: Partial<PeopleSearch>) =>
    void navigate({ to: '/people', search: { ...search, ...changes }, replace: 'q' in changes })
  return (
    <div className={person ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <h1 tabIndex={-1}>{t('admin.people.title')}</h1>
          <div className="acts">
            {search.view !== 'deleted' && <ExportPeople search={search} />}
            {allowed?.byRole.includes('blocks.lift') && (
              <Link to="/people/import">{t('admin.people.import.open')}</Link>
            )}
            {allowed?.byRole.includes('users.create') && (
              <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
                {t('admin.people.add.open')}
              </Button>
            )}
          </div>
        </div>
        <TabList
          className="tabs"
          selectedValue={search.view ?? 'everyone'}
          onTabSelect={(_, { value }) => go({ view: value as PeopleSearch['view'] })}
        >
          {offered.map(view => (
            <Tab key={view} value={view}>
              {t(`admin.people.views.${view}`)}
            </Tab>
          ))}
        </TabList>
        <div className="filters">
          <FindBox q={search.q ?? ''} label={t('admin.people.find')} find={q => go({ q })} />
          {ticked.size > 0 && <BulkBar rows={[...ticked.values()]} offered={bulk} clear={clear} />}
        </div>
        {allowed && (
          <PeopleTable
            search={search}
            open={person}
            withStates={mayReadStates}
            mayRestore={allowed.byRole.includes('users.restore')}
            ticks={bulk.length > 0 ? { ticked, tick } : undefined}
            clear={() => go({ q: '', view: 'everyone' })}
          />
        )}
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
