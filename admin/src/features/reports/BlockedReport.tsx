import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { StackedDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { sumOf } from '../../parts/resetFigures.ts'
import { country as countryName, dayOrHour, number, t } from '../../words.ts'
import { daysOf, queryOf } from './address.ts'
import { countriesOf, ofCountry } from './countries.ts'
import { Choice, Filters, useNarrow } from './Filters.tsx'
import { type SecurityDay, securityDays } from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { ReportCard } from './ReportCard.tsx'
import { useWhen } from './useWhen.ts'

/** Is somebody attacking, and from where? */
export function BlockedReport() {
  const search = useSearch({ from: '/reports/$report' })
  const narrow = useNarrow()
  const { first, last, isByHour } = daysOf(search)
  const { data, error, refetch } = useQuery(securityDays(queryOf(first, last, isByHour)))
  const countries = countriesOf(data ?? [])
  return (
    <>
      <Filters>
        {countries && countries.length > 0 && (
          <Choice
            label={t('admin.reports.filters.country')}
            all={t('admin.reports.filters.allCountries')}
            value={search.country}
            options={countries.flatMap(({ country }) => (country ? [[country, countryName(country)] as const] : []))}
            choose={country => narrow({ country })}
          />
        )}
      </Filters>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {data && <Blocked days={search.country ? data.map(one => ofCountry(one, search.country!)) : data} all={data} />}
    </>
  )
}

const counts = {
  signIns: (one: SecurityDay) => one.signInsBlocked,
  resets: (one: SecurityDay) => one.resetsBlocked,
  numbers: (one: SecurityDay) => one.phoneValidationsBlocked,
}
const blockedOf = (one: SecurityDay) => counts.signIns(one) + counts.resets(one) + counts.numbers(one)
const colors = {
  signIns: 'var(--chartBlocked)',
  resets: 'var(--chartOthers)',
  numbers: 'var(--chartRest)',
}
const inOrder = Object.keys(counts) as (keyof typeof counts)[]

function Blocked({ days, all }: { days: readonly SecurityDay[]; all: readonly SecurityDay[] }) {
  const { country: chosen } = useSearch({ from: '/reports/$report' })
  const whenColumn = useWhen()
  const total = sumOf(days, blockedOf)
  const peak = days.toSorted((one, other) => blockedOf(other) - blockedOf(one))[0]
  const countries = countriesOf(all)
  const series = inOrder
    // From where a reset was blocked is not counted.
    .filter(kind => !chosen || kind === 'signIns')
    .map(kind => ({ legend: t(`admin.reports.blockedAttempts.${kind}`), color: colors[kind], of: counts[kind] }))
  return (
    <>
      <p className="answer">
        {total === 0
          ? t('admin.reports.blockedAttempts.calm')
          : t('admin.reports.blockedAttempts.answer', { count: total })}
        {peak && blockedOf(peak) > 1 && days.length > 1 && (
          <span>
            {t('admin.reports.blockedAttempts.peak', { day: dayOrHour(peak.date), many: number(blockedOf(peak)) })}
          </span>
        )}
      </p>
      <ReportCard
        title={t('admin.reports.blockedAttempts.do')}
        file="blocked"
        columns={[
          whenColumn,
          ...series.map(({ legend, of }) => ({ heading: legend, of })),
          ...(chosen
            ? []
            : [
                {
                  heading: t('admin.reports.blockedAttempts.accounts'),
                  of: ({ distinctAccounts }: SecurityDay) => distinctAccounts,
                },
                {
                  heading: t('admin.reports.blockedAttempts.addresses'),
                  of: ({ distinctAddresses }: SecurityDay) => distinctAddresses,
                },
              ]),
        ]}
        rows={total === 0 ? [] : days}
      >
        <StackedDays
          sentence={t('admin.reports.blockedAttempts.sentence', {
            signIns: number(sumOf(days, counts.signIns)),
            resets: number(sumOf(days, counts.resets)),
            numbers: number(sumOf(days, counts.numbers)),
          })}
          rows={days}
          series={series}
        />
      </ReportCard>
      <div className="columns columns-even">
        {countries ? (
          <ReportCard
            title={t('admin.reports.blockedAttempts.countries')}
            file="blocked-countries"
            columns={[
              { heading: t('admin.reports.filters.country'), of: ({ country }) => nameOf(country) },
              { heading: t('admin.reports.signIns.failed'), of: ({ failed }) => failed },
              { heading: t('admin.reports.signIns.blocked'), of: ({ blocked }) => blocked },
            ]}
            rows={countries}
            note={t('admin.reports.blockedAttempts.guess')}
          >
            <Ranked
              ranks={countries.slice(0, 12).map(({ country, failed, blocked }) => ({
                id: String(country),
                label: nameOf(country),
                many: failed + blocked,
                color: 'var(--chartBlocked)',
              }))}
            />
          </ReportCard>
        ) : (
          <p className="card">{t('admin.reports.blockedAttempts.noPlaces')}</p>
        )}
      </div>
    </>
  )
}

const nameOf = (country: string | null) => (country === null ? t('admin.reports.unknownCountry') : countryName(country))
