import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { granted } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { chooseSignIn, takeDueStep } from '../testing/steps.ts'

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const PATH = '/organization/branding'

async function signIn(username: string) {
  const browser = server.browser()
  granted(await browser.post('/signin', { username, password: PASSWORD }))
  await takeDueStep(server, browser)
  return browser
}
const admin = await signIn('admin@acme.example')
const look = async (locale = '0') => granted(await admin.get(`${PATH}?locale=${locale}`))

const signInPage = (language = 'en') =>
  server.browser().request('GET', '/signin?whr=acme.example', { page: true, headers: { 'accept-language': language } })

/** Every field of the form, as a browser sends them. */
const formOf = async (more: Record<string, string> = {}) => {
  const { text } = await admin.page(PATH)
  const [, version = ''] = /name="version" value="(\w+)"/.exec(text) ?? []
  const empty = {
    ...{ signInPageText: '', usernameHintText: '', customForgotMyPasswordText: '', backgroundColor: '' },
    ...{ customTermsOfUseText: '', customTermsOfUseUrl: '' },
    ...{ customPrivacyAndCookiesText: '', customPrivacyAndCookiesUrl: '' },
  }
  return { locale: '0', version, ...empty, ...more }
}

/** A PNG of one size: nobody looks further than that. */
function png(width: number, height: number, bytes = 200): Buffer {
  const image = Buffer.alloc(bytes)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(image)
  image.writeUInt32BE(width, 16)
  image.writeUInt32BE(height, 20)
  return image
}

/** Sends a form with a file, as a browser does. */
async function send(browser: TestBrowser, fields: Record<string, string>, file?: Buffer, path = `${PATH}/pictures`) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  if (file) form.append('picture', new File([new Uint8Array(file)], 'logo.png', { type: 'image/png' }))
  const cookie = [...browser.cookies].map(one => one.join('=')).join('; ')
  const headers = { accept: 'text/html', 'sec-fetch-site': 'same-origin', cookie }
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: form, redirect: 'manual' })
  for (const set of answer.headers.getSetCookie()) {
    const [name = '', value = ''] = set.split(';')[0]!.split('=')
    browser.cookies.set(name, value)
  }
  return { status: answer.status, to: answer.headers.get('location') ?? '', text: await answer.text() }
}

test('those who keep the looks alone see the page, and nothing is written without a second step', async t => {
  assert.equal((await server.browser().page(PATH)).headers.get('location'), `/signin?next=${encodeURIComponent(PATH)}`)
  const plain = await signIn('registered@acme.example')
  for (const [path, body] of [
    ['', { locale: '0', backgroundColor: '#000000' }],
    ['/previews', { locale: '0' }],
    ['/pictures', { locale: '0', kind: 'favicon', picture: png(1, 1).toString('base64') }],
    ['/pictures/previews', { locale: '0', kind: 'favicon', picture: png(1, 1).toString('base64') }],
    ['/pictures/removal', { locale: '0', kind: 'bannerLogo' }],
    ['/removal', { locale: '0' }],
    ['/name', { displayName: 'Mine' }],
    ['/helpdesk', { helpdesk: 'me@acme.example' }],
  ] as const) {
    const { status, json } = await plain.post(`${PATH}${path}`, body)
    assert.deepEqual([status, json.code], [403, 'forbidden'], path)
  }
  assert.equal((await plain.get(PATH)).status, 403)
  assert.doesNotMatch((await plain.page('/account')).text, /organization\/branding/)
  assert.match((await admin.page('/account')).text, /href="\/organization\/branding"/)
  await inTenant(server.store, acme, async trx => {
    const user = await findUserByName(trx, acme, 'registered@acme.example')
    const means = { now: server.clock.now(), random: server.services.random, keys: server.services.keys }
    await assignRole(trx, means, user!.id, 'Organizational Branding Administrator')
  })
  await chooseSignIn(t, server, acme, { secondStep: 'off' })
  const keeper = await signIn('registered@acme.example')
  const page = await keeper.page(PATH)
  assert.match(page.text, /\/session\/proof\?next=%2Forganization%2Fbranding/)
  assert.doesNotMatch(page.text, /name="backgroundColor"|name="displayName"/)
  assert.equal((await keeper.post(PATH, { locale: '0' })).json.code, 'proof_needed')
  const { helpdesk } = granted(await keeper.get(PATH))
  assert.equal(helpdesk, undefined, 'who keeps the looks alone does not see the policy')
})

test('colour and texts are saved, stand on the pages of others, and yield to nobody who had not read them', async () => {
  const form = await formOf({ backgroundColor: ' 0B5394 ', signInPageText: 'Ask <b>Ada</b>\r\non 100.' })
  const saved = await admin.submit(PATH, form)
  assert.equal(saved.headers.get('location'), `${PATH}?locale=0&saved`)
  assert.match((await admin.follow(saved)).text, /It’s saved/)
  const { backgroundColor, signInPageText, usernameHintText } = await look()
  assert.deepEqual([backgroundColor, signInPageText, usernameHintText], ['#0b5394', 'Ask <b>Ada</b>\non 100.', null])
  assert.match((await signInPage()).text, /Ask &lt;b&gt;Ada&lt;\/b&gt;/)
  const late = await admin.submit(PATH, { ...form, usernameHintText: 'late' })
  assert.match((await admin.follow(late)).text, /Somebody else has changed this/)
  assert.equal((await look()).usernameHintText, null)
  for (const [more, words] of [
    [{ backgroundColor: 'red;}' }, /This isn’t a colour/],
    [{ customTermsOfUseUrl: 'javascript:alert(1)' }, /This address can’t be linked/],
  ] as const) {
    const answer = await admin.submit(PATH, await formOf({ ...more, usernameHintText: 'kept' }))
    const { text } = await admin.follow(answer)
    assert.match(text, words)
    assert.match(text, /value="kept"/)
  }
  assert.equal((await admin.post(PATH, { locale: '0', backgroundColor: '#abc' })).json.backgroundColor, '#aabbcc')
})

test('a colour that cannot be read is told, with what is shown in its place', async () => {
  granted(await admin.post(PATH, { locale: '0', backgroundColor: '#ffee00' }))
  const { readability } = await look()
  const link = readability.find(
    (one: { part: string; scheme: string }) => one.part === 'link' && one.scheme === 'light',
  )
  assert.equal(link.kept, false)
  assert.notEqual(link.shown, '#ffee00')
  for (const one of readability) assert.ok(one.ratio >= 4.5, JSON.stringify(one))
  const { text } = await admin.page(PATH)
  assert.ok(text.includes(`${link.shown} with #ffffff, in place of your colour`))
  assert.match(text, /Your colour #ffee00 with #000000/)
})

test('the true pages are seen before anything is saved, in the language that they are for', async () => {
  const long = randomBytes(700).toString('base64').slice(0, 900)
  const tried = await admin.submit(`${PATH}/previews`, {
    ...(await formOf()),
    locale: 'fr',
    signInPageText: `Vu ${long}`,
  })
  const page = await admin.follow(tried)
  assert.match(page.text, /Nothing is saved yet/)
  assert.ok(page.text.includes(long), 'the form holds what was tried')
  assert.match(page.headers.get('content-security-policy') ?? '', /frame-src 'self'/)
  const frames = [...page.text.matchAll(/<iframe [^>]*src="([^"]+)"[^>]*inert/g)].map(([, src]) =>
    src!.replaceAll('&amp;', '&'),
  )
  assert.equal(frames.length, 2)
  const [signIn, reset] = await Promise.all(frames.map(path => server.browser().page(path)))
  assert.match(signIn!.text, /<html lang="fr"/)
  assert.ok(signIn!.text.includes(`Vu ${long}`))
  assert.match(reset!.text, /action="\/reset"/)
  for (const shown of [signIn!, reset!]) {
    assert.match(shown.headers.get('content-security-policy') ?? '', /frame-ancestors 'self'/)
    assert.doesNotMatch(shown.headers.get('set-cookie') ?? '', /latchkey_lang/, 'nobody’s language is changed')
    assert.match(shown.text, /style\.css\?look=/)
    assert.doesNotMatch(shown.text, /<script|autofocus/)
  }
  assert.ok(!(await signInPage('fr')).text.includes('Vu '), 'nothing is saved')
  const globex = await findTenantId(server.store, 'globex.example')
  assert.equal((await server.browser().page(frames[1]!.replace(acme, globex))).status, 404)
  server.clock.advance(11 * 60_000)
  assert.match((await admin.follow(tried)).text, /was shown for ten minutes/)
  assert.equal((await server.browser().page(frames[1]!)).status, 404)
})

test('what somebody else saves while looks are tried is not lost', async () => {
  const form = await formOf({ usernameHintText: 'mine' })
  granted(await admin.post(PATH, { locale: '0', usernameHintText: 'theirs' }))
  const tried = await admin.follow(await admin.submit(`${PATH}/previews`, form))
  const [, version = ''] = /name="version" value="(\w+)"/.exec(tried.text) ?? []
  assert.equal(version, form.version)
  assert.match((await admin.follow(await admin.submit(PATH, form))).text, /Somebody else has changed this/)
  assert.equal((await look()).usernameHintText, 'theirs')
})

test('a language has looks of its own, and goes with its pictures', async () => {
  granted(await admin.post(PATH, { locale: 'FR', signInPageText: 'Demandez à Ada.' }))
  assert.match((await signInPage('fr')).text, /Demandez à Ada\./)
  assert.deepEqual((await look()).locales, ['0', 'fr'])
  assert.equal((await send(admin, { locale: 'fr', kind: 'favicon' }, png(16, 16))).to, `${PATH}?locale=fr&saved`)
  assert.match((await signInPage('fr')).text, /favicon\?locale=fr/)
  const removed = await admin.submit(`${PATH}/removal`, { locale: 'fr' })
  assert.match((await admin.follow(removed)).text, /It’s removed/)
  assert.doesNotMatch((await signInPage('fr')).text, /Demandez|favicon\?locale=fr/)
})

test('a picture is sent by a form, judged by its content, and shown', async () => {
  const sent = await send(admin, { locale: '0', kind: 'bannerLogo' }, png(245, 36, 50 * 1024))
  assert.deepEqual([sent.status, sent.to], [303, `${PATH}?locale=0&saved`])
  const { pictures } = await look()
  assert.equal(pictures.bannerLogo, `/branding/${acme}/bannerLogo`)
  assert.equal((await server.get(pictures.bannerLogo)).status, 200)
  for (const [kind, image, words] of [
    ['bannerLogo', png(246, 36), 'too many pixels'],
    ['favicon', png(32, 32, 5 * 1024 + 1), 'too many bytes'],
    ['bannerLogo', Buffer.from('<svg xmlns="x"/>'.padEnd(60)), 'isn’t a picture'],
    ['bannerLogo', Buffer.alloc(0), 'Choose a picture first'],
  ] as const) {
    const answer = await send(admin, { locale: '0', kind }, image)
    assert.equal(answer.to, `${PATH}?locale=0`)
    assert.ok((await admin.page(answer.to)).text.includes(words), words)
  }
  assert.equal((await send(admin, { locale: '0', kind: 'bannerLogo' }, Buffer.alloc(90 * 1024))).status, 413)
  assert.equal((await send(server.browser(), { locale: '0', kind: 'bannerLogo' }, Buffer.alloc(60 * 1024))).status, 401)
  assert.equal((await send(admin, { username: 'x' }, undefined, '/signin')).status, 415, 'no other form takes a file')
  const twice = await fetch(`${server.url}${PATH}/pictures`, {
    method: 'POST',
    headers: {
      ...{ accept: 'text/html', 'sec-fetch-site': 'same-origin', 'content-type': 'multipart/form-data; boundary=x' },
      cookie: [...admin.cookies].map(one => one.join('=')).join('; '),
    },
    body: '--x\r\ncontent-disposition: form-data; name="locale"\r\n\r\n0\r\n--x\r\ncontent-disposition: form-data; name="locale"\r\n\r\nfr\r\n--x--\r\n',
    redirect: 'manual',
  })
  assert.equal(twice.status, 400)
  const gone = await admin.submit(`${PATH}/pictures/removal`, { locale: '0', kind: 'bannerLogo' })
  assert.match((await admin.follow(gone)).text, /It’s removed/)
  assert.equal((await look()).pictures.bannerLogo, null)
})

test('name and help desk are kept there too, by the rules of their own', async () => {
  assert.equal((await admin.submit(`${PATH}/name`, { displayName: 'Acme & Söhne' })).status, 303)
  assert.match((await signInPage()).text, /Acme &amp; Söhne/)
  const wrong = await admin.submit(`${PATH}/helpdesk`, { helpdesk: 'call us' })
  assert.match((await admin.follow(wrong)).text, /This isn’t an address of a help desk/)
  granted(await admin.post(`${PATH}/helpdesk`, { helpdesk: 'https://help.acme.example/' }))
  assert.equal((await look()).helpdesk, 'https://help.acme.example/')
  const asker = server.browser()
  const { id } = granted(await asker.post('/reset', { username: 'disabled@acme.example' }), 201)
  assert.equal((await asker.post(`/reset/${id}/contact`)).json.helpdesk, 'https://help.acme.example/')
  assert.equal((await admin.submit(`${PATH}/helpdesk`, { helpdesk: '' })).status, 303)
  assert.equal((await look()).helpdesk, null)
  server.clock.advance(16 * 60_000)
  const late = await admin.post(`${PATH}/helpdesk`, { helpdesk: null })
  assert.deepEqual([late.status, late.json.code], [403, 'proof_needed'], 'a policy takes a fresh proof')
  granted(await admin.post(PATH, { locale: '0', usernameHintText: null }))
})

test('a picture is seen on the true pages before it is saved, with the texts that are tried', async () => {
  const kept = async () =>
    (await server.store.pool.query('select kind, length(image) as bytes from latchkey.branding_previews order by id'))
      .rows
  const fields = { locale: '0', kind: 'bannerLogo', version: 'none' }
  const previews = `${PATH}/pictures/previews`
  const before = await kept()
  const first = await send(admin, fields, png(245, 36, 50 * 1024), previews)
  assert.match(first.to, /look=/)
  const tokenOf = (to: string) => new URLSearchParams(to.split('?')[1]).get('look') ?? ''
  // The texts are tried next, and both are seen.
  const form = { ...(await formOf({ signInPageText: 'Seen with the logo' })), tried: tokenOf(first.to) }
  const page = await admin.follow(await admin.submit(`${PATH}/previews`, form))
  const [, tried = ''] = /name="tried" value="([\w-]+)"/.exec(page.text) ?? []
  assert.match(page.text, /The logo that you try/)
  const shown = await server.browser().page(`/signin/preview/${acme}?look=${tried}`)
  assert.ok(shown.text.includes('Seen with the logo'))
  const [, address = ''] = /<img class="logo" src="([^"]+)"/.exec(shown.text) ?? []
  const logo = await fetch(`${server.url}${address}`)
  assert.deepEqual([logo.status, logo.headers.get('content-type')], [200, 'image/png'])
  assert.match(logo.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal((await logo.arrayBuffer()).byteLength, 50 * 1024)
  assert.equal((await look()).pictures.bannerLogo, null, 'nothing is saved')
  assert.doesNotMatch((await signInPage()).text, /class="logo"/)
  const globex = await findTenantId(server.store, 'globex.example')
  const elsewhere = await fetch(`${server.url}${address.replace(acme, globex)}`)
  assert.notEqual((await elsewhere.arrayBuffer()).byteLength, 50 * 1024, 'another company’s address shows its own')
  // What could not be saved is not kept either.
  const held = (await kept()).length
  assert.equal(held, before.length + 1)
  for (const [image, words] of [
    [png(246, 36), 'too many pixels'],
    [png(10, 10, 50 * 1024 + 1), 'too many bytes'],
    [Buffer.from('<svg xmlns="x"/>'.padEnd(60)), 'isn’t a picture'],
  ] as const)
    assert.ok((await admin.page((await send(admin, fields, image, previews)).to)).text.includes(words), words)
  assert.equal((await kept()).length, held)
  // Saved without choosing the file again.
  const saved = await admin.submit(`${PATH}/pictures/tried`, { locale: '0', kind: 'bannerLogo', tried })
  assert.match((await admin.follow(saved)).text, /It’s saved/)
  assert.equal((await look()).pictures.bannerLogo, `/branding/${acme}/bannerLogo`)
  await admin.submit(`${PATH}/pictures/removal`, { locale: '0', kind: 'bannerLogo' })
  // Twenty at most, for ten minutes, and then the rows are gone.
  let last = { to: '' }
  for (let n = 0; n < 21; n++) last = await send(admin, { ...fields, kind: 'favicon' }, png(16, 16), previews)
  assert.deepEqual(
    (await kept()).map(({ kind }) => kind),
    Array(20).fill('favicon'),
    'the oldest make room',
  )
  server.clock.advance(6 * 60_000)
  // Texts that are tried again later do not keep it.
  const again = await admin.follow(
    await admin.submit(`${PATH}/previews`, { ...(await formOf()), tried: tokenOf(last.to) }),
  )
  const [, icon = ''] = /src="(\/branding\/[^"]+\/favicon\?look=[^"]+)"/.exec(again.text) ?? []
  assert.equal((await fetch(`${server.url}${icon}`)).status, 200)
  server.clock.advance(4 * 60_000)
  for (const gone of [address, icon]) assert.equal((await fetch(`${server.url}${gone}`)).status, 404)
  const late = await admin.submit(`${PATH}/pictures/tried`, { locale: '0', kind: 'bannerLogo', tried })
  assert.match((await admin.follow(late)).text, /no longer kept/)
  await removeExpired(server.services)
  assert.deepEqual(await kept(), [])
})
