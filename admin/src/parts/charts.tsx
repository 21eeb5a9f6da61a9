import { LineChart, VerticalStackedBarChart } from '@fluentui/react-charts'
import type { ReactNode } from 'react'
import { day, dayOrHour, number, percent } from '../words.ts'
import { arrowKeys } from './arrowKeys.ts'

/** What one colour of a chart means: one hue for each meaning, the same in every chart. */
export interface Series<Row> {
  legend: string
  color: string
  of: (row: Row) => number
}

interface Dated {
  date: string
}

interface Shown<Row> {
  rows: readonly Row[]
  series: readonly Series<Row>[]
  /** What the chart says, for those who do not see it. */
  sentence: string
}

const HEIGHT = 240
/** Days that are named below the chart. */
const TICKS = 7

/** Leads through a chart by our own keys. The library's come with hidden elements that take the focus, at both ends. */
function ownKeys(figure: HTMLElement | null) {
  for (const part of figure?.querySelectorAll('[data-tabster]') ?? []) part.removeAttribute('data-tabster')
  return arrowKeys(figure)
}

/** The chart with its sentence and its colours. The library's own legend hides what does not fit, and capitalizes each word. */
function Framed<Row>({ sentence, series, children }: Omit<Shown<Row>, 'rows'> & { children: ReactNode }) {
  return (
    <figure className="chart" aria-label={sentence} ref={ownKeys}>
      {children}
      <ul className="legend">
        {series.map(({ legend, color }) => (
          <li key={legend}>
            <span className="dot" style={{ background: color }} aria-hidden="true" />
            {legend}
          </li>
        ))}
      </ul>
    </figure>
  )
}

/** A column for each day or hour, with what it is made of. */
export function StackedDays<Row extends Dated>({ rows, series, sentence }: Shown<Row>) {
  const step = Math.ceil(rows.length / TICKS)
  return (
    <Framed sentence={sentence} series={series}>
      <VerticalStackedBarChart
        hideLegend
        height={HEIGHT}
        barWidth="auto"
        barGapMax={2}
        yAxisTickCount={4}
        xAxisInnerPadding={0.25}
        xAxisOuterPadding={0}
        yAxisTickFormat={number}
        tickValues={rows
          .filter((_, index) => (rows.length - 1 - index) % step === 0)
          .map(({ date }) => dayOrHour(date))}
        data={rows.map(row => ({
          xAxisPoint: dayOrHour(row.date),
          chartData: series.map(({ legend, color, of }) => ({ legend, color, data: of(row) })),
        }))}
      />
    </Framed>
  )
}

/** Shares from 0 to 1 over days, against a goal. */
export function ShareOverDays<Row extends Dated>({ rows, series, sentence }: Shown<Row>) {
  return (
    <Framed sentence={sentence} series={series}>
      <LineChart
        hideLegend
        height={HEIGHT}
        yMinValue={0}
        yMaxValue={1}
        yAxisTickCount={4}
        yAxisTickFormat={percent}
        useUTC
        customDateTimeFormatter={day}
        data={{
          lineChartData: series.map(({ legend, color, of }, place) => ({
            legend,
            color,
            data: rows.map(row => ({ x: new Date(row.date), y: of(row), yAxisCalloutData: percent(of(row)) })),
            ...(place > 0 && { lineOptions: { strokeDasharray: '5 4', strokeWidth: 2 } }),
          })),
        }}
      />
    </Framed>
  )
}
