import { Button, Field, Input } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Choice } from '../../parts/Choice.tsx'
import { ExportList } from '../../parts/ExportList.tsx'
import { FindBox } from '../../parts/FindBox.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { PartnerHead } from '../../parts/PartnerHead.tsx'
import { exactly, moment, t } from '../../words.ts'
import { type ActivitiesSearch, filterOf, type Kind, kinds, readActivitiesSearch } from './activitiesAddress.ts'
import { operationName } from './operations.ts'
import { type Activity, activities } from './queries.ts'

/** What the firm's people did as a partner, and what became of its customers. */
export function ActivitiesPage() {
  const search = readActivitiesSearch(useSearch({ strict: false }))
  const { activity: open } = useParams({ strict: false }) as { activity?: string }
  const navigate = useNavigate()
  const found = useInfiniteQuery(activities(search))
  const isNarrowed = Object.keys(search).length > 0
  const go = (next: ActivitiesSearch) => void navigate({ to: '/partner/activities', search: next, replace: true })
  const narrow = (changes: { [Name in keyof ActivitiesSearch]?: ActivitiesSearch[Name] | undefined }) =>
    go(readActivitiesSearch({ ...search, ...changes }))
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <PartnerHead page="activities" lead={t('admin.partner.activities.lead')}>
          <div className="acts">
            <ExportList name="activities.csv" query={{ kind: 'partnerActivityExport', ...filterOf(search) }} />
          </div>
        </PartnerHead>
        <div className="filters">
          {(['from', 'to'] as const).map(end => (
            <Field key={end} label={t(`admin.reports.filters.${end}`)}>
              <Input type="date" value={search[end] ?? ''} onChange={(_, { value }) => narrow({ [end]: value })} />
            </Field>
          ))}
          <Field label={t('admin.customers.facts.customer')}>
            <FindBox
              q={search.customer ?? ''}
              label={t('admin.partner.activities.customerBegins')}
              find={customer => narrow({ customer })}
            />
          </Field>
          <Field label={t('admin.logs.who')}>
            <FindBox q={search.who ?? ''} label={t('admin.logs.wholeName')} find={who => narrow({ who })} />
          </Field>
          <Choice
            label={t('admin.partner.activities.kind')}
            value={search.kind}
            options={kinds.map(kind => [kind, t(`admin.partner.kinds.${kind}`)])}
            choose={kind => narrow({ kind: kind as Kind | undefined })}
          />
          {isNarrowed && <Button onClick={() => go({})}>{t('admin.logs.clear')}</Button>}
        </div>
        <PagedTable
          label={t('admin.partner.titles.activities')}
          list={found}
          open={open}
          columns={[
            {
              title: t('admin.logs.activity'),
              cell: row => (
                <Link
                  to="/partner/activities/$activity"
                  params={{ activity: row.id }}
                  search={search}
                  className="two-lines"
                  id={`activity-${row.id}`}
                  {...(row.id === open && { 'aria-current': 'true' })}
                >
                  <b>{operationName(row.operationType ?? '')}</b>
                  <small>{row.customerName || row.customerId || t('admin.partner.activities.own')}</small>
                </Link>
              ),
            },
            { title: t('admin.logs.result'), cell: row => <Outcome activity={row} /> },
            {
              title: t('admin.logs.when'),
              cell: row => (
                <time dateTime={row.activityDateTime} title={exactly(row.activityDateTime)}>
                  {moment(row.activityDateTime)}
                </time>
              ),
            },
            { title: t('admin.logs.who'), cell: row => actorOf(row) },
          ]}
          empty={<p className="calm">{t(`admin.partner.activities.${isNarrowed ? 'noMatch' : 'none'}`)}</p>}
          foot={(shown, count) => t('admin.partner.activities.shown', { count, shown })}
        />
      </div>
      <Outlet />
    </div>
  )
}

/** Who did it: somebody of the firm or of the customer, or the program by itself. */
export const actorOf = ({ userDisplayName, userPrincipalName }: Activity): string =>
  userDisplayName ?? userPrincipalName ?? t('admin.partner.activities.bySystem')

export function Outcome({ activity: { operationStatus } }: { activity: Activity }) {
  const isGood = operationStatus === 'succeeded'
  return (
    <span className={`tag ${isGood ? 'tag-good' : 'tag-medium'}`}>
      {t(`admin.logs.results.${isGood ? 'success' : 'failure'}`)}
    </span>
  )
}
