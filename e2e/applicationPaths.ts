import { assignRole, createGroup, findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { makePartner } from '../server/src/testing/partners.ts'
import { meansAt } from '../server/src/testing/people.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import { actOf } from './people.ts'

/** A domain of the company at whose desk the pages of reviewers are. */
export const DESK = 'acme.example'

/** The address below `/admin` of every page of the application, with what it takes to show something on each. */
export async function applicationPaths(server: TestServer): Promise<string[]> {
  const acme = await findTenantId(server.store, 'acme.example')
  const inAcme = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(server.store, acme, work)
  await makePartner(server, 'acme.example', ['admin@acme.example'])
  const firm = await makePartner(server, 'globex.example', [])
  await server.store.pool.query(
    "update latchkey.partner_stages set status = 'pending' where tenant_id = $1 and stage = 'business'",
    [firm],
  )
  await inAcme(async trx => {
    const { id } = (await findUserByName(trx, acme, 'admin@acme.example'))!
    await assignRole(trx, actOf(server), id, 'Verification Reviewer')
  })
  const person = (await inAcme(trx => findUserByName(trx, acme, 'registered@acme.example')))!.id
  const group = await inAcme(trx => createGroup(trx, meansAt(), acme, { displayName: 'Field staff' }))
  const asked = { kind: 'colleague', domain: 'acme.example', address: 'lee@acme.example', text: 'Nobody answers me.' }
  const { number } = (await server.browser().post('/cases', asked)).json
  await server.store.pool.query('update latchkey.cases set opened_at = created_at where number = $1', [number])
  const first = async (statement: string) => (await server.store.pool.query(statement, [acme])).rows[0].id
  const policy = await first('select id from latchkey.reset_policies where tenant_id = $1 and is_default')
  const application = await first('select id from latchkey.applications where tenant_id = $1 limit 1')
  return [
    ...[
      'partner',
      'partner/activities',
      'partner/rescues',
      'partner/verification',
      'customers',
      'customers/relationships',
      'customers/delegations',
      'customers/invitations',
    ],
    ...['verifications', `verifications/${firm}`],
    ...['', 'help-desk', `help-desk?person=${person}`, 'cases', `cases/${number}`, 'cases?view=closed'],
    ...['people', 'people?view=cannotReset', 'people?view=deleted', `people/${person}`, 'people/import'],
    `people?group=${group}&registered=true&sort=-created&cols=%5B%22created%22%5D`,
    ...['groups', `groups/${group}`, 'roles', 'roles/62e90394-69f5-4237-9190-012177145e10', 'domains'],
    ...['password-reset/policies', 'password-reset/administrators'],
    ...['who', 'methods', 'registration', 'notices', 'helpLink', 'onPremises'].map(
      tab => `password-reset/policies/${policy}/${tab}`,
    ),
    ...['methods', 'password-protection', 'sign-in-policy', 'logs/audit', 'logs/sign-ins', 'applications'],
    ...['registration', 'resets', 'cannot-reset', 'blocked', 'messages', 'sign-ins'].map(name => `reports/${name}`),
    'reports/cannot-reset?as=table',
    ...[`applications/${application}`, 'branding', 'notices', 'notices/renamed'],
    ...['support-contacts', 'webhooks', 'agents'],
    ...['partners', 'partners/rescue-agreement', 'getting-started'],
    'nowhere',
  ]
}
