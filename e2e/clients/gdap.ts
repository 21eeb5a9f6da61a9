// Runs in a process of its own, as graph.ts does: `gdap.ts ORIGIN`. It walks the life of a relationship by Microsoft
// Graph's own client, as the two companies of the demonstration and a person who acts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, type GraphError, PageIterator } from '@microsoft/microsoft-graph-client'
import * as openid from 'openid-client'
import { templateIds } from '../../server/src/access/index.ts'
import { testBrowser } from '../../server/src/testing/server.ts'
import { appId, messagesAt, secretOf, signIn } from './demonstration.ts'

const [origin = ''] = process.argv.slice(2)
const R = '/tenantRelationships/delegatedAdminRelationships'
const details = (...names: (keyof typeof templateIds)[]) => ({
  unifiedRoles: names.map(name => ({ roleDefinitionId: templateIds[name] })),
})

/** The client of a person who signed in with a second step, at the issuer of this company by this application. */
async function clientOf(username: string, at: string, application: number) {
  const { issuer } = await (await fetch(`${origin}/${at}/v2.0/.well-known/openid-configuration`)).json()
  const config = await openid.discovery(new URL(issuer), appId(application), secretOf('desk'))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const to = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'http://localhost:3999/desk',
    scope: 'openid profile Directory.AccessAsUser.All',
    acr_values: 'mfa',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: 'gdap',
  })
  const answer = await signIn(testBrowser(origin), origin, to.href, { username, outbox: messagesAt(origin) })
  const tokens = await openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier, expectedState: 'gdap' })
  const { tid } = JSON.parse(Buffer.from(tokens.access_token.split('.')[1]!, 'base64url').toString())
  const client = Client.initWithMiddleware({
    baseUrl: origin,
    defaultVersion: 'v1.0',
    customHosts: new Set([new URL(origin).hostname]),
    authProvider: { getAccessToken: async () => tokens.access_token },
  })
  return { client, tenantId: tid as string }
}

const refusedWith = (statusCode: number) => (error: GraphError) => {
  assert.equal(error.statusCode, statusCode, error.body)
  return true
}

test('a relationship is asked for, approved in part, assigned, used and ended', async () => {
  const { client: agent } = await clientOf('agent-one@harbour.example', 'harbour.example', 101)
  const { client: decider, tenantId } = await clientOf('admin@fern.example', 'fern.example', 104)
  const made = await agent.api(R).post({
    ...{ displayName: 'By the SDK', duration: 'P90D', autoExtendDuration: 'P180D' },
    ...{ customer: { tenantId }, accessDetails: details('Directory Readers', 'User Administrator') },
  })
  assert.equal(made.status, 'created')
  await assert.rejects(agent.api(`${R}/${made.id}`).patch({ duration: 'P60D' }), refusedWith(400))
  const changed = await agent.api(`${R}/${made.id}`).header('If-Match', made['@odata.etag']).patch({ duration: 'P60D' })
  assert.equal(changed.duration, 'P60D')
  const locked = await agent.api(`${R}/${made.id}/requests`).post({ action: 'lockForApproval' })
  assert.equal(locked.status, 'succeeded')
  const asked = await decider.api(`/tenantRelationships/partnerRequests/${made.id}`).get()
  assert.equal(asked.partner.displayName, 'Harbour')
  await decider.api(`/tenantRelationships/partnerRequests/${made.id}/approve`).post(details('Directory Readers'))
  const active = await agent.api(`${R}/${made.id}`).get()
  assert.deepEqual([active.status, active.accessDetails], ['active', details('Directory Readers')])
  const { value: groups } = await agent.api('/groups').filter("displayName eq 'Customer care'").get()
  const container = { accessContainerId: groups[0].id, accessContainerType: 'securityGroup' }
  // Nobody gives rights to a group of their own: agent-one is not in it.
  const assignment = await agent
    .api(`${R}/${made.id}/accessAssignments`)
    .post({ accessContainer: container, accessDetails: details('Directory Readers') })
  assert.equal(assignment.status, 'active')
  const names: string[] = []
  await new PageIterator(agent, await agent.api(R).top(3).get(), one => {
    names.push(one.displayName)
    return true
  }).iterate()
  assert.ok(names.includes('By the SDK') && names.length === 8, names.join())
  const { client: care } = await clientOf('care@harbour.example', tenantId, 101)
  const person = await care.api('/users/person@fern.example').get()
  assert.equal(person.displayName, 'Fern Person')
  await assert.rejects(care.api(`/users/${person.id}`).patch({ department: 'x' }), refusedWith(403))
  await agent.api(`${R}/${made.id}/requests`).post({ action: 'terminate' })
  await assert.rejects(care.api('/users/person@fern.example').get(), refusedWith(403))
  const ended = await agent.api(`${R}/${made.id}`).get()
  assert.deepEqual([ended.status, ended.endReason], ['terminated', 'terminatedByPartner'])
  const draft = await agent.api(R).post({
    ...{ displayName: 'Never asked', duration: 'P1D', customer: { tenantId } },
    accessDetails: details('Directory Readers'),
  })
  await agent.api(`${R}/${draft.id}`).header('If-Match', '*').delete()
  await assert.rejects(agent.api(`${R}/${draft.id}`).get(), refusedWith(404))
})
