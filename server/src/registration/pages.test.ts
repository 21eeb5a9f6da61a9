import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { ownValue } from '../methods/index.ts'
import { granted, post } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'

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

test('an app’s key is shown to nobody, its owner included', () => {
  assert.equal(ownValue({ kind: 'authenticatorCode', value: 'JBSWY3DPEHPK3PXP' }), undefined)
})
