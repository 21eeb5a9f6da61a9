import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { MINUTE, SECOND } from '../server/src/clock.ts'
import { bringAxe, judgeByAxe } from '../server/src/testing/axe.ts'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'

// A reset begins behind its captcha: with script, without it, and where script goes wrong.
const server = await testServer({ captcha: true })
const browser = await openBrowser()
const NAME = 'registered@acme.example'
const { t } = server.services.words.in('fr')

/** The first page of a reset in French, and everything that the browser complains of there. */
async function open(script: boolean, path = '/reset') {
  const context = await openWindow(browser, server, { language: 'fr', script })
  await bringAxe(context)
  const tab = await context.newPage()
  const complaints: string[] = []
  tab.on('console', message => {
    if (/^(error|warning)$/.test(message.type())) complaints.push(message.text())
  })
  tab.on('pageerror', error => complaints.push(error.message))
  return {
    context,
    tab,
    complaints,
    load: () => tab.goto(path),
    name: tab.getByLabel(t('signin.username'), { exact: true }),
    next: tab.getByRole('button', { name: t('reset.start.next') }),
    begun: () => tab.getByRole('heading', { level: 1, name: t('reset.verify.title') }).waitFor(),
  }
}

test('with script the captcha is solved while the name is typed, by keyboard, under the strict policy', async () => {
  const { context, tab, complaints, load, begun } = await open(true)
  const asked: string[] = []
  tab.on('request', request => asked.push(request.url()))
  await load()
  const solved = tab.waitForResponse(response => response.url().includes('/captcha'))
  await tab.locator('[name=username]:focus').waitFor()
  await tab.keyboard.type(NAME)
  await solved
  await tab.keyboard.press('Enter')
  await begun()
  assert.deepEqual(complaints, [])
  const captchas = asked.filter(url => url.includes('/captcha?'))
  assert.ok(captchas.length >= 1)
  for (const url of captchas) assert.doesNotMatch(url, /registered/)
  assert.ok(asked.some(url => /\/assets\/captchaWorker-[\w-]+\.js$/.test(url)))

  // Back, and on again: a spent solution is not sent twice.
  await tab.goBack()
  await tab.getByRole('button', { name: t('reset.start.next') }).click()
  await begun()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a name that a link filled in needs no typing, and one who waits is told what for', async () => {
  const { context, tab, complaints, load, next, begun } = await open(true, `/reset?username=${NAME}`)
  let answer = () => {}
  const held = new Promise<void>(resolve => {
    answer = resolve
  })
  await tab.route('**/captcha?*', async route => {
    await held
    await route.continue()
  })
  await load()
  await next.click()
  const status = tab.getByRole('status')
  await status.filter({ hasText: t('reset.start.checking') }).waitFor()
  assert.ok(await next.isEnabled())
  const { violations, passes } = await judgeByAxe(tab)
  assert.deepEqual(violations, [])
  assert.ok(passes.length > 20)
  await next.click() // once more, impatiently
  answer()
  await begun()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('with script a domain that is asked about takes no wait either, whether it stands alone or in an address', async () => {
  for (const typed of ['acme.example', NAME]) {
    const { context, tab, complaints, load } = await open(true, '/account-check')
    const asked: string[] = []
    tab.on('request', request => asked.push(request.url()))
    await load()
    const began = performance.now()
    await tab.getByLabel(t('workAccounts.ask.query')).fill(typed)
    await tab.getByRole('button', { name: t('workAccounts.ask.check') }).click()
    await tab.getByRole('heading', { level: 1, name: t('workAccounts.managed.title') }).waitFor()
    const captchas = asked.filter(url => url.includes('/captcha?'))
    assert.deepEqual(
      [...new Set(captchas)].map(url => new URL(url).searchParams.get('username')),
      ['@acme.example'],
    )
    assert.deepEqual(complaints, [])
    console.log(`${typed}: answered after ${Math.round(performance.now() - began)} ms`)
    await context.close()
  }
})

test('with script a page that asks for nothing solves its captcha at once', async () => {
  const { context, tab, complaints, load } = await open(true, '/start')
  await load()
  await tab.getByRole('button', { name: t('onboarding.start.go') }).click()
  await tab.getByRole('heading', { level: 1, name: t('onboarding.question.has-domain.title') }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('where the solving fails the form is sent as without script, once the server takes it', async () => {
  const breakages: Record<string, string> = { 'no challenge': '**/captcha?*', 'no worker': '**/assets/captchaWorker-*' }
  for (const pattern of Object.values(breakages)) {
    const { context, tab, load, name, next, begun } = await open(true)
    await tab.route(pattern, route => route.abort())
    await load()
    await name.fill(NAME)
    await next.click()
    await begun()
    await context.close()
  }
})

test('without script the form is taken five seconds after it was opened, and until then says so', async () => {
  const { context, tab, complaints, load, name, next, begun } = await open(false)
  await load()
  // However long this machine takes to fill it in, it was opened just now.
  server.clock.advance(-MINUTE)
  await name.fill(NAME)
  await next.click()
  await tab
    .getByRole('alert')
    .filter({ hasText: t('problems.captcha_too_early.title') })
    .waitFor()
  assert.equal(await name.inputValue(), NAME)
  server.clock.advance(MINUTE + 5 * SECOND)
  await next.click()
  await begun()
  assert.ok(
    complaints.every(text => /429/.test(text)),
    complaints.join(),
  )
  await context.close()
})

test('the first page of a reset weighs little, scripts and looks included', async () => {
  const page = (await server.page(`/reset?username=${NAME}`)).text
  const sources = [...page.matchAll(/"(\/(?:assets|branding)\/[^"]+)"/g)].map(([, path]) => path!)
  const sizes = new Map([['page', gzipSync(page).length]])
  for (const path of sources) {
    const { status, headers } = await server.request('GET', path, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(status, 200, path)
    sizes.set(path, Number(headers.get('content-length')))
  }
  const sum = (fits: RegExp) => [...sizes].reduce((total, [path, size]) => total + (fits.test(path) ? size : 0), 0)
  const report = [...sizes].map(([path, size]) => `${size} ${path}`).join('\n')
  assert.ok(sum(/\.js$/) > 0 && sum(/\.js$/) < 2_560, report)
  assert.ok(sum(/./) < 40 * 1024, report)
  console.log(`${sum(/./)} bytes, ${sum(/\.js$/)} of them script`)
})
