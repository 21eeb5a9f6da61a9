import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PASSWORD } from '../demo/index.ts'
import { granted, post } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

const server = await testServer()

test('owners see their own numbers and addresses whole, and strangers an end that is read out in words', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'prefilled@acme.example', password: PASSWORD }))
  const { text } = await browser.page('/security-info')
  for (const own of ['+46 70 174 06 05', 'prefilled@mail.example']) assert.ok(text.includes(`>${own}<`), own)
  assert.ok(!text.includes('•'))
  const { methods } = granted(await browser.get('/security-info'))
  assert.deepEqual(
    methods.flatMap((one: { value?: string; hint?: string }) => (one.value ? [[one.value, one.hint]] : [])),
    [
      ['+46 70 174 06 05', '••••••••05'],
      ['prefilled@mail.example', 'p•••••@m•••••'],
    ],
  )

  const stranger = server.browser()
  const { id } = granted(await post(stranger, '/reset', { username: 'registered@acme.example' }), 201)
  const page = (await stranger.page(`/reset/${id}`)).text
  assert.match(page, /aria-hidden="true">•{8}10<\/bdi><span class="visually-hidden">the number that ends in 10</)
  assert.match(page, /visually-hidden">the address that begins with r, at a domain that begins with m</)
  assert.ok(!page.includes('registered@mail.example'))
})

test('the country of a number is guessed from the reader’s region, then the company’s, then the language', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'new@acme.example', password: PASSWORD }))
  const guessed = async (wishes: string) => {
    const headers = { 'accept-language': wishes }
    const { text } = await browser.request('GET', '/security-info/set-up/mobilePhone', { page: true, headers })
    return /<option value="(..)" selected/.exec(text)?.[1]
  }
  assert.equal(await guessed('fr-CH, en;q=0.5'), 'CH')
  assert.equal(await guessed('pt-BR'), 'BR')
  assert.equal(await guessed('en-XX'), 'US', 'a region that is no country')
  await server.store.pool.query("update latchkey.tenants set country = 'GB'")
  assert.equal(await guessed('en'), 'GB')
  assert.equal(await guessed('en-CA'), 'CA')
})

/** Waits until the code that a page asks for was sent, for ten seconds at most. */
async function sent(browser: TestBrowser, path: string) {
  const end = performance.now() + 60_000
  while (granted(await browser.get(path)).challenge.delivery !== 'sent') {
    assert.ok(performance.now() < end, 'it was not sent')
    await sleep(20)
  }
}

test('whether a code was delivered can be asked for, and an expired one leads to another by the same way', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'registered@acme.example', password: PASSWORD }))
  const { methods } = granted(await browser.get('/security-info'))
  const { id } = methods.find(({ kind }: { kind: string }) => kind === 'email')
  const next = '/session/proof?next=%2Fsecurity-info%2Fset-up%2Femail'
  assert.deepEqual(granted(await browser.get(next)), { challenge: null })
  const asked = await browser.submit(next.replace('proof', 'challenges'), { method: id })
  assert.equal(asked.headers.get('location'), next)
  const page = (await browser.page(next)).text
  const { challenge } = granted(await browser.get(next))
  assert.equal(challenge.kind, 'email')
  assert.ok(page.includes(`data-challenge="${challenge.id}"`) || challenge.delivery === 'sent')
  const code = await server.code('registered@mail.example')
  granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))

  const kind = { kind: 'email', address: 'other@mail.example' }
  const own = granted(await post(browser, '/security-info/challenges', kind), 201)
  assert.equal(granted(await browser.get('/security-info/code')).challenge.id, own.id)
  granted(await post(browser, '/session/challenges', { method: id }), 201)
  // One that never left would be told as such.
  for (const path of ['/security-info/code', next]) await sent(browser, path)
  server.clock.advance(5 * 60_000 + 1)
  for (const path of ['/security-info/code', next]) {
    assert.deepEqual(granted(await browser.get(path)), { challenge: null })
    const over = (await browser.page(path)).text
    assert.match(over, /<h1[^>]*>This code has expired/)
    const [, action = ''] = /action="([^"]+\/challenges[^"]*)"/.exec(over) ?? []
    const hidden = [...over.matchAll(/type="hidden" name="([^"]+)" value="([^"]+)"/g)].map(([, name, value]) => [
      name,
      value,
    ])
    const sent = await browser.submit(action.replaceAll('&amp;', '&'), Object.fromEntries(hidden))
    assert.equal(sent.headers.get('location'), path)
    assert.doesNotMatch((await browser.follow(sent)).text, /has expired/)
  }
})

test('the page that removes a method leads back to the list once it is removed', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'prefilled@acme.example', password: PASSWORD }))
  const { status, headers } = await browser.page('/security-info/methods/AAAAAAAAAAAAAAAAAAAAAA/removal')
  assert.deepEqual([status, headers.get('location')], [303, '/security-info'])
})
