import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, MINUTE } from '../clock.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { granted, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { sameTime } from '../testing/times.ts'
import { readQuery } from './check.ts'

const server = await testServer()
const browser = server.browser()
const ask = async (query: string) => (await browser.post('/account-check', { query })).json

test('a domain that a company has proven is managed, those below it too, and nobody is named', async () => {
  const acts = [
    { act: 'sign-in', method: 'GET', href: '/signin', title: 'Sign in' },
    { act: 'reset', method: 'GET', href: '/reset', title: 'Reset my password' },
  ]
  for (const typed of ['acme.example', 'nobody@acme.example', ' HTTPS://Acme.example/about?x#y ', 'ａｃｍｅ．example'])
    assert.deepEqual(await ask(typed), { domain: 'acme.example', account: 'managed', acts }, typed)
  assert.deepEqual(await ask('mail.acme.example'), { domain: 'mail.acme.example', account: 'managed', acts })
  for (const typed of ['umbrella.example', 'nobody@umbrella.example', 'mail.umbrella.example'])
    assert.deepEqual((await ask(typed)).account, 'unmanaged', typed)
  for (const domain of ['new.example', 'notacme.example', 'acme.example.com'])
    assert.deepEqual(await ask(domain), {
      ...{ domain, account: 'unknown' },
      acts: [{ act: 'decide', method: 'GET', href: '/start', title: 'Help me decide' }],
    })
})

test('a domain that was only added is as unknown as any other', async () => {
  const { store } = server
  const { rows } = await store.pool.query(`
    insert into latchkey.domains (tenant_id, name, added_at, proof)
    select tenant_id, 'added.example', added_at, 'proof' from latchkey.domains where name = 'acme.example' returning name`)
  assert.equal(rows.length, 1)
  assert.equal((await ask('added.example')).account, 'unknown')
})

test('what names no domain is refused', async () => {
  for (const typed of ['acme', 'a b.example', '127.0.0.1', 'person@', '.example', `${'a'.repeat(64)}.example`]) {
    const { status, json } = await browser.post('/account-check', { query: typed })
    assert.deepEqual([status, json.code], [422, 'domain_invalid'], typed)
  }
  assert.equal(readQuery('bücher.example'), 'xn--bcher-kva.example')
})

test('a form leads to a page of its answer, which nobody else can write and which ends', async () => {
  const form = { query: 'person@acme.example', captcha: '', captcha_form: '' }
  const sent = await browser.request('POST', '/account-check', { page: true, form })
  assert.equal(sent.status, 303, sent.text)
  const path = sent.headers.get('location') ?? ''
  assert.match(path, /^\/account-check\?answer=[\w-]+$/)
  const page = await browser.page(path)
  assert.match(page.text, /Yes, your company has work accounts/)
  assert.ok(!page.text.includes('person@'), 'the answer is of the domain alone')
  const [, french = ''] = /href="([^"]*lang=fr[^"]*)"/.exec(page.text) ?? []
  const translated = await server.browser().page(french.replaceAll('&amp;', '&'))
  assert.match(translated.text, /Oui, votre entreprise a des comptes professionnels/)
  const [moment, domain, , , signature] = JSON.parse(Buffer.from(path.split('=')[1]!, 'base64url').toString())
  const forge = (parts: unknown) => `/account-check?answer=${Buffer.from(JSON.stringify(parts)).toString('base64url')}`
  for (const forged of [
    forge([moment, domain, 'unknown', '', signature]),
    forge([moment, 'other.example', 'managed', '', signature]),
    forge([moment, domain, 'managed', 'true', signature]),
    forge({}),
    '/account-check?answer=x',
  ])
    assert.equal((await browser.request('GET', forged, { page: true })).status, 410)
  server.clock.advance(15 * MINUTE)
  assert.equal((await browser.request('GET', path, { page: true })).status, 410)
})

test('a refused form stands again with what was typed', async () => {
  const sent = await browser.request('POST', '/account-check', { page: true, form: { query: 'no domain' } })
  const page = await browser.page(sent.headers.get('location') ?? '')
  assert.match(page.text, /This isn’t a domain/)
  assert.match(page.text, /href="#field-query"/)
  assert.match(page.text, /value="no domain"/)
})

test('a mailbox learns of itself by a mailed link alone, which a newer one voids, and every address is answered alike', async () => {
  const send = (address: string, asker = server.browser()) => asker.post('/account-check/mail', { address })
  const linkTo = async (to: string, except = 'nothing') => {
    const { text } = await server.message(one => one.kind === 'link' && one.to === to && !one.text.includes(except))
    return { text, path: /\/links\/[\w-]+/.exec(text)![0] }
  }
  const answers = []
  for (const address of [
    'onpremises@acme.example',
    'registered@acme.example',
    'nobody@acme.example',
    'ann@new.example',
  ]) {
    const asked = await send(address)
    assert.deepEqual([asked.status, asked.text], [202, '{}'], address)
    const { text, path } = await linkTo(address)
    assert.ok(!text.includes('@') && !/acme|new\.example/.test(text.replaceAll(/https?:\S+/g, '')), text)
    const seen = granted(await server.browser().get(path))
    assert.deepEqual(Object.keys(seen), ['purpose', 'expiresAt'])
    const { next } = granted(await server.browser().post(path, {}))
    const { domain, account, you, acts } = granted(await server.browser().get(next))
    answers.push([domain, account, you, acts.map(({ act }: { act: string }) => act).join(' ')])
  }
  assert.deepEqual(answers, [
    ['acme.example', 'directory', true, 'sign-in'],
    ['acme.example', 'managed', true, 'sign-in reset'],
    ['acme.example', 'managed', false, 'sign-in'],
    ['new.example', 'unknown', false, 'decide'],
  ])
  refused(await send('x'), 422, 'address_invalid')

  const first = 'mailed@new.example'
  await send(first)
  const older = await linkTo(first)
  await send(first)
  const newer = await linkTo(first, older.path)
  refused(await server.browser().get(older.path), 410, 'link_expired')
  granted(await server.browser().post(newer.path, {}))
  const stop = newer.text.match(/\/links\/[\w-]+/g)!.at(-1)!
  assert.notEqual(stop, newer.path)
  granted(await server.browser().post(stop, {}))
  const before = (await server.outbox()).length
  assert.equal((await send(first)).status, 202, 'stopped, and nothing says so')
  refused(await send(first), 429, 'throttled')
  await send('after@new.example')
  await linkTo('after@new.example')
  assert.equal((await server.outbox()).length, before + 1)

  const form = await browser.submit('/account-check/mail', { address: 'form@new.example' })
  assert.match((await browser.follow(form)).text, /Check your mail/)
  server.clock.advance(25 * HOUR)
  refused(await server.browser().get(newer.path), 410, 'link_expired')
  server.clock.advance(25 * HOUR)
  await removeExpired(server.services)
  refused(await server.browser().get(newer.path), 404, 'not_found')
})

test('lesson 37: a known domain takes as long as an unknown one, and one that is hidden too', async () => {
  const kinds = {
    unknown: 'acne.example',
    ...{ managed: 'acme.example', unmanaged: 'umbrella.example', hidden: 'initech.example' },
  }
  assert.equal((await ask(kinds.hidden)).account, 'unknown')
  const each = Object.entries(kinds).map(([kind, domain]) => [kind, () => ask(domain)] as const)
  await sameTime(server, Object.fromEntries(each))
})
