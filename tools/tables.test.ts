import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { testDatabase } from '../server/src/testing/database.ts'
import { printTables, tablesFile } from './tables.ts'

test('the row types are those of a migrated database', async () => {
  const client = await (await testDatabase()).pool.connect()
  const printed = await printTables(client).finally(() => client.release())
  assert.equal(readFileSync(tablesFile, 'utf8'), printed, 'npm run tables prints them anew')
})
