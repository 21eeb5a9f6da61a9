import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs } from './administrator.ts'
import { applicationPaths, DESK } from './applicationPaths.ts'
import { openBrowser } from './browser.ts'

/** Each language at each width, and each scheme at each width. */
const LOOKS = [
  { language: 'en', width: 1440, colorScheme: 'light' },
  { language: 'fr', width: 320, colorScheme: 'light' },
  { language: 'ja', width: 320, colorScheme: 'dark' },
  { language: 'fr', width: 1440, colorScheme: 'dark' },
  { language: 'ja', width: 1440, colorScheme: 'light' },
  { language: 'en', width: 320, colorScheme: 'dark' },
] as const

test('every page of the application reads well in each language, scheme and width', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof',
  timeout: 900_000,
}, async () => {
  const server = await testServer({ operatorTenant: DESK })
  const browser = await openBrowser()
  const pages = await applicationPaths(server)
  const flaws: string[] = []
  for (const { language, width, colorScheme } of LOOKS) {
    const context = await openAs({ server, browser }, 'admin@acme.example', { language, width })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    for (const path of pages) {
      await tab.goto(`/admin/${path}`)
      await tab.getByRole('heading', { level: 1 }).waitFor()
      await tab.waitForLoadState('networkidle')
      const look = `${path} ${language} ${width} ${colorScheme}`
      flaws.push(...(await flawsOf(tab)).map(flaw => `${look}: ${flaw}`))
      flaws.push(...complaints.map(line => `${look}: ${line}`))
      complaints.length = 0
    }
    await context.close()
  }
  assert.deepEqual(flaws, [])
})
