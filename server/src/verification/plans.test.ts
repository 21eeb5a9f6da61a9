import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { readOptions, readPage } from '../odata/index.ts'
import { inSystem } from '../store/index.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { asking } from '../testing/lists.ts'
import { explainedStore } from '../testing/plans.ts'
import { deskEntity } from './desk.ts'

// What reviewers list among 5,000 firms that all wait for something. Filling it takes seconds, so the long proof does.

const NOW = new Date('2026-11-26T12:00:00Z')
const explained =
  process.env.PROOF === 'long'
    ? await explainedStore(await testDatabaseUrl(), async first => {
        for (const statement of [
          "insert into tenants (tenant_id, display_name, created_at) select md5('t' || n)::uuid, 'C' || n, $1 from generate_series(1, 5000) n",
          `insert into partner_accounts (tenant_id, partner_id, legal_profile, contacts_sealed, created_at)
           select md5('t' || n)::uuid, 'P-' || n, '{"companyName":"C","country":"US"}', '\\x00', $1 from generate_series(1, 5000) n`,
          `insert into partner_stages (tenant_id, stage, status, since)
           select md5('t' || n)::uuid, stage, case when n % 2 = 0 then 'pending' else 'actionNeeded' end, $1::timestamptz - n * interval '1 minute'
           from generate_series(1, 5000) n, unnest(array['emailOwnership', 'employment', 'business']) stage`,
        ])
          await first.pool.query(statement, [NOW])
      })
    : undefined

test('an index leads to each page of the reviewers’ list', {
  skip: explained ? explained.skip : 'in the long proof',
}, async () => {
  const { store, judge, forget } = explained!
  const caller = { ...asking(randomUUID(), NOW), path: '/verification/cases' }
  const entity = deskEntity(NOW)
  let next: string | undefined
  for (const what of ['the first page', 'the second page']) {
    const asked: [string, string][] = [['$top', '50']]
    if (next) asked.push(['$skiptoken', next])
    const read = () => inSystem(store, trx => readPage(trx, entity, readOptions(entity, asked, caller)))
    // PostgreSQL settles on a plan after five times.
    for (let time = 0; time < 6; time += 1) await read()
    forget()
    ;({ next } = await read())
    judge(what)
  }
})
