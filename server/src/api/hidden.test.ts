// Pages offer what `/me/allowedActions` tells. What they hide is no secret address: each role asks for it here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyAction, type Role } from '../access/index.ts'
import { assignRole, createGroup, findTenantId, findUserByName } from '../directory/index.ts'
import { declareResources } from '../resources.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { exampleIds, exampleOf } from './examples.ts'
import type { Resource } from './index.ts'

/** Roles, and how many acts each has hidden from it at least. The long proof asks as all six. */
const ROLES: [Role, number][] = [
  ['Helpdesk Administrator', 60],
  ...(process.env.PROOF === 'long'
    ? ([
        ['Reports Reader', 80],
        ['User Administrator', 40],
        ['Authentication Policy Administrator', 60],
        ['Application Administrator', 60],
        ['Global Administrator', 0],
      ] as [Role, number][])
    : []),
]

/** What a company has, as far as acts could change it. */
const TABLES = [
  'groups',
  'domains',
  'registered_applications',
  'application_secrets',
  'reset_policies',
  'subscriptions',
]
const MORE = [
  'branding',
  'support_contacts',
  'bulk_jobs',
  'scim_tokens',
  'caller_checks',
  'cases',
  'agents',
  'contact_info',
]

test('each role is refused every act that its pages hide, and changes nothing by asking', async () => {
  const server = await testServer()
  const { store } = server
  const acme = await findTenantId(store, 'acme.example')
  const api = testApi(server)
  const inAcme = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, acme, work)
  const idOf = async (name: string) => (await inAcme(trx => findUserByName(trx, acme, `${name}@acme.example`)))!.id
  const [self, person] = [await idOf('registered'), await idOf('signer')]
  const group = await inAcme(trx => createGroup(trx, meansAt(), acme, { displayName: 'Field staff' }))
  const admin = await api.as('admin@acme.example')
  const [application] = (await admin('GET', '/applications')).json.value
  const principal = (await admin('GET', `/servicePrincipals(appId='${application.appId}')`)).json
  const gone = await idOf('stale')
  await admin('DELETE', `/users/${gone}`)
  const own = { user: person, group, application: application.id, appId: application.appId, principal: principal.id }
  /** The example of a body, with what is there in place of its ids. */
  const bodyOf = (one: Resource) =>
    one.body &&
    JSON.parse(
      Object.entries(own).reduce(
        (text, [kind, id]) => text.replaceAll(exampleIds[kind as keyof typeof own], id),
        JSON.stringify(exampleOf(one) ?? {}),
      ),
    )
  /** What is there, by the first word of a path. */
  const things: Record<string, string> = {
    users: person,
    groups: group,
    applications: application.id,
    servicePrincipals: principal.id,
    directory: gone,
    domains: 'acme.example',
    organization: acme,
  }
  const resources: Resource[] = []
  declareResources({ resources, add: resource => void resources.push(resource as unknown as Resource) })
  // What a firm does as a partner has pages of its own.
  const isTenants = ({ action }: Resource) => [action].flat().every(one => everyAction.includes(one as never))
  const acts = resources.filter(one => one.method !== 'GET' && !one.path.startsWith('/me/') && isTenants(one))

  const stateOf = async () => {
    const parts = [...TABLES, ...MORE].map(
      table =>
        `select '${table}' || md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) as state from latchkey.${table} t`,
    )
    parts.push(
      `select md5(string_agg(concat(id, account_enabled, display_name, deleted_at), ' ' order by id)) from latchkey.accounts where id <> '${self}'`,
    )
    return (await store.pool.query(parts.join(' union all '))).rows
  }

  for (const [role, atLeast] of ROLES) {
    await store.pool.query('delete from latchkey.role_assignments where user_id = $1', [self])
    await inAcme(trx => assignRole(trx, meansAt(), self, role))
    const ask = await api.as('registered@acme.example')
    const offered: string[] = (await ask('GET', '/me/allowedActions')).json.byRole
    const hidden = acts.filter(({ action }) => ![action].flat().some(one => offered.includes(one as string)))
    assert.ok(hidden.length >= atLeast, `${role}: ${hidden.length}`)
    const before = await stateOf()
    const wrong: string[] = []
    for (const one of hidden) {
      const first = things[one.path.split(/[/(]/)[1]!]
      const path = one.path
        .replace("appId='{id}'", `appId='${application.appId}'`)
        .replace('{id}', first ?? group)
        .replace(/\{\w+\}/g, person)
      const { status, code } = await ask(one.method, path, bodyOf(one))
      if (status !== 403) wrong.push(`${one.method} ${path} ${status} ${code}`)
    }
    assert.deepEqual(wrong, [], role)
    assert.deepEqual(await stateOf(), before, role)
  }
})
