import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { activities } from '../audit/index.ts'
import { noticeKinds } from '../notifications/index.ts'
import { stages } from '../partners/index.ts'
import { configurationNames } from '../policies/index.ts'
import { exported } from './exports.ts'
import { kinds } from './kinds.ts'

// The application is a program of its own, without a door for the server: this test alone reads its rule.
const { targetKey, wordedFamilies } = (await import(
  join(import.meta.dirname, '../../../admin/src/parts/targetKeys.ts')
)) as { targetKey: (activity: string, name: string) => string | undefined; wordedFamilies: string[] }

/** Families whose activities name a person or a thing by a name of its own, or nothing. */
const NAMED =
  'access account administrator agent announcements application assignment assistant caller case consent customer dap' +
  ' domain group journey link logout message messages method methods onboarding organization partner partnership pass' +
  ' passkey password proof proofs recovery_codes relationship resale rescue rescueAgreement reset role securityInfo' +
  ' sessions signin signout signup support synchronization takeover tenant token user users'

/** What the activities of the other families name, by the lists that they are written from. */
const WORDED: Record<string, readonly string[]> = {
  branding: ['branding'],
  bulk: [...Object.keys(kinds), ...Object.keys(exported)],
  enrollment: ['membership', 'indirectReseller', 'indirectProvider', 'directBill'],
  invitation: ['reseller', 'partnership', 'both'],
  methodsPolicy: configurationNames,
  notice: Object.keys(noticeKinds),
  policy: ['Banned words'],
  protection: ['passwordProtectionPolicy'],
  signInPolicy: ['signInPolicy'],
  subscription: [
    'users',
    'groups',
    'groups/1/members',
    'auditLogs/directoryAudits',
    'auditLogs/signIns',
    'reset/journeys',
  ],
  verification: stages,
  writeback: ['writebackPolicy'],
}

const locales = join(import.meta.dirname, '../../../locales')

/** The words of the application in a language. */
const wordsIn = (language: string): Record<string, unknown> => {
  const folder = join(locales, language, 'admin')
  const files = readdirSync(folder).map(file => [
    basename(file, '.json'),
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  ])
  return { admin: Object.fromEntries(files) }
}

const textAt = (words: unknown, key: string): unknown =>
  key.split('.').reduce((node, part) => (node as Record<string, unknown> | undefined)?.[part], words)

test('whatever the log names by a word of the program has words, and each family of activities is one or the other', () => {
  const families = [...new Set(Object.keys(activities).map(activity => activity.split('.')[0]!))].sort()
  assert.deepEqual([...NAMED.split(' '), ...Object.keys(WORDED)].sort(), families)
  assert.deepEqual([...wordedFamilies].sort(), Object.keys(WORDED).sort())
  for (const language of ['en', 'fr', 'ja']) {
    const words = wordsIn(language)
    for (const [family, names] of Object.entries(WORDED))
      for (const name of names)
        assert.equal(typeof textAt(words, targetKey(`${family}.x`, name)!), 'string', `${language} ${family} ${name}`)
  }
})
