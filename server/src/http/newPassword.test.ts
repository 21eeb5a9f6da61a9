import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../testing/server.ts'
import { languages } from '../words/index.ts'

const server = await testServer()
const NAME = 'registered@acme.example'
const PASSWORD = 'Demo-passphrase-2026!'

async function signedIn() {
  const browser = server.browser()
  assert.equal((await browser.post('/signin', { username: NAME, password: PASSWORD })).status, 200)
  return browser
}

test('every rule that a new password fails is told of, the first as the problem', async () => {
  const browser = await signedIn()
  const table: [string, readonly string[]][] = [
    ['acme', ['password_too_short', 'password_too_simple', 'password_contains_name']],
    ['Registered-1', ['password_contains_name', 'password_banned']],
    ['AcmeR0cket!9', ['password_contains_name', 'password_banned']],
    ['Password2026!', ['password_banned']],
    [PASSWORD, ['password_same']],
  ]
  for (const [newPassword, codes] of table) {
    const { status, json } = await browser.post('/account/password', { currentPassword: PASSWORD, newPassword })
    assert.deepEqual([status, json.code], [422, codes[0]], newPassword)
    assert.deepEqual(
      json.errors,
      codes.map(code => ({ field: 'newPassword', code })),
      newPassword,
    )
  }
  const control = await browser.post('/account/password', {
    currentPassword: PASSWORD,
    newPassword: 'Kettle\u0007 & marsh 1',
  })
  assert.deepEqual([control.status, control.json.code], [400, 'invalid_request'])
})

test('the page says each of them in the reader’s language, and leads to the field', async () => {
  const browser = await signedIn()
  const form = { currentPassword: PASSWORD, newPassword: 'acme', password2: 'acme' }
  for (const language of languages) {
    const { t } = server.services.words.in(language)
    const headers = { 'accept-language': language }
    const { status, headers: answered } = await browser.request('POST', '/account/password', { form, headers })
    assert.deepEqual([status, answered.get('location')], [303, '/account/password'])
    const { text } = await browser.request('GET', '/account/password', { headers: { ...headers, accept: 'text/html' } })
    const summary = /class="banner banner-danger error-summary".*?<\/ul>/s.exec(text)?.[0] ?? ''
    assert.equal(summary.match(/<li>/g)?.length, 3, language)
    for (const code of ['password_too_short', 'password_too_simple', 'password_contains_name'] as const)
      assert.ok(summary.includes(t(`problems.${code}.detail`).replaceAll("'", '&#x27;')), `${language} ${code}`)
    assert.ok(summary.includes(t('problems.password_too_short.title')), language)
    assert.ok(!text.includes('value="acme"'), 'what was typed is not sent back')
  }
})
