import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { activities } from '../audit/index.ts'

test('the application for administrators has words for every activity', () => {
  const words = (language: string) =>
    JSON.parse(readFileSync(new URL(`../../../locales/${language}/admin/activities.json`, import.meta.url), 'utf8'))
  const names = Object.keys(activities).map(activity => activity.replaceAll('.', '_'))
  for (const language of ['en', 'fr', 'ja'])
    assert.deepEqual(Object.keys(words(language)).sort(), names.toSorted(), `locales/${language}/admin/activities.json`)
})

test('docs/reports.md says of every activity what happened, by its name in reports', () => {
  const page = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| (.+?) \| (\S.*?) \|$/gm)].map(([, activity, name]) => [
    activity,
    name,
  ])
  assert.deepEqual(rows, Object.entries(activities))
})
