import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RawBuilder, sql } from 'kysely'
import { Refusal } from '../refusals.ts'
import { inTenant } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { addPeople, asking, list, makeLists, people } from '../testing/lists.ts'
import { compileFilter } from './filter.ts'
import { compileSearch } from './search.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const store = await testDatabase()
await makeLists(store)
const caller = asking(randomUUID(), NOW)

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...`'"\\%_$;-/*(){}[]:,.@# \ta1é\u212a\ud800`), maxLength: 40 }),
  fc.constantFrom("' or 1=1 --", "'; drop table people; --", '$1', '\\', "\\'", '%', 'null', '{"a"}', '1::text'),
)
const printable = texts.filter(text => !/\p{Cc}/u.test(text))

/** The text and parameters of a statement, as they are sent. */
const textOf = (condition: RawBuilder<boolean>) =>
  inTenant(store, caller.tenantId, async trx => sql`select ${condition}`.compile(trx))

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

test('lesson: no literal reaches the text of a statement', async () => {
  const shapes = [
    (text: string) => `name eq ${quoted(text)} or mail ne ${quoted(text)}`,
    (text: string) => `startsWith(name,${quoted(text)}) and not endsWith(mail,${quoted(text)})`,
    (text: string) => `name in (${quoted(text)}, 'x')`,
    (text: string) => `aliases/any(a:a eq ${quoted(text)} or startsWith(a,${quoted(text)}))`,
    (text: string) => `number eq ${quoted(text)}`,
  ]
  for (const shape of shapes) {
    const plain = (await textOf(compileFilter(shape('plain'), people, caller))).sql
    await fc.assert(
      fc.asyncProperty(printable, async text => {
        const compiled = await textOf(compileFilter(shape(text), people, caller))
        assert.equal(compiled.sql, plain)
      }),
    )
  }
  await fc.assert(
    fc.asyncProperty(printable, async text => {
      const search = `"mail:${text.replace(/[\\"]/g, sign => `\\${sign}`)}"`
      const compiled = await textOf(compileSearch(search, people, caller))
      assert.ok(compiled.sql === 'select "people"."mail_folded" ^@ $1' || compiled.sql === 'select false', compiled.sql)
    }),
  )
})

test('a literal finds the row that has it, and another finds none', async () => {
  const listed = fc.sample(
    printable.filter(text => text.isWellFormed() && text !== ''),
    60,
  )
  await addPeople(
    store,
    caller.tenantId,
    listed.map(name => ({ name, aliases: [name] })),
  )
  for (const name of listed) {
    const count = async ($filter: string) => (await list(store, caller, { $filter, $top: '999' })).value.length
    const folded = name.normalize('NFKC').toLowerCase()
    const alike = listed.filter(other => other.normalize('NFKC').toLowerCase() === folded).length
    assert.equal(await count(`name eq ${quoted(name)}`), alike, name)
    assert.equal(await count(`name ne ${quoted(name)}`), listed.length - alike, name)
    assert.equal(await count(`name in (${quoted(name)},'no such name')`), alike, name)
    const begins = listed.filter(other => other.normalize('NFKC').toLowerCase().startsWith(folded)).length
    assert.equal(await count(`startsWith(name,${quoted(name)})`), begins, name)
    const ends = listed.filter(other => other.endsWith(name)).length
    assert.equal(await count(`aliases/any(a:endsWith(a,${quoted(name)}))`), ends, name)
  }
})

const words = fc.constantFrom(
  ...['name', 'mail', 'enabled', 'floor', 'aliases/any', 'a', 'id', 'number', 'team/id', 'createdDateTime', 'x/y'],
  ...['eq', 'ne', 'in', 'ge', 'and', 'or', 'not', 'startsWith', 'endsWith', 'contains', 'any', 'null', 'true', 'false'],
  ...['(', ')', ',', ':', ' ', "'", "''", "'x'", '7', '-1', '2026-11-26T00:00:00Z', '99999-01-01T00:00:00Z', '%00'],
  randomUUID(),
)

test('any text as an option is refused or answered', async () => {
  const typed = fc.oneof(
    { weight: 3, arbitrary: fc.array(words, { maxLength: 12 }).map(parts => parts.join(' ')) },
    { weight: 1, arbitrary: fc.array(words, { maxLength: 12 }).map(parts => parts.join('')) },
    { weight: 1, arbitrary: texts },
  )
  const comparison = fc.tuple(words, fc.constantFrom('eq', 'ne', 'in', 'ge', 'lt'), words).map(parts => parts.join(' '))
  for (const option of ['$filter', '$search', '$orderby', '$select', '$expand', '$skiptoken'])
    await fc.assert(
      fc.asyncProperty(option === '$filter' ? fc.oneof(typed, comparison) : typed, async text => {
        await list(store, caller, { [option]: text }).catch(error => assert.ok(error instanceof Refusal, error))
      }),
      { numRuns: option === '$filter' ? 600 : 200 },
    )
})

test('the longest text is read within a tenth of a second of the processor', () => {
  const parts = [
    "'",
    "''",
    '(',
    ')',
    ' ',
    'a',
    'a/',
    '1',
    '-',
    ':',
    'not ',
    "a eq 'a' or ",
    '"',
    '\\',
    '\\"',
    ' AND ',
    '. ',
  ]
  for (const part of parts)
    for (const end of ['', "'", '"', '!']) {
      const text = part.repeat(Math.ceil(4_095 / part.length)).slice(0, 4_095) + end
      for (const compile of [compileFilter, compileSearch]) {
        const began = process.cpuUsage()
        try {
          compile(text, people, caller)
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error))
        }
        assert.ok(process.cpuUsage(began).user < 100_000, `${part} … ${end}`)
      }
    }
})
