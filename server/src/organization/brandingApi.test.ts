import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { testApi } from '../testing/api.ts'
import { readEvents } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const admin = await testApi(server).as('admin@acme.example')
const own = `/organization/${acme}`
const branding = `${own}/branding`

/** A PNG of one size: nobody looks further than that. */
function png(width: number, height: number, bytes = 200): Buffer {
  const image = Buffer.alloc(bytes)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(image)
  image.writeUInt32BE(width, 16)
  image.writeUInt32BE(height, 20)
  return image
}

const put = async (path: string, body: Buffer, type = 'image/png') => {
  const token = await testApi(server).tokenOf('admin@acme.example')
  const headers = { authorization: `Bearer ${token}`, 'content-type': type }
  return fetch(`${server.url}/v1.0${path}`, { method: 'PUT', headers, body: new Uint8Array(body) })
}

/** The page of sign-in as a browser of this language sees it. */
const page = (language: string) =>
  server.browser().request('GET', '/signin?whr=acme.example', { page: true, headers: { 'accept-language': language } })

test('a company says of itself what others need to know', async () => {
  const { json, headers } = await admin('GET', own)
  assert.deepEqual([json.id, json.displayName, json.preferredLanguage], [acme, 'Acme', 'en'])
  assert.deepEqual(
    json.verifiedDomains.map((one: { name: string; isInitial: boolean }) => [one.name, one.isInitial]),
    [['acme.example', true]],
  )
  const changes = {
    displayName: 'Acme & Söhne',
    preferredLanguage: 'fr',
    technicalNotificationMails: ['ops@acme.example'],
    privacyProfile: { contactEmail: 'privacy@acme.example', statementUrl: 'https://acme.example/privacy' },
  }
  assert.equal((await admin('PATCH', own, changes, { 'if-match': headers.get('etag') ?? '' })).status, 204)
  const stale = await admin('PATCH', own, { displayName: 'Acme' }, { 'if-match': headers.get('etag') ?? '' })
  assert.deepEqual([stale.status, stale.code], [412, 'resource_modified'])
  const { json: list } = await admin('GET', '/organization')
  const [{ displayName, preferredLanguage, technicalNotificationMails, privacyProfile }] = list.value
  assert.deepEqual({ displayName, preferredLanguage, technicalNotificationMails, privacyProfile }, changes)
  assert.equal((await admin('PATCH', own, { privacyProfile: { contactEmail: null } })).status, 204)
  const { json: now } = await admin('GET', `${own}?$select=privacyProfile,city`)
  assert.deepEqual(now.privacyProfile, { contactEmail: null, statementUrl: 'https://acme.example/privacy' })
  assert.equal(now.city, null)
  assert.equal((await admin('PATCH', own, { displayName: 'Acme', preferredLanguage: 'en' })).status, 204)
})

test('what would break a mail or a page is refused, and so is another company', async () => {
  const wrong: [object, string, string][] = [
    [{ displayName: 'A\u2028B' }, 'property_invalid', 'displayName'],
    [{ displayName: '' }, 'property_invalid', 'displayName'],
    [{ technicalNotificationMails: ['a@b.example, c@d.example'] }, 'property_invalid', 'technicalNotificationMails'],
    [{ privacyProfile: { statementUrl: 'javascript:alert(1)' } }, 'property_invalid', 'privacyProfile/statementUrl'],
    [{ preferredLanguage: 'x' }, 'property_invalid', 'preferredLanguage'],
    [{ verifiedDomains: [] }, 'property_read_only', 'verifiedDomains'],
    [{ street: 'x' }, 'property_unsupported', 'street'],
    [{ shoeSize: 1 }, 'property_unknown', 'shoeSize'],
  ]
  for (const [body, code, target] of wrong) {
    const { status, json } = await admin('PATCH', own, body)
    assert.deepEqual([status, json.error.details[0].code, json.error.details[0].target], [400, code, target])
  }
  const globex = await findTenantId(server.store, 'globex.example')
  for (const path of [`/organization/${globex}`, `/organization/${globex}/branding`, '/organization/x'])
    assert.equal((await admin('GET', path)).status, 404)
  const plain = await testApi(server).as('prefilled@acme.example')
  assert.equal((await plain('PATCH', own, { displayName: 'Mine' })).status, 403)
  assert.equal((await plain('PATCH', branding, { signInPageText: 'Mine' })).status, 403)
})

test('pages are as the company wants them, in the language of the reader', async () => {
  const look = {
    signInPageText: 'Ask <b>Ada</b> on 100.',
    usernameHintText: 'your number@acme.example',
    customTermsOfUseUrl: 'https://acme.example/terms',
    customForgotMyPasswordText: 'Lost it?',
  }
  assert.equal((await admin('PATCH', branding, look)).status, 204)
  const french = { id: 'fr-FR', signInPageText: 'Demandez à Ada.', backgroundColor: '#0F6CBD' }
  const added = await admin('POST', `${branding}/localizations`, french)
  assert.equal(added.status, 201)
  assert.match(added.headers.get('location') ?? '', /\/branding\/localizations\/fr-FR$/)
  const english = await page('en')
  assert.match(english.text, /Ask &lt;b&gt;Ada&lt;\/b&gt; on 100\./)
  assert.match(english.text, /your number@acme\.example/)
  assert.match(english.text, /<a href="https:\/\/acme\.example\/terms">Terms of use<\/a>/)
  assert.match(english.text, /Lost it\?/)
  const localized = await page('fr-CH, en')
  assert.match(localized.text, /Demandez à Ada\./)
  assert.match(localized.text, /Conditions d’utilisation/)
  const style = /href="(\/branding\/[^"]+style\.css\?locale=fr-fr)"/.exec(localized.text)?.[1] ?? ''
  assert.notEqual((await server.get(style)).text, (await server.get(style.replace(/\?.*/, ''))).text)
  assert.match(localized.text, /src="\/branding\/[^"]+\/logo"/, 'the logo is the default one')
})

test('a reading merges the language of the reader with the default', async () => {
  const read = async (language: string) =>
    (await admin('GET', branding, undefined, { 'accept-language': language })).json
  const french = await read('fr-FR,fr;q=0.9')
  assert.deepEqual(
    [french.id, french.signInPageText, french.usernameHintText, french.backgroundColor],
    ['fr-FR', 'Demandez à Ada.', 'your number@acme.example', '#0F6CBD'],
  )
  assert.equal((await read('fr')).id, 'fr-FR')
  const other = await read('de')
  assert.deepEqual([other.id, other.signInPageText], ['0', 'Ask <b>Ada</b> on 100.'])
  const { json: raw } = await admin('GET', `${branding}/localizations/FR-fr`)
  assert.deepEqual([raw.id, raw.usernameHintText], ['fr-FR', null])
  const { json: list } = await admin('GET', `${branding}/localizations?$select=id`)
  assert.deepEqual(
    list.value.map((one: { id: string }) => one.id),
    ['0', 'fr-FR'],
  )
  const { headers } = await admin('GET', `${branding}/localizations/fr-FR`)
  const change = { usernameHintText: 'prénom@acme.example', signInPageText: null }
  const etag = { 'if-match': headers.get('etag') ?? '' }
  assert.equal((await admin('PATCH', `${branding}/localizations/fr-FR`, change, etag)).status, 204)
  assert.equal((await admin('PATCH', `${branding}/localizations/fr-FR`, change, etag)).status, 412)
  const now = await read('fr')
  assert.deepEqual([now.signInPageText, now.usernameHintText], ['Ask <b>Ada</b> on 100.', 'prénom@acme.example'])
})

test('no text or address of a look does anything but stand there', async () => {
  const wrong: [object, string][] = [
    [{ backgroundColor: 'red;}body{display:none' }, 'backgroundColor'],
    [{ customTermsOfUseUrl: 'javascript:alert(1)' }, 'customTermsOfUseUrl'],
    [{ customPrivacyAndCookiesUrl: 'http://acme.example/' }, 'customPrivacyAndCookiesUrl'],
    [{ customTermsOfUseUrl: 'https://user@acme.example/' }, 'customTermsOfUseUrl'],
    [{ signInPageText: 'x'.repeat(1_025) }, 'signInPageText'],
    [{ usernameHintText: 'x'.repeat(65) }, 'usernameHintText'],
  ]
  for (const [body, target] of wrong) {
    const { status, json } = await admin('PATCH', branding, body)
    assert.deepEqual([status, json.error.details[0].target], [400, target])
  }
  const again = await admin('POST', `${branding}/localizations`, { id: 'FR-fr' })
  assert.deepEqual([again.status, again.code], [400, 'ObjectConflict'])
  for (const id of ['x', 'fr_FR', '../0', '']) {
    const { status, code } = await admin('POST', `${branding}/localizations`, { id })
    assert.deepEqual([status, code], [400, 'property_invalid'], id)
  }
  assert.equal((await admin('GET', `${branding}/localizations/de`)).status, 404)
  assert.equal((await admin('PUT', `${branding}/customCSS`, 'x', { 'content-type': 'text/css' })).status, 501)
})

test('pictures are judged by content, shown to browsers, and fall back to the default', async () => {
  assert.equal((await put(`${branding}/bannerLogo`, png(245, 36))).status, 204)
  assert.equal((await put(`${branding}/localizations/fr-FR/favicon`, png(32, 32))).status, 204)
  const refused = async (path: string, image: Buffer, type?: string) => {
    const answer = await put(`${branding}/${path}`, image, type)
    return [answer.status, ((await answer.json()) as { error: { details: [{ code: string }] } }).error.details[0].code]
  }
  assert.deepEqual(await refused('bannerLogo', png(246, 36)), [400, 'image_dimensions'])
  assert.deepEqual(await refused('favicon', png(32, 32, 5 * 1024 + 1)), [413, 'body_too_large'])
  assert.deepEqual(await refused('bannerLogo', Buffer.from('<svg xmlns="x"/>'.padEnd(60))), [415, 'image_type'])
  assert.deepEqual(await refused('bannerLogo', png(10, 10), 'image/svg+xml'), [415, 'media_type'])
  assert.equal((await put(`${branding}/localizations/de/favicon`, png(32, 32))).status, 404)
  const read = await admin('GET', `${branding}/bannerLogo`, undefined, { 'accept-language': 'fr' })
  assert.deepEqual([read.status, read.headers.get('content-type')], [200, 'image/png'])
  assert.equal((await admin('GET', `${branding}/localizations/fr-FR/bannerLogo`)).status, 404)
  const { json } = await admin('GET', branding, undefined, { 'accept-language': 'fr' })
  assert.deepEqual(
    [json.bannerLogoRelativeUrl, json.faviconRelativeUrl, json.squareLogoRelativeUrl],
    [`branding/${acme}/bannerLogo`, `branding/${acme}/favicon?locale=fr-fr`, null],
  )
  assert.equal((await server.get(`/${json.faviconRelativeUrl}`)).status, 200)
  assert.match((await page('fr')).text, /rel="icon" href="\/branding\/[^"]+\/favicon\?locale=fr-fr"/)
  assert.equal((await admin('DELETE', `${branding}/localizations/fr-FR/favicon`)).status, 204)
  assert.equal((await admin('DELETE', `${branding}/localizations/fr-FR/favicon`)).status, 404)
})

test('each change is written down with what it was before, and a language goes with its pictures', async () => {
  assert.equal((await put(`${branding}/localizations/fr-FR/favicon`, png(16, 16))).status, 204)
  assert.equal((await admin('DELETE', `${branding}/localizations/fr-FR`)).status, 204)
  assert.equal((await admin('GET', `${branding}/localizations/fr-FR`)).status, 404)
  const { rows } = await server.store.pool.query(
    `select details from latchkey.audit_events where tenant_id = $1 and activity = 'branding.changed' order by at`,
    [acme],
  )
  assert.deepEqual(JSON.parse(rows[0].details.changes).signInPageText, [null, 'Ask <b>Ada</b> on 100.'])
  assert.deepEqual(rows.at(-1)?.details, { locale: 'fr-fr', removed: 'all' })
  const events = await readEvents(server.store, acme)
  assert.equal(events.filter(line => line === 'organization.changed success').length, 3)
  assert.equal((await admin('DELETE', branding)).status, 204)
  assert.equal((await admin('GET', branding)).status, 404)
  assert.equal((await page('en')).status, 200)
})

test('looks are shown before they are saved, for ten minutes, and only in a page of ours', async () => {
  const asked = await admin('POST', `${branding}/previews`, {
    backgroundColor: '#123456',
    signInPageText: 'Seen <b>before</b> it is saved',
  })
  assert.equal(asked.status, 201, asked.text)
  const { part, scheme, kept } = asked.json.readability[0]
  assert.deepEqual([part, scheme, kept, asked.json.readability.length], ['button', 'light', true, 4])
  const yellow = await admin('POST', `${branding}/previews`, { backgroundColor: '#ffee00' })
  assert.equal(yellow.json.readability.find((one: { part: string }) => one.part === 'link').kept, false)
  const { pathname, search, origin } = new URL(asked.json.url)
  assert.equal(origin, server.services.origin)
  const browser = server.browser()
  const shown = await browser.page(pathname + search)
  assert.equal(shown.status, 200)
  assert.ok(shown.text.includes('Seen &lt;b&gt;before&lt;/b&gt; it is saved'))
  assert.match(shown.headers.get('content-security-policy') ?? '', /frame-ancestors 'self'/)
  const style = /href="(\/branding\/[^"]+)"/.exec(shown.text)![1]!.replaceAll('&amp;', '&')
  assert.match((await browser.page(style)).text, /#123456/i)
  const saved = await page('en')
  assert.ok(!saved.text.includes('before'), 'nothing is saved')
  assert.match(saved.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)

  const globex = await findTenantId(server.store, 'globex.example')
  for (const [path, token] of [
    [`/signin/preview/${globex}`, search],
    [pathname, `${search.slice(0, -2)}${search.endsWith('AA') ? 'BB' : 'AA'}`],
    [pathname, ''],
  ])
    assert.equal((await browser.page(`${path}${token}`)).status, 404, path)
  for (const [body, field] of [
    [{ backgroundColor: 'red' }, 'backgroundColor'],
    [{ customTermsOfUseUrl: 'javascript:alert(1)' }, 'customTermsOfUseUrl'],
  ] as const) {
    const refused = await admin('POST', `${branding}/previews`, body)
    assert.deepEqual([refused.status, refused.json.error.details[0].target], [400, field])
  }
  const picture = (width: number) => {
    const image = Buffer.alloc(100)
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(image)
    image.writeUInt32BE(width, 16)
    image.writeUInt32BE(16, 20)
    return image.toString('base64')
  }
  const pictured = await admin('POST', `${branding}/previews`, { bannerLogo: picture(200), favicon: picture(32) })
  assert.equal(pictured.status, 201, pictured.text)
  const { text } = await browser.page(pictured.json.url.slice(origin.length))
  for (const [, address = ''] of [/<img class="logo" src="([^"]+)"/, /<link rel="icon" href="([^"]+)"/].map(
    pattern => pattern.exec(text) ?? [],
  ))
    assert.equal((await browser.page(address)).status, 200, address)
  assert.doesNotMatch((await page('en')).text, /class="logo"/, 'it is not saved')
  for (const [body, code] of [
    [{ favicon: picture(33) }, 'image_dimensions'],
    [{ favicon: Buffer.alloc(5 * 1024 + 1).toString('base64') }, 'image_too_large'],
    [{ bannerLogo: Buffer.alloc(100).toString('base64') }, 'image_type'],
  ] as const)
    assert.equal((await admin('POST', `${branding}/previews`, body)).code, code)
  const plain = await testApi(server).as('new@acme.example')
  assert.equal((await plain('POST', `${branding}/previews`, {})).status, 403)
  const long = await admin('POST', `${branding}/previews`, {
    ...{ signInPageText: '長'.repeat(1024), customForgotMyPasswordText: '忘'.repeat(256) },
    ...{ customPrivacyAndCookiesText: '個'.repeat(256), customTermsOfUseText: '利'.repeat(256) },
  })
  assert.equal((await browser.page(long.json.url.slice(origin.length))).status, 200)
  server.clock.advance(11 * 60_000)
  assert.equal((await browser.page(pathname + search)).status, 404, 'its time is over')
})
