import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAuthenticator, registerPasskey } from '../../server/src/testing/authenticator.ts'
import { get, granted, post } from '../../server/src/testing/contract.ts'
import { testBrowser } from '../../server/src/testing/server.ts'
import { PASSWORD, startDemonstration } from './demonstration.ts'

test('a passkey is made and signs in at a demonstration on a port that the system chose', async () => {
  const { origin } = await startDemonstration()
  const device = newAuthenticator()
  const owner = testBrowser(origin)
  const username = 'new@acme.example'
  granted(await post(owner, '/signin', { username, password: PASSWORD }))
  await registerPasskey(owner, device)

  const browser = testBrowser(origin)
  const { options } = granted(await get(browser, '/signin/passkey'))
  granted(await post(browser, '/signin/passkey', { credential: device.getJSON(origin, options) }))
  assert.equal(granted(await get(browser, '/session')).user.userPrincipalName, username)
  assert.deepEqual(granted(await browser.get('/.well-known/webauthn')), { origins: [origin] })
})
