import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { testServer } from '../server/src/testing/server.ts'
import { languages } from '../server/src/words/index.ts'
import { chromiumPath } from '../tools/browser.ts'
import { globalSetup, globalTeardown } from '../tools/test-setup.ts'
import { accountScenes } from './accountScenes.ts'
import { applicationScenes } from './applicationScenes.ts'
import { assistantScenes } from './assistantScenes.ts'
import { brandingScenes } from './brandingScenes.ts'
import { openWindow } from './browser.ts'
import { callerScenes } from './callerScenes.ts'
import { caseScenes } from './caseScenes.ts'
import { deviceScenes } from './deviceScenes.ts'
import { domainScenes } from './domainScenes.ts'
import { linkScenes } from './linkScenes.ts'
import { onboardingScenes } from './onboardingScenes.ts'
import { partnerScenes } from './partnerScenes.ts'
import { rescueScenes } from './rescueScenes.ts'
import { resetScenes } from './resetScenes.ts'
import { signupScenes } from './signupScenes.ts'
import { openScene, openStage } from './stage.ts'
import { takeoverScenes } from './takeoverScenes.ts'
import { tenantScenes } from './tenantScenes.ts'
import { workAccountScenes } from './workAccountScenes.ts'

// Writes a picture of every page, in each state and language, on small and large screens: for people to look at.
// `node --import ./tools/jsx.js e2e/screenshots.ts FOLDER [words of the pages' names]`

/** Only these are drawn in the dark too. */
const alsoDark = /^(reset\/(ways|code, wrong|finished|blocked)|security info|account|demonstration)$/

const [folder, ...wanted] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name a folder for the pictures.')
const ends: (() => Promise<void>)[] = []
await mkdir(folder, { recursive: true })
await globalSetup()
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  const server = await testServer({ signup: 'open', context: { after: end => ends.push(end) } })
  const stage = openStage(server)
  const scenes = [
    ...(await resetScenes(stage)),
    ...(await accountScenes(stage)),
    ...(await applicationScenes(stage)),
    ...(await deviceScenes(stage)),
    ...(await brandingScenes(stage)),
    ...(await callerScenes(stage)),
    ...(await linkScenes(stage)),
    ...(await workAccountScenes(stage)),
    ...(await assistantScenes(stage)),
    ...(await caseScenes(stage)),
    ...(await onboardingScenes(stage)),
    ...(await takeoverScenes(stage)),
    ...(await signupScenes(stage)),
    ...(await domainScenes(stage)),
    ...(await tenantScenes(stage)),
    ...(await partnerScenes(stage)),
    ...(await rescueScenes(stage)),
  ].filter(({ name }) => wanted.every(word => name.includes(word)))
  let pictures = 0
  for (const language of languages) {
    const tab = await (await openWindow(browser, server, { language, script: true })).newPage()
    for (const scene of scenes) {
      await openScene(tab, server, scene)
      for (const width of [320, 390, 560, 1440])
        for (const colorScheme of alsoDark.test(scene.name) ? (['light', 'dark'] as const) : (['light'] as const)) {
          await tab.setViewportSize({ width, height: width < 1440 ? 640 : 900 })
          await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          const place = `${scene.name.replace(/[^\p{L}\d]+/gu, '-')}.${language}.${width}.${colorScheme}.png`
          await tab.screenshot({ path: join(folder, place), fullPage: true })
          pictures++
        }
      await tab.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    }
  }
  console.log(`${pictures} pictures of ${scenes.length} pages in ${folder}`)
} finally {
  await browser.close()
  for (const end of ends) await end()
  await globalTeardown()
}
