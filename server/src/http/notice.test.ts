import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { get, granted, post } from '../testing/contract.ts'
import { wrongCode, wrongPassword } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// After every form comes a 303, and its page tells the result once.
const server = await testServer()
const NAME = 'registered@acme.example'

const refuseSignIn = (browser: TestBrowser, path = '/signin', username = NAME) =>
  browser.submit(path, { username, password: wrongPassword() })

const wrong = /The user name or password isn’t correct/

test('a refused form leads to its page, which says so once: Back, Reload and a lost answer do no harm', async () => {
  const browser = server.browser()
  const answer = await refuseSignIn(browser)
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/signin'])
  const cookie = answer.headers.getSetCookie().find(line => line.startsWith('latchkey_notice=')) ?? ''
  assert.match(cookie, /; Max-Age=180; Path=\/; HttpOnly; SameSite=Lax$/)
  const page = await browser.follow(answer)
  assert.equal(page.status, 200)
  assert.match(page.text, wrong)
  assert.match(page.text, /<title>Error: Sign in – /)
  assert.match(page.text, /value="registered@acme\.example"/)
  assert.match(page.text, /class="banner banner-danger error-summary" tabindex="-1" autofocus/)
  const reloaded = await browser.page('/signin')
  assert.doesNotMatch(reloaded.text, wrong)
  assert.match(reloaded.text, /<title>Sign in – /)
  assert.equal(browser.cookies.has('latchkey_notice'), false)
})

test('the page of another form shows nothing of it, and it waits for its own', async () => {
  const browser = server.browser()
  await refuseSignIn(browser)
  assert.doesNotMatch((await browser.page('/reset')).text, /error-summary/)
  assert.match((await browser.page('/signin')).text, wrong)
})

test('an error is shown in the language that is chosen while it stands there, and not after it', async () => {
  const browser = server.browser()
  const query = '?username=somebody%40acme.example&next=%2Fsecurity-info'
  const answer = await refuseSignIn(browser, `/signin${query}`)
  assert.equal(answer.headers.get('location'), `/signin${query}`)
  const page = await browser.follow(answer)
  const switches = [...page.text.matchAll(/href="([^"]+)" hrefLang="fr"/g)].map(([, href]) => href)
  const french = switches[0]?.replaceAll('&amp;', '&') ?? ''
  assert.equal(french, `/signin?lang=fr&${query.slice(1)}`)
  const translated = await browser.page(french)
  assert.match(translated.text, /<title>Erreur[\u00a0\u202f]: /)
  assert.match(translated.text, /value="registered@acme\.example"/)
  assert.doesNotMatch((await browser.page(french)).text, /error-summary/)
  assert.doesNotMatch((await browser.page('/signin?lang=en')).text, /error-summary/)
})

test('a success takes an older refusal away, and one that is minutes old is not shown', async () => {
  const browser = server.browser()
  await refuseSignIn(browser)
  const signedIn = await browser.submit('/signin', { username: NAME, password: PASSWORD })
  assert.equal(signedIn.headers.get('location'), '/account')
  assert.equal(browser.cookies.has('latchkey_notice'), false)
  const late = server.browser()
  await refuseSignIn(late)
  server.clock.advance(3 * 60_000 + 1)
  assert.doesNotMatch((await late.page('/signin')).text, /error-summary/)
})

test('what was typed comes back, but no secret travels, and nobody can write such a cookie', async () => {
  const browser = server.browser()
  const password = wrongPassword()
  await browser.submit('/signin', { username: NAME, password })
  const sealed = browser.cookies.get('latchkey_notice') ?? ''
  assert.ok(sealed.length > 40 && sealed.length < 4_000)
  const place = { purpose: 'form', tenantId: '', rowId: '/signin' } as const
  const plain = server.services.keys.open(place, Buffer.from(sealed, 'base64url'))
  assert.ok(plain.includes(NAME))
  assert.ok(!plain.includes(password))
  for (const forged of [
    `${sealed.slice(0, -4)}AAAA`,
    Buffer.from('{"code":"internal"}').toString('base64url'),
    '%',
    'x',
  ]) {
    const stranger = server.browser()
    stranger.cookies.set('latchkey_notice', forged)
    const page = await stranger.page('/signin')
    assert.deepEqual([page.status, /error-summary/.test(page.text)], [200, false])
  }
})

test('a form sent again by a reload counts once, and from two tries on the page says how many are left', async () => {
  const browser = server.browser()
  const { id, methods } = granted(await post(browser, '/reset', { username: 'stale@acme.example' }), 201)
  const email = methods.find(({ kind }: { kind: string }) => kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method: email }), 201)
  const code = await server.code('stale@mail.example')
  const told = async (guess: string) =>
    (await browser.follow(await browser.submit(`/reset/${id}/proofs`, { challenge: challenge.id, code: guess }))).text
  const wrong = [0, 1, 2, 3].map(() => wrongCode(code))
  for (let n = 0; n < 6; n++) assert.doesNotMatch(await told(wrong[0]!), /tries left/)
  assert.doesNotMatch(await told(wrong[1]!), /left/)
  assert.match(await told(wrong[2]!), /<li>You have 2\stries left\.<\/li>/)
  assert.match(await told(wrong[3]!), /<li>You have 1\stry left\.<\/li>/)
  assert.match(await told(wrong[3]!), /<li>You have 1\stry left\.<\/li>/)
  const right = await browser.submit(`/reset/${id}/proofs`, { challenge: challenge.id, code })
  assert.doesNotMatch((await browser.follow(right)).text, /error-summary/)
})

test('how long a reset may take is said where it begins and where its ways are', async () => {
  const browser = server.browser()
  const begun = granted(await post(browser, '/reset', { username: 'registered@acme.example' }), 201)
  for (const [path, said] of [
    ['/reset?lang=en', 'You have 15\u00a0minutes to finish.'],
    [`/reset/${begun.id}`, 'You have 15\u00a0minutes to finish.'],
  ] as const)
    assert.ok((await browser.page(path)).text.includes(said), path)
})

test('the largest form leaves a cookie that browsers keep', async () => {
  const browser = server.browser()
  for (const username of ['x'.repeat(60_000), '\u3042'.repeat(7_000), '"'.repeat(20_000)]) {
    const answer = await browser.submit('/reset', { username })
    const [line = ''] = answer.headers.getSetCookie().filter(one => one.startsWith('latchkey_notice='))
    assert.ok(line.length > 40 && line.length < 4_096, String(line.length))
    assert.match((await browser.follow(answer)).text, /error-summary/)
  }
})

test('a refused step of a journey leads back to the way that was chosen, with the number that was typed', async () => {
  const browser = server.browser()
  const { id, methods } = granted(await post(browser, '/reset', { username: NAME }), 201)
  const phone = methods.find(({ kind }: { kind: string }) => kind === 'mobilePhone').id
  const way = `${phone}.voice`
  const page = await browser.page(`/reset/${id}?way=${way}`)
  assert.ok(page.text.includes(`action="/reset/${id}/challenges?way=${way}"`))
  assert.ok(page.text.includes(`href="/reset/${id}?lang=fr&amp;way=${way}"`), 'the language switch keeps it too')
  const form = { method: phone, channel: 'voice', country: 'US', number: '206 555 0199' }
  const answer = await browser.submit(`/reset/${id}/challenges?way=${way}`, form)
  assert.equal(answer.headers.get('location'), `/reset/${id}?way=${way}`)
  const refused = await browser.follow(answer)
  assert.match(refused.text, /href="#field-number"/)
  assert.match(refused.text, /value="206 555 0199"/)
  assert.match(refused.text, /name="channel" value="voice"/)
  // JSON is answered where it was asked.
  assert.equal(
    (await post(browser, `/reset/${id}/challenges`, { method: phone, phoneNumber: '+12065550199' })).status,
    422,
  )
  assert.equal(granted(await get(browser, `/reset/${id}`)).state, 'verify')
})

// Last, as it blocks whom it is tried with.
test('of one’s own current password and of a proof in a session the page says when two tries are left', async () => {
  const browser = server.browser()
  const username = 'registered@acme.example'
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
  const told = async (path: string, form: Record<string, string>) =>
    /You have (\d)\str(?:y|ies) left/.exec((await browser.follow(await browser.submit(path, form))).text)?.[1]
  const change = () =>
    told('/account/password', { currentPassword: wrongPassword(), newPassword: 'Quite-another-kestrel-1' })
  const left: (string | undefined)[] = []
  for (let n = 0; n < 10; n++) left.push(await change())
  assert.deepEqual(left, [...Array(7).fill(undefined), '2', '1', undefined])

  server.clock.advance(20 * 60_000)
  const { methods } = granted(await browser.get('/security-info'))
  const { id } = methods.find(({ kind }: { kind: string }) => kind === 'email')
  const { challenge } = granted(await post(browser, '/session/challenges', { method: id }), 201)
  const code = await server.code('registered@mail.example')
  const proved: (string | undefined)[] = []
  for (let n = 0; n < 4; n++) {
    const form = { challenge: challenge.id, code: wrongCode(code) }
    proved.push(await told('/session/proofs?next=/security-info/set-up/mobilePhone', form))
  }
  assert.deepEqual(proved, [undefined, undefined, '2', '1'])
})
