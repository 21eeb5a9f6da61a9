import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../browser.ts'
import { addressOf, idIn, PASSWORD, SIGNER, startDemonstration } from './demonstration.ts'

// Applications that run in the browser alone: the demonstration’s own, and one of oidc-client-ts, unchanged.

const { origin, issuer, command } = await startDemonstration()
const browser = await openBrowser()
const openTab = async () => (await browser.newContext({ locale: 'en-US' })).newPage()

/** Answers the pages of a sign-in until the browser is at an address that fits. */
async function signIn(tab: Page, there: (address: URL) => boolean) {
  const send = async (name: string, value: string) => {
    await tab.locator(`input[name="${name}"]`).fill(value)
    await tab.locator('main form .button-primary').first().click()
  }
  await send('username', SIGNER)
  await send('password', PASSWORD)
  const yes = tab.locator('button[value="true"]').first()
  for (;;) {
    await Promise.race([tab.waitForURL(there), yes.waitFor()])
    if (there(new URL(tab.url()))) return
    await yes.click()
  }
}

test('the demonstration’s own application signs in, shows what it learned, and signs out', async () => {
  const tab = await openTab()
  const complaints: string[] = []
  // Chromium also notes there, as no warning, that a test typed before a page's own focus came.
  tab.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  tab.on('pageerror', error => complaints.push(error.message))
  // Its name on this machine is one; by another it leads there.
  await tab.goto(`${origin.replace('localhost', '127.0.0.1')}/demo/app`)
  await tab.waitForURL(`${origin}/demo/app`)
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
  await signIn(tab, ({ href }) => href.startsWith(`${origin}/demo/app`))
  await tab.getByText('Signed in as Signing Person').waitFor()
  assert.equal(tab.url(), `${origin}/demo/app`, 'the code is nowhere to be read')
  const shown = await tab.locator('main').innerText()
  for (const told of [SIGNER, issuer.href, 'openid profile email User.Read', 'tid', 'acr', 'nonce'])
    assert.ok(shown.includes(told), told)
  await tab.getByRole('link', { name: 'Français' }).click()
  await tab.getByText('Connexion en tant que Signing Person').waitFor()
  await tab.getByRole('button').first().click()
  await tab.getByRole('button', { name: 'Se connecter' }).waitFor()
  // An answer of another tab is refused.
  await tab.goto(`${origin}/demo/app?code=stolen&state=other&iss=${issuer.href}`)
  await tab.getByRole('alert').waitFor()
  assert.deepEqual(complaints, [])
})

/** Serves an application of oidc-client-ts, and registers it. Returns its address. */
async function serveNotes(): Promise<string> {
  const package_ = createRequire(import.meta.url).resolve('oidc-client-ts/package.json')
  const library = await readFile(join(package_, '../dist/browser/oidc-client-ts.min.js'), 'utf8')
  const server = createServer((request, response) => {
    const [type, body] = request.url === '/oidc.js' ? ['text/javascript', library] : ['text/html', page]
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  const home = `${(await addressOf(server)).replace('127.0.0.1', 'localhost')}/`
  const printed = await command('applications', 'create', 'acme.example', '--name', 'Notes', '--spa', home)
  const page = `<!DOCTYPE html><title>Notes</title><script src="oidc.js"></script><script>
    const manager = scope => new oidc.UserManager({
      authority: '${issuer.href}', client_id: '${idIn(printed)}', redirect_uri: '${home}', silent_redirect_uri: '${home}',
      scope, automaticSilentRenew: false, monitorSession: false,
    })
    if (parent !== window) manager('openid profile').signinSilentCallback()
  </script>`
  return home
}

/** Runs a script in the tab that leads to a user of oidc-client-ts. */
const userOf = (tab: Page, script: string) =>
  tab.evaluate(script) as Promise<{ access_token: string; scope: string; profile: Record<string, unknown> }>

test('oidc-client-ts signs in by a redirect, then silently by a refresh token, and by a hidden frame without one', async () => {
  const home = await serveNotes()
  const tab = await openTab()
  await tab.goto(home)
  const scope = 'openid profile offline_access'
  await tab.evaluate(`void manager('${scope}').signinRedirect()`)
  await signIn(tab, ({ href }) => href.startsWith(home))
  const first = await userOf(tab, `manager('${scope}').signinRedirectCallback()`)
  assert.deepEqual([first.profile.preferred_username, first.profile.iss], [SIGNER, issuer.href])
  const renewed = await userOf(tab, `manager('${scope}').signinSilent()`)
  assert.notEqual(renewed.access_token, first.access_token)
  await tab.evaluate('sessionStorage.clear()')
  const framed = await userOf(tab, `manager('openid profile').signinSilent()`)
  assert.deepEqual([framed.profile.sub, framed.scope], [first.profile.sub, 'openid profile'])
})
