import { Button, Field, Select, useRestoreFocusTarget } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { type CSSProperties, useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { isActing } from '../../api/session.ts'
import { BulkDialog } from '../../parts/BulkDialog.tsx'
import { bulkActs } from '../../parts/bulkActs.ts'
import { csvOf, saveFile } from '../../parts/csv.ts'
import { FindBox } from '../../parts/FindBox.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { type Column, PagedTable } from '../../parts/PagedTable.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { list, number, t } from '../../words.ts'
import { dayOf } from './address.ts'
import { useNarrow } from './Filters.tsx'
import { methodName, reasonName } from './names.ts'
import {
  type Department,
  type Detail,
  departments,
  everybodyToAsk,
  everybodyWhoCannotReset,
  type Narrowed,
  registrationDays,
  whoCannotReset,
} from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { ReportCard } from './ReportCard.tsx'

/** Who could not reset their password now, and why? */
export function CannotResetReport() {
  const today = dayOf(new Date())
  const { data, error, refetch } = useQuery(registrationDays(`date eq ${today}`))
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />
  return <WhyNot byRefusal={data.at(-1)?.byRefusal ?? {}} />
}

function WhyNot({ byRefusal }: { byRefusal: Record<string, number> }) {
  const reasons = Object.entries(byRefusal)
    .map(([code, many]) => ({ code, many }))
    .sort((one, other) => other.many - one.many)
  const total = reasons.reduce((sum, { many }) => sum + many, 0)
  return (
    <>
      <p className="answer">
        {total === 0
          ? t('admin.reports.cannotReset.everybody')
          : t('admin.reports.cannotReset.answer', { count: total })}
        {reasons[0] && <span>{t('admin.reports.cannotReset.most', { reason: reasonName(reasons[0].code) })}</span>}
      </p>
      <div className="stack">
        <ReportCard
          title={t('admin.reports.cannotReset.why')}
          file="cannot-reset"
          columns={[
            { heading: t('admin.reports.cannotReset.reason'), of: ({ code }) => reasonName(code) },
            { heading: t('admin.reports.signIns.code'), of: ({ code }) => code },
            { heading: t('admin.reports.cannotReset.people'), of: ({ many }) => many },
          ]}
          rows={reasons}
          note={t('admin.reports.cannotReset.present')}
        >
          <Ranked
            ranks={reasons.map(({ code, many }) => ({
              id: code,
              label: reasonName(code),
              many,
              color: 'var(--chartRefused)',
              note: code,
            }))}
          />
        </ReportCard>
        <Departments codes={reasons.map(({ code }) => code)} />
      </div>
      <Who reasons={reasons.map(({ code }) => code)} />
    </>
  )
}

/** How many reasons have a column of their own. */
const COLUMNS = 5

/** Where they are: a row for each department, a column for each reason, darker where more people are. */
function Departments({ codes }: { codes: readonly string[] }) {
  const { data, error, refetch } = useQuery(departments)
  const narrow = useNarrow()
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />
  const shown = codes.slice(0, COLUMNS)
  const lackingOf = ({ byRefusal }: Department) => Object.values(byRefusal).reduce((sum, many) => sum + many, 0)
  const rows = data.filter(one => lackingOf(one) > 0)
  const most = Math.max(1, ...rows.flatMap(({ byRefusal }) => shown.map(code => byRefusal[code] ?? 0)))
  return (
    <ReportCard
      title={t('admin.reports.cannotReset.where')}
      file="cannot-reset-departments"
      columns={[
        {
          heading: t('admin.reports.cannotReset.department'),
          of: ({ department }) => department ?? t('admin.reports.cannotReset.noDepartment'),
          show: ({ department }) =>
            department === null ? (
              t('admin.reports.cannotReset.noDepartment')
            ) : (
              <Button appearance="transparent" size="small" onClick={() => narrow({ department, refusal: undefined })}>
                {department}
              </Button>
            ),
        },
        ...shown.map(code => ({
          heading: reasonName(code),
          of: ({ byRefusal }: Department) => byRefusal[code] ?? 0,
          show: ({ byRefusal }: Department) => (
            <span className="heat" style={{ '--share': (byRefusal[code] ?? 0) / most } as CSSProperties}>
              {number(byRefusal[code] ?? 0)}
            </span>
          ),
        })),
        { heading: t('admin.reports.cannotReset.people'), of: lackingOf },
      ]}
      rows={rows}
    />
  )
}

/** The people themselves, to ask them. */
function Who({ reasons }: { reasons: readonly string[] }) {
  const { refusal, department } = useSearch({ from: '/reports/$report' })
  const narrow = useNarrow()
  const people = useInfiniteQuery(whoCannotReset({ refusal, department }))
  const opens = useRestoreFocusTarget()
  const { data: allowed } = useQuery(allowedActions)
  const mayAsk = allowed?.byRole.includes(bulkActs.announce.takes) && !isActing()
  const [isReading, setReading] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const count = people.data?.pages[0]?.count ?? 0
  const [error, setError] = useState<Error>()
  const save = async () => {
    setReading(true)
    setError(undefined)
    try {
      const heads = ['name', 'department', 'reason', 'methods'] as const
      const lines = (await everybodyWhoCannotReset({ refusal, department })).map(one => [
        one.userPrincipalName,
        one.department,
        one.refusal && reasonName(one.refusal),
        list(one.methodsRegistered.map(methodName)),
      ])
      saveFile(
        `cannot-reset-${dayOf(new Date())}.csv`,
        csvOf([heads.map(head => t(`admin.reports.cannotReset.${head}`)), ...lines]),
      )
    } catch (failed) {
      setError(failed as Error)
    } finally {
      setReading(false)
    }
  }
  const columns: Column<Detail>[] = [
    {
      title: t('admin.reports.cannotReset.name'),
      cell: ({ id, userDisplayName, userPrincipalName }) => (
        <Link to="/people/$person" params={{ person: id }} search={{ view: 'cannotReset' }} className="two-lines">
          <b>{userDisplayName}</b>
          <small>{userPrincipalName}</small>
        </Link>
      ),
    },
    { title: t('admin.reports.cannotReset.department'), cell: ({ department }) => department ?? '–' },
    { title: t('admin.reports.cannotReset.reason'), cell: ({ refusal }) => refusal && reasonName(refusal) },
    {
      title: t('admin.reports.cannotReset.methods'),
      cell: ({ methodsRegistered }) =>
        methodsRegistered.length === 0
          ? t('admin.reports.cannotReset.noMethods')
          : list(methodsRegistered.map(methodName)),
    },
  ]
  return (
    <section className="who" aria-labelledby="who">
      <div className="card-head">
        <h2 id="who">{t('admin.reports.cannotReset.who')}</h2>
        <div className="acts">
          {mayAsk && count > 0 && (
            <Button {...opens} size="small" onClick={() => setAsking(true)}>
              {t('admin.reports.cannotReset.ask')}
            </Button>
          )}
          <Button
            appearance="subtle"
            size="small"
            icon={<ArrowDownloadRegular />}
            disabledFocusable={isReading}
            onClick={() => void save()}
          >
            {t('admin.reports.export')}
          </Button>
        </div>
      </div>
      {isAsking && <AskToRegister narrowed={{ refusal, department }} count={count} close={() => setAsking(false)} />}
      {error && <Refused error={error} />}
      <div className="filters">
        <Field label={t('admin.reports.cannotReset.reason')}>
          <Select value={refusal ?? ''} onChange={(_, { value }) => narrow({ refusal: value || undefined })}>
            <option value="">{t('admin.reports.cannotReset.allReasons')}</option>
            {reasons.map(code => (
              <option key={code} value={code}>
                {reasonName(code)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t('admin.reports.cannotReset.department')}>
          <FindBox
            q={department ?? ''}
            label={t('admin.reports.cannotReset.departmentBegins')}
            find={q => narrow({ department: q.trim() || undefined })}
          />
        </Field>
      </div>
      <PagedTable
        label={t('admin.reports.cannotReset.who')}
        columns={columns}
        list={people}
        open={undefined}
        empty={<p className="calm">{t('admin.reports.cannotReset.nobody')}</p>}
        foot={(shown, count) => t('admin.reports.cannotReset.shown', { shown, count })}
      />
    </section>
  )
}

interface ToAsk {
  narrowed: Narrowed
  /** How many they are, as the list says: they are read while the dialog is open. */
  count: number
  close: () => void
}

function AskToRegister({ narrowed, count, close }: ToAsk) {
  const { data, error, refetch } = useQuery(everybodyToAsk(narrowed))
  return (
    <BulkDialog
      name="announce"
      rows={data}
      count={count}
      unread={error}
      readAgain={() => void refetch()}
      close={close}
    />
  )
}
