// Runs in a process of its own, because fetch trusts what NODE_EXTRA_CA_CERTS names alone: `graph.ts ORIGIN TENANT APP SECRET`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  type GraphError,
  PageIterator,
} from '@microsoft/microsoft-graph-client'
import * as openid from 'openid-client'
import { testBrowser } from '../../server/src/testing/server.ts'
import { messagesAt, signIn } from './demonstration.ts'

const [origin = '', tenantId = '', appId = '', secret = ''] = process.argv.slice(2)
const callback = 'http://localhost:3999/callback'

/** Signs an administrator in with a second step, and returns the token that the SDK takes along. */
async function administratorToken(): Promise<string> {
  const config = await openid.discovery(new URL(`${origin}/${tenantId}/v2.0`), appId, secret)
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const to = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid Directory.AccessAsUser.All',
    acr_values: 'mfa',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: 'graph',
  })
  const answers = { username: 'admin@acme.example', outbox: messagesAt(origin) }
  const answer = await signIn(testBrowser(origin), origin, to.href, answers)
  const tokens = await openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier, expectedState: 'graph' })
  return tokens.access_token
}

const token = await administratorToken()
const client = Client.initWithMiddleware({
  baseUrl: origin,
  defaultVersion: 'v1.0',
  customHosts: new Set([new URL(origin).hostname]),
  authProvider: { getAccessToken: async () => token },
})

test('reads oneself and a colleague, and tells errors by their code', async () => {
  const me = await client.api('/me').get()
  assert.equal(me.userPrincipalName, 'admin@acme.example')
  const named = await client.api('/users/registered@acme.example').select('id,displayName').get()
  assert.deepEqual(
    Object.keys(named)
      .filter(name => !name.startsWith('@'))
      .sort(),
    ['displayName', 'id'],
  )
  await assert.rejects(client.api('/users/nobody@acme.example').get(), (error: GraphError) => {
    assert.deepEqual([error.statusCode, error.code], [404, 'Request_ResourceNotFound'])
    assert.match(error.requestId ?? '', /^[0-9a-f-]{36}$/)
    return true
  })
})

test('walks every page of a list by its own iterator', async () => {
  const page = await client.api('/users').top(3).select('id,userPrincipalName').orderby('userPrincipalName').get()
  const names: string[] = []
  await new PageIterator(client, page, user => {
    names.push(user.userPrincipalName)
    return true
  }).iterate()
  assert.ok(names.length > 6)
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(names, names.toSorted())
})

test('filters, searches and counts as scripts for Graph do', async () => {
  const found = await client
    .api('/users')
    .header('ConsistencyLevel', 'eventual')
    .filter("startsWith(userPrincipalName,'reg')")
    .count(true)
    .get()
  assert.deepEqual([found['@odata.count'], found.value[0].userPrincipalName], [1, 'registered@acme.example'])
  const searched = await client.api('/users').header('ConsistencyLevel', 'eventual').search('"displayName:reg"').get()
  assert.ok(searched.value.length >= 1)
  assert.ok(Number(await client.api('/users/$count').header('ConsistencyLevel', 'eventual').get()) > 6)
})

test('makes a user, changes and deletes it, and takes the deletion back', async () => {
  const made = await client.api('/users').post({
    accountEnabled: true,
    displayName: 'O’Brien, Nora',
    mailNickname: 'nora',
    userPrincipalName: 'nora.obrien@acme.example',
    passwordProfile: { password: 'Kestrel over marsh 43', forceChangePasswordNextSignIn: true },
  })
  assert.equal(made.displayName, 'O’Brien, Nora')
  await client.api(`/users/${made.id}`).patch({ department: 'Field' })
  assert.equal((await client.api(`/users/${made.id}`).select('department').get()).department, 'Field')
  await client.api(`/users/${made.id}`).delete()
  await assert.rejects(client.api(`/users/${made.id}`).get(), { statusCode: 404 })
  const deleted = await client.api('/directory/deletedItems/microsoft.graph.user').get()
  assert.ok(deleted.value.some((one: { id: string }) => one.id === made.id))
  const restored = await client.api(`/directory/deletedItems/${made.id}/restore`).post({})
  assert.equal(restored.id, made.id)
})

test('sends a batch and reads each of its answers', async () => {
  const of = (id: string, path: string, method = 'GET') => ({
    id,
    request: new Request(`${origin}/v1.0${path}`, { method }),
  })
  const content = new BatchRequestContent([of('1', '/me'), of('2', '/groups'), of('3', '/users/nobody@acme.example')])
  const answer = new BatchResponseContent(await client.api('/$batch').post(await content.getContent()))
  assert.deepEqual(
    ['1', '2', '3'].map(id => answer.getResponseById(id).status),
    [200, 200, 404],
  )
})

test('keeps a group and its members', async () => {
  const group = await client.api('/groups').post({
    displayName: 'Field staff',
    mailEnabled: false,
    mailNickname: 'field',
    securityEnabled: true,
  })
  const { id } = await client.api('/users/registered@acme.example').get()
  await client.api(`/groups/${group.id}/members/$ref`).post({ '@odata.id': `${origin}/v1.0/directoryObjects/${id}` })
  const members = await client.api(`/groups/${group.id}/members`).get()
  assert.deepEqual(
    members.value.map((one: { id: string }) => one.id),
    [id],
  )
  await client.api(`/groups/${group.id}/members/${id}/$ref`).delete()
  await client.api(`/groups/${group.id}`).delete()
})
