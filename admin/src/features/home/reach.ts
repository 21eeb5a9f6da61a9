/** Why people can or cannot get back in on their own, in the order in which the bar shows it. */
export type Kind = 'capable' | 'neverRegistered' | 'noPolicy' | 'elsewhere' | 'other'

/** The codes of refusals, as the reset itself would tell them. */
const KINDS: Record<string, Kind> = {
  SSPR_0014: 'neverRegistered',
  SSPR_0013: 'noPolicy',
  SSPR_0009: 'noPolicy',
  SSPR_0010: 'elsewhere',
}

/** The refusal that a group is of, as the report's address has it; none where it is of several. */
export function refusalOf(kind: Kind): { refusal?: string } {
  const codes = Object.keys(KINDS).filter(code => KINDS[code] === kind)
  return codes.length === 1 ? { refusal: codes[0]! } : {}
}

/** The people of a day in groups; groups of nobody are left out. */
export function groupsOf({ capable, byRefusal }: { capable: number; byRefusal: Record<string, number> }) {
  const counts: Record<Kind, number> = { capable, neverRegistered: 0, noPolicy: 0, elsewhere: 0, other: 0 }
  for (const [code, count] of Object.entries(byRefusal)) counts[KINDS[code] ?? 'other'] += count
  return (Object.entries(counts) as [Kind, number][])
    .map(([kind, count]) => ({ kind, count }))
    .filter(({ count }) => count > 0)
}
