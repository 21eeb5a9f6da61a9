// Runs in a process of its own, because MSAL trusts what NODE_EXTRA_CA_CERTS names alone: `msal.ts ORIGIN TENANT`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from '@azure/msal-node'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { testBrowser } from '../../server/src/testing/server.ts'
import { answerSignIn, appId, messagesAt, SIGNER, secretOf, signIn } from './demonstration.ts'

const [origin = '', tenantId = ''] = process.argv.slice(2)
const { host } = new URL(origin)
const redirectUri = 'http://localhost:3999/callback'
const scopes = ['User.Read']

const configuration = (n: number, authority = `${origin}/${tenantId}`) => ({
  auth: { clientId: appId(n), authority, knownAuthorities: [host] },
})
const confidential = (n: number, word: string, authority?: string) => {
  const { auth } = configuration(n, authority)
  return new ConfidentialClientApplication({ auth: { ...auth, clientSecret: secretOf(word) } })
}

/** Signs the person in by code with PKCE, as MSAL's own samples do. */
async function signInBy(client: ConfidentialClientApplication | PublicClientApplication, redirectUri: string) {
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes()
  const to = await client.getAuthCodeUrl({
    scopes,
    redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
  })
  const answer = await signIn(testBrowser(origin), origin, to)
  const code = answer.searchParams.get('code')
  assert.ok(code, answer.href)
  return client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier: verifier })
}

test('a person signs in by code with PKCE, then silently from the cache, then by a refresh that is forced', async () => {
  const client = confidential(1, 'expenses')
  const first = await signInBy(client, redirectUri)
  assert.deepEqual(
    [first.tenantId, first.account?.username, first.scopes],
    [tenantId, SIGNER, ['openid', 'profile', 'offline_access', 'User.Read']],
  )
  const account = first.account!
  assert.equal(account.homeAccountId.split('.')[0], first.uniqueId)
  const cached = await client.acquireTokenSilent({ account, scopes })
  assert.deepEqual([cached.fromCache, cached.accessToken], [true, first.accessToken])
  const forced = await client.acquireTokenSilent({ account, scopes, forceRefresh: true })
  assert.equal(forced.fromCache, false)
  assert.notEqual(forced.accessToken, first.accessToken)
})

test('a native application signs in on a port that it is given at the moment', async () => {
  const { accessToken } = await signInBy(
    new PublicClientApplication(configuration(4)),
    'http://127.0.0.1:51234/callback',
  )
  assert.ok(accessToken)
})

/** A device asks for a sign-in with a second step, and its person confirms it in a browser. */
async function confirmDevice(scopes: string[]) {
  const shown = Promise.withResolvers<{ userCode: string; verificationUri: string }>()
  const signedIn = new PublicClientApplication(configuration(4)).acquireTokenByDeviceCode({
    scopes,
    claims: '{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}',
    deviceCodeCallback: shown.resolve,
  })
  const { userCode: code, verificationUri } = await shown.promise
  assert.equal(verificationUri, `${origin}/device`)
  const browser = testBrowser(origin)
  const typed = await browser.submit('/device', { code })
  const answers = { outbox: messagesAt(origin) }
  const at = typed.headers.get('location')!
  assert.equal((await answerSignIn(browser, at, answers, 'second-step')).state, 'second-step')
  assert.equal((await answerSignIn(browser, at, answers)).state, 'finished')
  return { signedIn }
}

test('a device signs in, once its person has typed the code, taken the second step and confirmed', async () => {
  // One after the other, for each reads the newest code; then both poll at once.
  const devices = [await confirmDevice(['openid', 'profile']), await confirmDevice(scopes)]
  const [forItself, forApi] = await Promise.all(devices.map(async ({ signedIn }) => (await signedIn)!))
  for (const { account, idTokenClaims } of [forItself!, forApi!]) {
    const { acr, amr } = idTokenClaims as { acr: string; amr: string[] }
    assert.deepEqual([account?.username, acr, amr], [SIGNER, 'mfa', ['pwd', 'otp', 'mfa']])
  }
  const userinfo = await fetch(`${origin}/${tenantId}/v2.0/userinfo`, {
    headers: { authorization: `Bearer ${forItself!.accessToken}` },
  })
  assert.equal((await userinfo.json()).preferred_username, SIGNER)
  const keys = createRemoteJWKSet(new URL(`${origin}/${tenantId}/v2.0/keys`))
  const { payload } = await jwtVerify(forApi!.accessToken, keys, { audience: `${origin}/v1.0`, typ: 'at+jwt' })
  assert.deepEqual([payload.scp, payload.acr], ['User.Read', 'mfa'])
})

test('an application that does not know its tenant is led to the one that the person signs in to', async () => {
  const { tenantId: found, account } = await signInBy(
    confidential(1, 'expenses', `${origin}/organizations`),
    redirectUri,
  )
  assert.deepEqual([found, account?.username], [tenantId, SIGNER])
})

test('the domain of a tenant stands for its id', async () => {
  const { tenantId: found } = await signInBy(confidential(1, 'expenses', `${origin}/acme.example`), redirectUri)
  assert.equal(found, tenantId)
})

test('a program gets a token for itself, and the next one from the cache', async () => {
  const client = confidential(3, 'night-job')
  for (const scope of [`${origin}/v1.0/.default`, '.default']) {
    const first = await client.acquireTokenByClientCredential({ scopes: [scope] })
    const claims = JSON.parse(Buffer.from(first!.accessToken.split('.')[1]!, 'base64url').toString())
    assert.deepEqual([claims.idtyp, claims.roles, claims.aud], ['app', ['User.Read.All'], `${origin}/v1.0`])
    assert.equal((await client.acquireTokenByClientCredential({ scopes: [scope] }))!.fromCache, true)
  }
  await assert.rejects(
    confidential(3, 'wrong').acquireTokenByClientCredential({ scopes: ['.default'] }),
    ({ errorCode, errorNo }: { errorCode: string; errorNo: number }) => {
      assert.deepEqual([errorCode, errorNo], ['invalid_client', 7000215])
      return true
    },
  )
})

test('a code that was used before is told as MSAL tells it: sign in again', async () => {
  const client = confidential(1, 'expenses')
  const { verifier: codeVerifier, challenge } = await new CryptoProvider().generatePkceCodes()
  const to = await client.getAuthCodeUrl({
    scopes,
    redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
  })
  const code = (await signIn(testBrowser(origin), origin, to)).searchParams.get('code')!
  const { account } = await client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier })
  await assert.rejects(client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier }), { errorNo: 54005 })
  // Its tokens ended with it, which MSAL takes for the need to ask the person.
  await assert.rejects(
    client.acquireTokenSilent({ account: account!, scopes, forceRefresh: true }),
    InteractionRequiredAuthError,
  )
})
