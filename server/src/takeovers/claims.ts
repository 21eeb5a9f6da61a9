import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { hasId, type MovedRow, type MovedTable, placeMoved, readMoved, type Trx } from '../store/index.ts'
import { takeoverSeals } from './queries.ts'

/** A claim and its links on their way to the other tenant. */
interface TakenClaim {
  claims: readonly MovedRow[]
  links: readonly MovedRow[]
}

/** A claim names the tenant at its other end. */
const claims: MovedTable = {
  table: 'takeovers',
  belongs: hasId('id'),
  seals: takeoverSeals,
  change: (row, from) => ({ ...row, other_tenant_id: from }),
}

const links: MovedTable = { table: 'takeover_links', belongs: hasId('takeover_id') }

/** Takes a claim out of this tenant, with the links of who claims and of these people: they are read where its people are. */
export async function takeClaim(
  trx: Trx,
  { id, people }: { id: string; people: readonly string[] },
): Promise<TakenClaim> {
  const moving = new Set(people)
  const taken = {
    claims: await readMoved(trx, claims, [id]),
    links: (await readMoved(trx, links, [id])).filter(
      ({ user_id: reader }) => reader === null || moving.has(String(reader)),
    ),
  }
  await sql`delete from takeovers where tenant_id = ${trx.tenantId} and id = ${id}`.execute(trx)
  return taken
}

/** Writes it into this tenant, into which its people have come. */
export async function placeClaim(trx: Trx, means: Means, taken: TakenClaim, from: string): Promise<void> {
  await placeMoved(trx, means, claims, { from, rows: taken.claims })
  await placeMoved(trx, means, links, { from, rows: taken.links })
}
