import { createHash, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { systemRandom } from '../crypto/index.ts'
import { addMember, createGroup, createTenant, createUser } from '../directory/index.ts'
import { givenTo, standingOf } from '../relationships/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { asking } from '../testing/lists.ts'
import { explainedStore } from '../testing/plans.ts'
import { areRelated } from './entitlement.ts'
import { findRescueOfCase, isOffered } from './queries.ts'

// What rescues and acting for customers read in a firm with 20,000 people and 5,000 customers, each of which has been let
// back in once. Filling it takes seconds, so the long proof does.

const NOW = new Date('2026-11-26T12:00:00Z')
const caller = asking(randomUUID(), NOW)
const { tenantId: firm } = caller
const means = { now: NOW, random: systemRandom, keys: caller.keys }
const idOf = (name: string) =>
  createHash('md5')
    .update(name)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
let agent = ''

const isLong = process.env.PROOF === 'long'
const explained = isLong
  ? await explainedStore(await testDatabaseUrl(), async first => {
      const group = await inTenant(first, firm, async trx => {
        await createTenant(trx, means, firm, { displayName: 'Harbour', domain: 'harbour.example' })
        const id = await createGroup(trx, means, firm, { displayName: 'Care' })
        agent = (
          await createUser(trx, means, firm, { userPrincipalName: 'one@harbour.example', displayName: 'Agent One' })
        ).id
        await addMember(trx, firm, id, { kind: 'user', id: agent })
        return id
      })
      const roles = '{User Administrator}'
      for (const [statement, ...values] of [
        [
          `insert into accounts (tenant_id, id, user_principal_name, user_principal_name_folded, display_name, display_name_folded, created_at, proxy_addresses)
           select $1, md5('id' || n)::uuid, 'p' || n || '@harbour.example', 'p' || n || '@harbour.example', 'Kim', 'kim', $2, '{}' from generate_series(1, 20000) n`,
          ...[firm, NOW],
        ],
        [
          `insert into audit_events (tenant_id, id, at, activity, result, actor_kind, actor_id, target_id, correlation_id)
           select $1, md5('e' || n)::uuid, $2::timestamptz - n * interval '1 second', 'password.given', 'success', 'user', md5('id' || n)::uuid, md5('id' || n + 1)::uuid, md5('e' || n)::uuid from generate_series(1, 20000) n`,
          ...[firm, NOW],
        ],
        [
          "insert into tenants (tenant_id, display_name, created_at) select md5('t' || n)::uuid, 'C' || n, $1 from generate_series(1, 5000) n",
          NOW,
        ],
        [
          `insert into cases (tenant_id, id, number, kind, domain, asker, address_sealed, language, browser_hashes, created_at, asked, due_at, provider_hashes)
           select md5('t' || n)::uuid, md5('c' || n)::uuid, 'LK-' || translate(lpad(n::text, 8, '0'), '0123456789', 'BCDFGHJKLM'), 'other', 'd.example', '\\x00', '\\x00', 'en', '{}', $1, 'operator', $1, '{}' from generate_series(1, 5000) n`,
          NOW,
        ],
        [
          `insert into rescues (tenant_id, id, case_id, act, lost_methods, asked_at, candidates, ends_at, due_at, ended_at, outcome, refusal)
           select md5('t' || n)::uuid, md5('r' || n)::uuid, md5('c' || n)::uuid, 'newPassword', false, $1, array[case when n <= 50 then $2 else $3 end::uuid], $1, $1, $1, 'refused', 'provider' from generate_series(1, 5000) n`,
          ...[NOW, firm, randomUUID()],
        ],
        [
          `insert into gdap_grants (tenant_id, id, other_tenant_id, display_name, roles, duration, auto_extend, decided_at, ends_at, modified_at)
           select md5('t' || n)::uuid, md5('g' || n)::uuid, $1, 'Care', $2, 'P300D', false, $3, $3::timestamptz + interval '300 days', $3 from generate_series(1, 5000) n`,
          ...[firm, roles, NOW],
        ],
        [
          `insert into gdap_offers (tenant_id, id, other_tenant_id, customer_name, display_name, display_name_folded, roles, duration, auto_extend, created_at, modified_at, locked_at)
           select $1, md5('g' || n)::uuid, md5('t' || n)::uuid, 'C', 'c' || n, 'c' || n, $2, 'P300D', false, $3, $3, $3 from generate_series(1, 5000) n`,
          ...[firm, roles, NOW],
        ],
        [
          `insert into gdap_assignments (tenant_id, id, other_tenant_id, offer_id, group_id, roles, created_at, modified_at)
           select $1, md5('g' || n)::uuid, md5('t' || n)::uuid, md5('g' || n)::uuid, $4, $2, $3, $3 from generate_series(1, 5000) n`,
          ...[firm, roles, NOW, group],
        ],
      ] as [string, ...unknown[]][])
        await first.pool.query(statement, values)
    })
  : undefined
const skip = explained?.skip ?? 'in the long proof'

test('indexes lead to a firm’s rescues and rights among 5,000 customers, and to what was done to two of its people', {
  skip: explained ? explained.skip : skip,
}, async () => {
  const { store, judge, forget } = explained!
  const reads: [string, string, (trx: Trx) => Promise<unknown>][] = [
    [
      'a firm’s rescues',
      firm,
      trx => trx.selectFrom('rescues').select('id').where(isOffered(firm)).orderBy('id', 'desc').limit(100).execute(),
    ],
    ['the rescue of a case', idOf('t1'), trx => findRescueOfCase(trx, means, idOf('c1'))],
    ['two related people', firm, trx => areRelated(trx, means, idOf('id1'), idOf('id2'))],
    ['rights at home', firm, trx => askOne(trx, standingOf(firm, sql`${agent}::uuid`, idOf('t1')))],
    ['what a customer gave', idOf('t1'), trx => askOne(trx, givenTo(idOf('t1'), firm, NOW))],
  ]
  for (const [what, tenantId, read] of reads) {
    // PostgreSQL settles on a plan after five times.
    for (let time = 0; time < 6; time += 1) await inTenant(store, tenantId, read)
    forget()
    await inTenant(store, tenantId, read)
    judge(what)
  }
})
