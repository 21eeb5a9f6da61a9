import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { StackedDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { sumOf } from '../../parts/resetFigures.ts'
import { country as countryName, exactly, moment, money, number, percent, t } from '../../words.ts'
import { daysOf, queryOf } from './address.ts'
import { Choice, Filters, useNarrow } from './Filters.tsx'
import { channelsOf, costsOf, daysOfMessages, lastFailedOf, reasonsOf, waysOf } from './messageFigures.ts'
import { type MessageDay, messageDays } from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { type Column, ReportCard } from './ReportCard.tsx'
import { useWhen } from './useWhen.ts'

/** Do codes arrive, and what do they cost? */
export function MessagesReport() {
  const search = useSearch({ from: '/reports/$report' })
  const narrow = useNarrow()
  const { first, last, isByHour } = daysOf(search)
  const { data, error, refetch } = useQuery(messageDays(queryOf(first, last, isByHour)))
  const countries = [...new Set((data ?? []).flatMap(({ country }) => country ?? []))].sort()
  return (
    <>
      <Filters>
        <Choice
          label={t('admin.reports.messages.channel')}
          all={t('admin.reports.messages.allChannels')}
          value={search.channel}
          options={channelsOf(data ?? []).map(channel => [channel, channelName(channel)])}
          choose={channel => narrow({ channel })}
        />
        {countries.length > 0 && (
          <Choice
            label={t('admin.reports.filters.country')}
            all={t('admin.reports.filters.allCountries')}
            value={search.country}
            options={countries.map(country => [country, countryName(country)])}
            choose={country => narrow({ country })}
          />
        )}
      </Filters>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {data && (
        <Messages
          rows={data.filter(
            row =>
              (!search.channel || row.channel === search.channel) &&
              (!search.country || row.country === search.country),
          )}
        />
      )}
    </>
  )
}

function Messages({ rows }: { rows: readonly MessageDay[] }) {
  const { first, last, isByHour } = daysOf(useSearch({ from: '/reports/$report' }))
  const whenColumn = useWhen()
  const sent = sumOf(rows, row => row.sent)
  const delivered = sumOf(rows, row => row.delivered)
  const costs = costsOf(rows)
  const days = daysOfMessages(rows, { first, last, isByHour })
  const ways = waysOf(rows)
  const lastFailed = lastFailedOf(ways)
  const reasons = reasonsOf(rows)
  const series = [
    {
      legend: t('admin.reports.messages.delivered'),
      color: 'var(--chartBackIn)',
      of: (one: (typeof days)[number]) => one.delivered,
    },
    {
      legend: t('admin.reports.messages.failed'),
      color: 'var(--chartBlocked)',
      of: (one: (typeof days)[number]) => one.failed,
    },
  ]
  const columns: Column<(typeof days)[number]>[] = [
    whenColumn,
    ...series.map(({ legend, of }) => ({ heading: legend, of })),
    ...Object.keys(costs).map(currency => ({
      heading: currency,
      of: (one: (typeof days)[number]) => one.costs[currency] ?? 0,
      show: (one: (typeof days)[number]) => money(one.costs[currency] ?? 0, currency),
    })),
  ]
  return (
    <>
      {sent > 0 && (
        <p className="answer">
          {t('admin.reports.messages.answer', { share: percent(delivered / sent) })}
          {reasons[0] && <span>{t('admin.reports.messages.most', { reason: reasons[0].reason })}</span>}
          {lastFailed && (
            <span>
              {t(`admin.reports.messages.last.${lastFailed.gateway ? 'gateway' : 'channel'}`, {
                gateway: lastFailed.gateway,
                channel: channelName(lastFailed.channel),
                when: exactly(lastFailed.lastFailed),
              })}
            </span>
          )}
        </p>
      )}
      <dl className="tiles">
        <div>
          <dt>{t('admin.reports.messages.sent')}</dt>
          <dd>{number(sent)}</dd>
        </div>
        <div>
          <dt>{t('admin.reports.messages.delivered')}</dt>
          <dd>{number(delivered)}</dd>
        </div>
        <div>
          <dt>{t('admin.reports.messages.failed')}</dt>
          <dd>{number(sent - delivered)}</dd>
        </div>
        {Object.entries(costs).map(([currency, cost]) => (
          <div key={currency}>
            <dt>{t('admin.reports.messages.cost')}</dt>
            <dd>{money(cost, currency)}</dd>
          </div>
        ))}
      </dl>
      <ReportCard
        title={t('admin.reports.messages.do')}
        file="messages"
        columns={columns}
        rows={sent === 0 ? [] : days}
        note={t('admin.reports.messages.taken')}
      >
        <StackedDays
          rows={days}
          series={series}
          sentence={t('admin.reports.messages.sentence', {
            delivered: number(delivered),
            failed: number(sent - delivered),
          })}
        />
      </ReportCard>
      <div className="columns columns-even">
        <ReportCard
          title={t('admin.reports.messages.ways')}
          file="messages-gateways"
          columns={[
            { heading: t('admin.reports.messages.channel'), of: ({ channel }) => channelName(channel) },
            { heading: t('admin.reports.messages.gateway'), of: ({ gateway }) => gateway },
            {
              heading: t('admin.reports.filters.country'),
              of: ({ country }) => (country ? countryName(country) : null),
            },
            { heading: t('admin.reports.messages.sent'), of: row => row.sent },
            {
              heading: t('admin.reports.messages.share'),
              of: row => Math.round((row.delivered / row.sent) * 100) / 100,
              show: row => percent(row.delivered / row.sent),
            },
            {
              heading: t('admin.reports.messages.lastFailed'),
              of: ({ lastFailed }) => lastFailed,
              show: ({ lastFailed }) => (lastFailed ? moment(lastFailed) : '–'),
            },
            ...Object.keys(costs).map(currency => ({
              heading: currency,
              of: (row: (typeof ways)[number]) => row.costs[currency] ?? 0,
              show: (row: (typeof ways)[number]) => money(row.costs[currency] ?? 0, currency),
            })),
          ]}
          rows={ways}
          {...(Object.keys(costs).length === 0 && { note: t('admin.reports.messages.noCost') })}
        />
        <ReportCard
          title={t('admin.reports.messages.why')}
          file="messages-failed"
          columns={[
            { heading: t('admin.reports.resets.reason'), of: ({ reason }) => reason },
            { heading: t('admin.reports.messages.failed'), of: ({ many }) => many },
          ]}
          rows={reasons}
        >
          <Ranked
            ranks={reasons.map(({ reason, many }) => ({
              id: reason,
              label: reason,
              many,
              color: 'var(--chartBlocked)',
            }))}
          />
        </ReportCard>
      </div>
    </>
  )
}

const channelName = (channel: string) => t(`admin.reports.messages.channels.${channel as 'email' | 'sms' | 'voice'}`)
