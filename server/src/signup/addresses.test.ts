import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../refusals.ts'
import { readAnyAddress, readCompanyAddress, readPersonAddress } from './addresses.ts'

const suffix = 'latchkey.example'

/** The code of the refusal, or the address. */
function judge(typed: string): string {
  try {
    const { local, domain } = readCompanyAddress(typed, suffix)
    return `${local}@${domain}`
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

const table: Record<string, string[]> = {
  address_invalid: [
    ...[
      'x',
      '@new.example',
      'a@new',
      'a b@new.example',
      'a@new.example, b@new.example',
      'a@127.0.0.1',
      'あ@new.example',
    ],
    // A Cyrillic "а" in a Latin word, as letters and as its ASCII form; Greek and Cyrillic together.
    ...['a@\u0430cme.example', 'a@xn--cme-5cd.example', 'a@\u03b1\u0431.example'],
  ],
  address_personal: [
    ...[
      'a@gmail.com',
      'A@Hotmail.com',
      'a@hotmail.fr',
      'a@yahoo.co.jp',
      'a@live.com.au',
      'a@outlook.jp',
      'a@icloud.com',
    ],
    ...['a@aol.com', 'a@orange.fr', 'a@docomo.ne.jp', 'info@gmail.com', 'a+x@gmail.com', 'a@mail.gmx.net'],
  ],
  address_disposable: ['a@mailinator.com', 'a@any.mailinator.com', 'a@yopmail.com'],
  address_initial_domain: ['x@acme.latchkey.example', 'admin@latchkey.example'],
  address_role: [
    ...['info@new.example', 'ADMIN@new.example', 'sales@new.example', 'accueil@new.example', 'soumu@new.example'],
    ...[
      'i.n-fo@new.example',
      'info2@new.example',
      'info+me@new.example',
      'no-reply@new.example',
      'sales.2024@new.example',
    ],
  ],
}
for (const [code, typed] of Object.entries(table))
  test(`${code}: ${typed.join(' ')}`, () => {
    for (const one of typed) assert.equal(judge(one), code, one)
  })

test('an address of a person at a company is taken, its tag dropped for names and limits', () => {
  assert.equal(judge('Ann.Lee@New.example'), 'ann.lee@new.example')
  assert.equal(judge('a+x@new.example'), 'a@new.example')
  assert.equal(readCompanyAddress('a+x@new.example', suffix).address, 'a+x@new.example', 'mail goes where it was typed')
  for (const near of [
    'a@gmail.company.example',
    'a@notgmail.com',
    'a@live.agency',
    'infoline@new.example',
    'a2@new.example',
  ])
    assert.match(judge(near), /@/, near)
  assert.equal(judge('a@bücher.example'), 'a@xn--bcher-kva.example')
  for (const domain of ['例え.example', 'ひらカタ漢字.example', 'ελλάδα.example', 'new1-2.example'])
    assert.match(judge(`a@${domain}`), /^a@/, domain)
})

test('a mailbox of several people may be a technical contact', () => {
  assert.equal(readAnyAddress('info@gmail.com', 'technicalContact').local, 'info')
  assert.throws(() => readAnyAddress('info', 'technicalContact'), {
    code: 'address_invalid',
    field: 'technicalContact',
  })
})

test('the address of a person is their name: one below a public suffix, or that no name can be, is refused', () => {
  assert.equal(readPersonAddress('Ann+tag@Shop.co.uk', suffix).local, 'ann')
  for (const typed of ['ann@co.uk', 'ann@ac.jp', 'ann*lee@new.example', 'ann.@new.example'])
    assert.throws(() => readPersonAddress(typed, suffix), { code: 'address_invalid' }, typed)
  assert.throws(() => readPersonAddress('info@new.example', suffix), { code: 'address_role' })
  assert.throws(() => readPersonAddress('ann@gmail.com', suffix), { code: 'address_personal' })
})
