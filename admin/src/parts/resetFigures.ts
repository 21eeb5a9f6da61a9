interface Day {
  date: string
  started: number
  succeeded: number
  unlocked: number
  refused: Record<string, number>
  abandonedAfter: Record<string, number>
  outcomes: Record<string, number>
  blocked: number
  contactedAdministrator: number
  byMethod: { method: string; sent: number; passed: number }[]
}

/** What a reset came to, in the four groups that a chart can show. */
export const endings = {
  backIn: (day: Day) => day.outcomes.Succeeded ?? 0,
  gaveUp: (day: Day) => (day.outcomes.Abandoned ?? 0) + (day.outcomes['Contacted Admin'] ?? 0),
  refused: (day: Day) => day.outcomes.Failed ?? 0,
  blocked: (day: Day) => day.outcomes.Blocked ?? 0,
} as const
export type Ending = keyof typeof endings

export const sumOf = <Row>(rows: readonly Row[], of: (row: Row) => number) =>
  rows.reduce((sum, row) => sum + of(row), 0)

/** Counts by name of many days as one. */
export function sumBy<Row>(rows: readonly Row[], of: (row: Row) => Record<string, number>): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) for (const [name, many] of Object.entries(of(row))) sums[name] = (sums[name] ?? 0) + many
  return sums
}

/** How many resets ended in each group, and how many in all. */
export function totalsOf(days: readonly Day[]) {
  const totals = Object.fromEntries(Object.entries(endings).map(([ending, of]) => [ending, sumOf(days, of)])) as Record<
    Ending,
    number
  >
  return { ...totals, ended: sumOf(Object.values(totals), many => many) }
}

/** Why people did not get back in, most frequent first. */
export interface Reason {
  /** A step after which they gave up, `contacted`, `blocked`, or the code of a refusal. */
  reason: string
  ending: Ending
  many: number
}

export function reasonsOf(days: readonly Day[]): Reason[] {
  const given = (ending: Ending, counts: Record<string, number>) =>
    Object.entries(counts).map(([reason, many]) => ({ reason, ending, many }))
  return [
    ...given(
      'gaveUp',
      sumBy(days, day => day.abandonedAfter),
    ),
    ...given('gaveUp', { contacted: sumOf(days, day => day.contactedAdministrator) }),
    ...given(
      'refused',
      sumBy(days, day => day.refused),
    ),
    ...given('blocked', { blocked: sumOf(days, day => day.blocked) }),
  ]
    .filter(({ many }) => many > 0)
    .sort((one, other) => other.many - one.many)
}

/** How often each method was asked for and passed, the best first. */
export function methodsOf(days: readonly Day[]) {
  const all = days.flatMap(day => day.byMethod)
  return [...new Set(all.map(({ method }) => method))]
    .map(method => {
      const own = all.filter(one => one.method === method)
      const passed = sumOf(own, one => one.passed)
      // Answers and passkeys are asked for without a message, so that only their passes are sure.
      const asked = Math.max(
        sumOf(own, one => one.sent),
        passed,
      )
      return { method, asked, passed, share: asked === 0 ? 0 : passed / asked }
    })
    .sort((one, other) => other.share - one.share || other.asked - one.asked)
}

/** Resets by the day of the week on which they began, Monday first. A Monday of long ago names each day. */
export function weekdaysOf(days: readonly Day[]) {
  const many = Array.from({ length: 7 }, () => 0)
  // Of an hour the day alone: it would be read in the reader's zone.
  for (const { date, started } of days) many[(new Date(date.slice(0, 10)).getUTCDay() + 6) % 7]! += started
  return many.map((started, place) => ({ date: `2024-01-0${place + 1}`, started }))
}
