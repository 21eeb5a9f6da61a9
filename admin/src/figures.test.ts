import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { whole, wholePercent } from './figures.ts'

const languages = [
  ['en', 'en-GB'],
  ['fr', 'fr'],
  ['ja', 'ja'],
] as const

for (const [language, tag] of languages) {
  const counts = new Intl.NumberFormat(tag)
  const shares = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 })

  test(`whole numbers and shares are written as a browser writes them, ${language}`, () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), value =>
        assert.equal(whole(value, language), counts.format(value)),
      ),
    )
    for (let all = 1; all <= 200; all++)
      for (let some = 0; some <= all; some++)
        assert.equal(wholePercent(some / all, language), shares.format(some / all), `${some} of ${all}`)
  })
}
