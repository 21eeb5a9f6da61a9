import type { Means } from '../crypto/index.ts'
import { hasId, type MovedRow, type MovedTable, placeMoved, type Row, readMoved, type Trx } from '../store/index.ts'
import type { FormerGroup } from './groups.ts'

/** People whom one takeover moves: more would hold both companies up for too long. */
export const PEOPLE_AT_MOST = 5_000

/** What an undo gives back of people whom a company has taken in. */
export interface FormerPeople {
  people: readonly string[]
  /** Groups that moved with them. */
  movedGroups: readonly string[]
  /** The domains of their tenant. */
  domains: readonly MovedRow[]
  groups: readonly FormerGroup[]
  /** Rows that ended, by the place of their table in `ending`. */
  left: readonly (readonly MovedRow[])[]
}

const onApplication = { table: 'registered_applications', key: 'app_id', column: 'app_id' } as const

/** What ends as people go, and comes back with them: roles, and what applications had of them. */
const ending: readonly MovedTable[] = [
  { table: 'role_assignments', belongs: hasId('user_id') },
  { table: 'user_consents', belongs: hasId('user_id'), standsOn: onApplication },
  { table: 'application_users', belongs: hasId('user_id'), standsOn: onApplication },
  { table: 'application_owners', belongs: hasId('user_id'), standsOn: onApplication },
]

export async function readLeft(trx: Trx, people: readonly string[]): Promise<MovedRow[][]> {
  const left: MovedRow[][] = []
  for (const table of ending) left.push(await readMoved(trx, table, people))
  return left
}

/** Gives it back to those who are here again. */
export async function placeLeft(trx: Trx, means: Means, left: FormerPeople['left'], people: readonly string[]) {
  const here = new Set(people)
  for (const [place, table] of ending.entries()) {
    const rows = (left[place] ?? []).filter(row => here.has(String(row.user_id)))
    await placeMoved(trx, means, table, { from: trx.tenantId, rows })
  }
}

/** What a finished claim of a company has changed, as it was before. */
export const formerPeopleOf = ({ former }: Pick<Row<'takeovers'>, 'former'>) => former as unknown as FormerPeople

/** Whether the people of a claim are in the company that claims. */
export const hasTakenIn = ({
  kind,
  finished_at,
  outcome,
}: Pick<Row<'takeovers'>, 'kind' | 'finished_at' | 'outcome'>) =>
  kind === 'external' && finished_at !== null && outcome !== 'undone'
