import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Connection, frameworks, settingsFor } from './settings.ts'

const web: Connection = {
  issuer: 'https://reset.example.com/11111111-1111-1111-1111-111111111111/v2.0',
  clientId: '22222222-2222-2222-2222-222222222222',
  redirectUri: 'https://expenses.example/signed-in',
  hasSecret: true,
}

test('each framework is told the tenant and the application, and where its secret comes from', () => {
  for (const framework of frameworks) {
    const text = settingsFor(framework, web)
    assert.ok(text.includes(web.issuer), framework)
    assert.ok(text.includes(web.clientId), framework)
    // Django's library makes its redirect address by itself, and ASP.NET takes its path.
    if (framework !== 'django') assert.ok(text.includes('/signed-in'), framework)
    const isSecretNamed = /LATCHKEY_SECRET|secret_file|client_secret_basic/
    assert.match(text, isSecretNamed, framework)
    assert.doesNotMatch(settingsFor(framework, { ...web, hasSecret: false }), isSecretNamed, framework)
  }
})
