import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { wrongPassword } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { securityHeaders } from './headers.ts'

const server = await testServer({ trustedProxies: ['127.0.0.1'] })
const NAME = 'registered@acme.example'

const newestEvent = async () => {
  const { rows } = await server.store.pool.query(
    "select activity, target_name, address from latchkey.audit_events where activity like 'sign%' order by at desc, id desc limit 1",
  )
  return rows[0] as { activity: string; target_name: string; address: string }
}

test('on this machine browsers are not told to stay with https, which would hold for every port', () => {
  const name = 'strict-transport-security'
  assert.ok(!(name in securityHeaders('https://localhost:8443')))
  assert.ok(name in securityHeaders('https://localhost.contoso.example'))
})

test('password managers are led to where a password is changed', async () => {
  const answer = await server.browser().page('/.well-known/change-password')
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/account/password'])
})

test('signing out leaves the page in the looks of the company', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: NAME, password: PASSWORD }))
  const page = await browser.follow(await browser.submit('/signout', {}))
  assert.match(page.text, /You’re signed out|signed out/i)
  assert.match(page.text, /\/branding\/[\w-]+\/style\.css/)
  assert.doesNotMatch(page.text, /value="registered@/)
  assert.match(page.text, /href="\/signin\?lang=fr&amp;whr=acme\.example"/)
})

test('an IPv4 address that came as one of IPv6 is itself, however it is written', async () => {
  for (const address of ['::ffff:203.0.113.9', '::FFFF:cb00:7109', '[::ffff:203.0.113.9]:4711', '203.0.113.9:80']) {
    const headers = { 'x-forwarded-for': address }
    granted(
      await server.browser().request('POST', '/signin', { json: { username: NAME, password: PASSWORD }, headers }),
    )
    assert.equal((await newestEvent()).address, '203.0.113.9', address)
  }
})

test('a right password on a locked account is answered like a wrong one, and told to its owner as a lock', async () => {
  const ask = (password: string) => post(server.browser(), '/signin', { username: 'locked@acme.example', password })
  const wrong = refused(await ask(wrongPassword()), 401, 'invalid_credentials')
  assert.equal((await newestEvent()).activity, 'signin.failed')
  assert.deepEqual(refused(await ask(PASSWORD), 401, 'invalid_credentials'), wrong)
  assert.equal((await newestEvent()).activity, 'signin.blocked')
  const unknown = await post(server.browser(), '/signin', { username: 'nobody@acme.example', password: PASSWORD })
  assert.deepEqual(refused(unknown, 401, 'invalid_credentials'), wrong, 'nor does the text tell of a lock')
  assert.match(wrong.detail, /may be locked/)
})
