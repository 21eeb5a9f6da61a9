import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { testServer } from '../testing/server.ts'
import { distance, shuffled } from '../testing/times.ts'
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
  const [moment, domain, , signature] = JSON.parse(Buffer.from(path.split('=')[1]!, 'base64url').toString())
  const forge = (parts: unknown) => `/account-check?answer=${Buffer.from(JSON.stringify(parts)).toString('base64url')}`
  for (const forged of [
    forge([moment, domain, 'unknown', signature]),
    forge([moment, 'other.example', 'managed', signature]),
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

test('lesson 37: a known domain takes as long as an unknown one', async () => {
  const kinds = { managed: 'acme.example', unmanaged: 'umbrella.example', unknown: 'acne.example' }
  const times: Record<keyof typeof kinds, number[]> = { managed: [], unmanaged: [], unknown: [] }
  for (let round = 0; round < 200; round++)
    for (const kind of shuffled(Object.keys(kinds) as (keyof typeof kinds)[])) {
      const began = performance.now()
      await ask(kinds[kind])
      times[kind].push(performance.now() - began)
    }
  for (const known of [times.managed, times.unmanaged])
    assert.ok(distance(known, times.unknown) < 1, `${distance(known, times.unknown)}`)
})
