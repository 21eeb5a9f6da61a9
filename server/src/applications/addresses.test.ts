import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkRedirectAddress,
  checkWebAddress,
  matchesRedirect,
  originsOf,
  type Platform,
  platforms,
  readPlatform,
} from './addresses.ts'
import { ApplicationError } from './errors.ts'

const code = (expected: string) => (error: unknown) => error instanceof ApplicationError && error.code === expected

test('an application has addresses of one platform', () => {
  assert.deepEqual(readPlatform({}), { platform: 'web', redirectUris: [] })
  assert.deepEqual(readPlatform({ web: [], spa: ['https://a.example/'] }), {
    platform: 'spa',
    redirectUris: ['https://a.example/'],
  })
  assert.throws(() => readPlatform({ web: ['https://a.example/'], spa: ['https://a.example/'] }), code('one_platform'))
})

test('an address is https, http to this machine, or for native applications a scheme with a dot', () => {
  const everywhere = [
    'https://app.example/callback',
    'https://app.example',
    'https://app.example:8443/a/b?tenant=1&x=@y',
    'http://localhost/',
    'http://localhost:3999/callback',
    'http://127.0.0.1:65535/callback',
    'http://[::1]:3999?x=1',
  ]
  const native = ['com.acme.screen:/callback', 'com.acme.screen://callback', 'com.acme-2.screen:/a?b=c']
  const nowhere = [
    '',
    'app.example/callback',
    'http://app.example/callback',
    'http://127.1/callback',
    'http://2130706433/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://localhost:0/',
    'http://localhost:70000/',
    'http://localhost:80@evil.example/',
    'http://localhost@evil.example/',
    'https://',
    'https:/app.example/',
    'https:///app.example/',
    'https://name@app.example/',
    'https://name:word@app.example/',
    'https://@app.example/',
    'https://app.example/callback#part',
    'https://app.example/callback#',
    'https://*.app.example/',
    'https://app.example/*',
    'https://app.example\\@evil.example/',
    'https://app.example/a b',
    ' https://app.example/',
    'https://app.example/\n',
    'https://äpp.example/',
    'https://app.example/"',
    'HTTPS://app.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp:/callback',
    '.x:/callback',
    'com.acme.screen',
    'com.acme.screen:/callback#part',
    'com.acme.screen:/*',
    'com.acme.screen://name@callback',
    `https://app.example/${'a'.repeat(237)}`,
  ]
  for (const platform of platforms) {
    for (const one of everywhere) checkRedirectAddress(platform, one)
    for (const one of native)
      if (platform === 'publicClient') checkRedirectAddress(platform, one)
      else assert.throws(() => checkRedirectAddress(platform, one), code('address_invalid'), one)
    for (const one of nowhere) {
      assert.throws(() => checkRedirectAddress(platform, one), code('address_invalid'), one)
      assert.throws(() => checkWebAddress(one), code('address_invalid'), one)
    }
  }
  for (const one of everywhere) checkWebAddress(one)
  assert.throws(() => checkWebAddress(native[0]!), code('address_invalid'))
  checkRedirectAddress('web', `https://app.example/${'a'.repeat(236)}`)
})

test('an address is compared as text, and of native applications on this machine without its port', () => {
  const matches = (platform: Platform, redirectUris: string[], address: string) =>
    matchesRedirect({ platform, redirectUris }, address)
  const registered = ['http://localhost:3999/callback', 'https://app.example/callback']
  for (const one of registered) assert.ok(matches('web', registered, one))
  for (const one of [
    'http://localhost:3999/callback/',
    'http://localhost:3999/callback?x=1',
    'http://localhost:3999/callback#x',
    'http://localhost:3999/CALLBACK',
    'http://localhost:3999/./callback',
    'http://localhost:3999/%63allback',
    'http://localhost:4000/callback',
    'https://localhost:3999/callback',
    'https://app.example:443/callback',
    'https://app.example/callback%00',
    '',
  ]) {
    assert.equal(matches('web', registered, one), false, one)
    assert.equal(matches('spa', registered, one), false, one)
  }
  const own = ['http://127.0.0.1/callback', 'http://[::1]:1/callback', 'com.acme.screen:/callback']
  for (const one of [
    ...own,
    'http://127.0.0.1:51234/callback',
    'http://127.0.0.1:1/callback',
    'http://[::1]/callback',
    'http://[::1]:51234/callback',
  ])
    assert.ok(matches('publicClient', own, one), one)
  for (const one of [
    'http://127.0.0.1:51234/other',
    'http://127.0.0.1:51234/callback/',
    'http://127.0.0.1:51234/callback?x=1',
    'https://127.0.0.1:51234/callback',
    'http://127.0.0.1:0/callback',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:80@evil.example/callback',
    'http://127.0.0.2:51234/callback',
    'http://localhost:51234/callback',
    'http://localhost/callback',
    'com.acme.screen:51234/callback',
    'com.acme.screen:/callback:51234',
  ])
    assert.equal(matches('publicClient', own, one), false, one)
})

test('the origins of a single-page application are those of its addresses', () => {
  const redirectUris = ['https://app.example/', 'https://app.example/silent', 'http://localhost:3998/']
  assert.deepEqual(originsOf({ platform: 'spa', redirectUris }), ['https://app.example', 'http://localhost:3998'])
  assert.deepEqual(originsOf({ platform: 'web', redirectUris }), [])
})
