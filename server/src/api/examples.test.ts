import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { DAY, plus } from '../clock.ts'
import { assignRole, createGroup, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { admitPartner } from '../partners/index.ts'
import { describeResources } from '../resources.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { makePartner } from '../testing/partners.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { exampleIds } from './examples.ts'

test('the examples of the documentation answer what they say', async () => {
  const server = await testServer()
  const admin = await testApi(server).as('admin@acme.example')
  const made = await admin('POST', '/applications', { displayName: 'Workday' })
  const principal = await admin('POST', '/servicePrincipals', { appId: made.json.appId })
  const organization = await findTenantId(server.store, 'acme.example')
  const docs = join(import.meta.dirname, '../../../docs')
  const pages = await Promise.all(['api.md', 'scim.md', 'messages.md'].map(page => readFile(join(docs, page), 'utf8')))
  const examples = [...pages.join('\n').matchAll(/```http\n(\w+) \/v1\.0(\S+)\n([\s\S]*?)(\d{3})\n```/g)]
  assert.ok(examples.length > 10)
  for (const [, method = '', written = '', body = '', status] of examples) {
    const path = written
      .replace('/organization/{id}', `/organization/${organization}`)
      .replace('/servicePrincipals/{id}', `/servicePrincipals/${principal.json.id ?? made.json.id}`)
    const answer = await admin(method, path, body.trim() === '' ? undefined : JSON.parse(body))
    assert.equal(answer.status, Number(status), `${method} ${path}: ${answer.text}`)
  }
})

/** What a company cannot do a second time. */
const REFUSED: Record<string, number> = { 'POST /directoryRoles': 400 }

test('each resource that takes JSON has an example, and each example does what it says', async context => {
  const server = await testServer({ context, signup: 'invitation', operatorTenant: 'acme-europe.example' })
  const { store } = server
  const acme = await findTenantId(store, 'acme.example')
  const api = testApi(server)
  const admin = await api.as('admin@acme.example')
  const person = await api.as('registered@acme.example')
  const globex = await makePartner(server, 'globex.example', ['admin@globex.example'])
  const agent = await testApi(server, 'globex.example').as('admin@globex.example')
  const desk = await findTenantId(store, 'acme-europe.example')
  await inTenant(store, desk, async trx => {
    const { id } = (await findUserByName(trx, desk, 'admin@acme-europe.example'))!
    await assignRole(trx, meansAt(), id, 'Verification Reviewer')
  })
  const reviewer = await testApi(server, 'acme-europe.example').as('admin@acme-europe.example')
  const business = (status: string) =>
    store.pool.query("update latchkey.partner_stages set status = $1 where tenant_id = $2 and stage = 'business'", [
      status,
      globex,
    ])
  const subscriber = createServer((request, response) => {
    const token = new URL(request.url ?? '', 'http://localhost').searchParams.get('validationToken')
    response.writeHead(200, { 'content-type': 'text/plain' }).end(token ?? '')
  })
  await new Promise<void>(resolve => subscriber.listen(0, '127.0.0.1', resolve))
  context.after(() => new Promise<void>(resolve => subscriber.close(() => resolve())))
  const notificationUrl = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/`
  const expirationDateTime = plus(server.services.clock(), DAY).toISOString()

  let count = 0
  const made = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const { status, json, text } = await admin('POST', path, body)
    assert.ok(status < 300, `POST ${path} ${text}`)
    return json
  }
  const idOf = async (path: string, body: unknown) => (await made(path, body)).id!
  /** A new thing of each kind, so that no example depends on another. */
  const things: Record<keyof typeof exampleIds, () => Promise<string>> = {
    user: () =>
      inTenant(store, acme, async trx => {
        const name = `somebody${count++}@acme.example`
        return (
          await createUser(trx, meansAt(), acme, { userPrincipalName: name, displayName: 'Somebody', mail: name })
        ).id
      }),
    group: () => inTenant(store, acme, trx => createGroup(trx, meansAt(), acme, { displayName: `Group ${count++}` })),
    application: () => idOf('/applications', { displayName: 'An application' }),
    appId: async () => (await made('/applications', { displayName: 'An application' })).appId!,
    principal: async () => idOf('/servicePrincipals', { appId: await things.appId() }),
    role: async () => exampleIds.role,
    key: async () => exampleIds.key,
  }
  const RELATIONSHIPS = '/tenantRelationships/delegatedAdminRelationships'
  const offered = async () => {
    const { json } = await agent('POST', RELATIONSHIPS, {
      displayName: `Care ${count++}`,
      duration: 'P180D',
      customer: { tenantId: acme },
      accessDetails: { unifiedRoles: [{ roleDefinitionId: exampleIds.role }] },
    })
    return json.id as string
  }
  const requested = async () => {
    const id = await offered()
    await agent('POST', `${RELATIONSHIPS}/${id}/requests`, { action: 'lockForApproval' })
    return id
  }
  const related = async () => {
    const id = await requested()
    await made(`/tenantRelationships/partnerRequests/${id}/approve`, {})
    return id
  }
  const groupOfPartner = () =>
    inTenant(store, globex, trx => createGroup(trx, meansAt(), globex, { displayName: `Group ${count++}` }))
  /** What stands at an address, by its first word. */
  const kinds: Record<string, keyof typeof things> = {
    users: 'user',
    groups: 'group',
    applications: 'application',
    servicePrincipals: 'principal',
    directoryObjects: 'user',
    directoryRoles: 'role',
  }
  /** What has to be there first, by the address; it returns the address of one thing. */
  const prepared: [RegExp, (path: string) => Promise<string>][] = [
    [
      /\/removePassword$/,
      async path => {
        const { keyId } = await made(path.replace('removePassword', 'addPassword'), {})
        return `${path}#${keyId}`
      },
    ],
    [
      /emailMethods\/\{methodId\}$/,
      async path => {
        const list = path.replace('/{methodId}', '')
        return `${list}/${await idOf(list, { emailAddress: 'first@mail.example' })}`
      },
    ],
    [
      /phoneMethods\/\{methodId\}$/,
      async path => {
        const list = path.replace('/{methodId}', '')
        return `${list}/${await idOf(list, { phoneNumber: '+1 2065550100', phoneType: 'mobile' })}`
      },
    ],
    [
      /\{callerCheckId\}$/,
      async path => {
        const list = path.replace('/{callerCheckId}', '')
        return `${list}/${await idOf(list, { means: 'inPerson' })}`
      },
    ],
    [
      /^\/directory\/deletedItems/,
      async path => {
        const id = await things.user()
        await admin('DELETE', `/users/${id}`)
        return path.replace('{id}', id)
      },
    ],
    // Somebody whom a policy asks for methods.
    [/requireRegistration$/, async path => path.replace(/users\/[^/]+/, 'users/registered@acme.example')],
    [/^\/domains\/\{id\}$/, async path => path.replace('{id}', 'acme.example')],
    [
      /^\/domains\/\{id\}\/forceDelete/,
      async path => path.replace('{id}', await idOf('/domains', { id: 'another.acme.example' })),
    ],
    [
      /^\/cases/,
      async path => {
        const asked = { kind: 'other', domain: 'acme.example', address: `a${count++}@mail.example`, text: 'Help.' }
        const { json } = await server.browser().post('/cases', asked)
        await store.pool.query('update latchkey.cases set opened_at = created_at where number = $1', [json.number])
        return path.replace('{number}', json.number)
      },
    ],
    [/localizations\/\{locale\}$/, async path => path.replace('{id}', acme).replace('{locale}', 'fr-FR')],
    [
      /\/notices\/\{kind\}/,
      async path => path.replace('{id}', acme).replace('{kind}', 'account_unlocked').replace('{language}', 'en'),
    ],
    [/^\/organization/, async path => path.replace('{id}', acme)],
    [
      /^\/partner\/enrollments\/\{id\}\/sign$/,
      async path => {
        const { value } = (await admin('GET', '/partner/enrollments')).json
        await admin('POST', `/partner/enrollments/${value[0].id}/submit`)
        const { keys } = server.services
        const act = { ...meansAt(), keys, actor: { kind: 'operator' } as const }
        await inTenant(store, acme, trx => admitPartner(trx, act))
        return path.replace('{id}', value[0].id)
      },
    ],
    [
      /\/accessAssignments\/\{assignmentId\}$/,
      async path => {
        const list = path.replace('{id}', await related()).replace('/{assignmentId}', '')
        const { json } = await agent('POST', list, {
          accessContainer: { accessContainerId: await groupOfPartner(), accessContainerType: 'securityGroup' },
          accessDetails: { unifiedRoles: [{ roleDefinitionId: exampleIds.role }] },
        })
        return `${list}/${json.id}`
      },
    ],
    [/\/accessAssignments$/, async path => `${path.replace('{id}', await related())}#${await groupOfPartner()}`],
    [
      /^\/tenantRelationships\/dap\//,
      async path => {
        const { rowCount } = await store.pool.query(
          `insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, now(), $3, now())
           on conflict (tenant_id, other_tenant_id) do update set ended_at = null, ends_at = $3, awake_at = now()`,
          [acme, globex, expirationDateTime],
        )
        assert.equal(rowCount, 1)
        return path.replace('{partnerTenantId}', globex)
      },
    ],
    [
      /administratorInvitation$/,
      async path => {
        const { example } = operations.find(one => `${one.method} ${one.path}` === 'POST /partner/customers')!
        const { json } = await agent('POST', '/partner/customers', { ...example, label: `made-${count++}` })
        return path.replace('{customerTenantId}', json.id)
      },
    ],
    [
      /^\/partner\/customers\//,
      async path => {
        await related()
        return path.replace('{customerTenantId}', acme)
      },
    ],
    [
      /^\/partner\/verification\/stages\//,
      async path => {
        await business('rejected')
        return path.replace('{stage}', 'business')
      },
    ],
    [
      /^\/verification\/cases\//,
      async path => {
        await business('pending')
        return path.replace('{id}', globex)
      },
    ],
    [
      /^\/partner\/rescues\//,
      async path => {
        await store.pool.query(
          `insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, now(), $3, now())
           on conflict (tenant_id, other_tenant_id) do update set ended_at = null, ends_at = $3, awake_at = now()`,
          [acme, globex, expirationDateTime],
        )
        await store.pool.query("update latchkey.rescues set ended_at = now(), outcome = 'ended' where ended_at is null")
        const browser = server.browser()
        const address = `asker${count++}@acme.example`
        const opened = await browser.post('/cases', { kind: 'other', domain: 'acme.example', address, text: 'Help' })
        const proof = { challenge: opened.json.challenge.id, code: await server.code(address) }
        await browser.post(`/cases/${opened.json.number}/proofs`, proof)
        const asked = { act: 'newPassword', userName: 'registered@acme.example' }
        const { json } = await browser.post(`/cases/${opened.json.number}/rescue`, asked)
        return path.replace('{id}', json.id)
      },
    ],
    [/\/partnerRequests\/\{id\}/, async path => path.replace('{id}', await requested())],
    [/\/partnerRelationships\/\{id\}$/, async path => path.replace('{id}', await related())],
    [/\/delegatedAdminRelationships\/\{id\}/, async path => path.replace('{id}', await offered())],
    [/\{name\}$/, async path => path.replace('{name}', 'Email')],
    [
      /^\/policies\/passwordResetPolicies\/\{id\}/,
      async path => {
        // For a group of its own: without one it would hold for everybody.
        const policy = { displayName: `Policy ${count++}`, includedGroups: [await things.group()] }
        return path.replace('{id}', await idOf('/policies/passwordResetPolicies', policy))
      },
    ],
    [
      /^\/oauth2PermissionGrants\/\{id\}/,
      async path => {
        const { example } = operations.find(one => `${one.method} ${one.path}` === 'POST /oauth2PermissionGrants')!
        return path.replace(
          '{id}',
          await idOf('/oauth2PermissionGrants', { ...example, clientId: await things.principal() }),
        )
      },
    ],
    [
      /^\/subscriptions\/\{id\}/,
      async path =>
        path.replace(
          '{id}',
          await idOf('/subscriptions', {
            changeType: 'updated',
            resource: 'users',
            notificationUrl,
            expirationDateTime,
          }),
        ),
    ],
  ]
  const { paths } = describeResources('http://localhost')
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody, responses }]) => {
      const content = requestBody?.content['application/json']
      return content ? [{ method: method.toUpperCase(), path, responses, example: content.example }] : []
    }),
  )
  /** Puts real ids into the address and body of an example, the same one for the same thing. */
  const filled = async (path: string, example: object): Promise<{ path: string; example: object }> => {
    const tag = path.split(/[/(]/)[1]!
    const byAppId = path.includes('(appId=')
    const kind = byAppId ? 'appId' : kinds[tag]
    const text = JSON.stringify({ path: kind ? path.replace('{id}', exampleIds[kind]) : path, example })
    let real = text
    for (const [name, id] of Object.entries(exampleIds))
      if (text.includes(id)) {
        const appId = byAppId && name === 'appId' && tag === 'servicePrincipals'
        const thing = await things[name as keyof typeof things]()
        if (appId) await made('/servicePrincipals', { appId: thing })
        real = real.replaceAll(id, thing)
      }
    const asked = JSON.parse(real) as { path: string; example: object }
    const prepare = prepared.find(([pattern]) => pattern.test(path))?.[1]
    const [address = '', key = exampleIds.key] = (prepare ? await prepare(asked.path) : asked.path).split('#')
    const body = JSON.stringify({
      ...asked.example,
      ...('notificationUrl' in example && { notificationUrl }),
      ...('expirationDateTime' in example && { expirationDateTime }),
    })
    return { path: address, example: JSON.parse(body.replaceAll(exampleIds.key, key)) }
  }
  const failed: string[] = []
  // Somebody's new password ends their token, and so does a role that the signer of an agreement gets.
  const isLast = ({ path }: { path: string }) => Number(/changePassword|^\/partner$|sign$/.test(path))
  for (const { method, path, responses, example } of operations.sort((one, other) => isLast(one) - isLast(other))) {
    assert.ok(example, `${method} ${path} has no example`)
    const asked = await filled(path, example)
    const asPartner =
      path.startsWith(RELATIONSHIPS) || /^\/partner\/(invitations|customers|rescues|verification)/.test(path)
    const own = path.startsWith('/verification/') ? reviewer : admin
    const asker = path.startsWith('/me') ? person : asPartner ? agent : own
    const answer = await asker(method, asked.path, asked.example, { 'if-match': '*' })
    const expected = REFUSED[`${method} ${path}`] ?? Number(Object.keys(responses)[0])
    if (answer.status !== expected)
      failed.push(
        `${method} ${asked.path} ${JSON.stringify(asked.example)} ${answer.status} ${JSON.stringify(answer.json?.error?.details)}`,
      )
  }
  assert.ok(operations.length > 60)
  assert.deepEqual(failed, [])
})
