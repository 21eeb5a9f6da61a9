import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { activities } from '../audit/index.ts'

test('docs/reports.md says of every activity what happened, by its name in reports', () => {
  const page = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| (.+?) \| (\S.*?) \|$/gm)].map(([, activity, name]) => [
    activity,
    name,
  ])
  assert.deepEqual(rows, Object.entries(activities))
})
