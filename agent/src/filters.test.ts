import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EqualityFilter, FilterParser } from 'ldapts'
import { allOf, anyOf, equals } from './filters.ts'

test('lesson 56: no value changes the meaning of a filter, whoever typed it', () => {
  const attacks = ['*', 'x)(uid=*', 'x)(|(uid=*))(y=', '\\2a', '(&', 'a\0b', '’*）', 'x\n*', 'é*', '']
  for (const value of attacks) {
    const read = FilterParser.parseString(equals('mail', value))
    assert.ok(read instanceof EqualityFilter, `${JSON.stringify(value)} becomes ${read.constructor.name}`)
    assert.deepEqual([read.attribute, String(read.value)], ['mail', value])
  }
  const both = allOf('(objectClass=person)', anyOf([equals('mail', '*)(uid=*'), equals('uid', 'x')]))
  assert.match(both.toString(), /^\(&\(objectClass=person\)\(\|\(mail=[^()]*\)\(uid=x\)\)\)$/)
})
