import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvOf } from './csv.ts'

test('a cell keeps its commas, quotes and lines, and no spreadsheet runs it as a formula', () => {
  assert.equal(
    csvOf([
      ['Name', 'Sent', 'a, "b"'],
      ['=1+1', -2, null],
      ['two\r\nlines', 0, '@sum'],
    ]),
    '\ufeffName,Sent,"a, ""b"""\r\n\'=1+1,-2,\r\n"two\r\nlines",0,\'@sum\r\n',
  )
})
