import { test } from 'node:test'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, walker } from './browser.ts'
import { furnish, situations, walkSituation } from './situations.ts'

// Every situation of people who cannot sign in (work accounts, §1.8), from a page that was of no help to the end of the
// act that the assistant leads to. walks.test.ts has one of them in the short run.
const LONG = process.env.PROOF === 'long'

test('each situation of who cannot sign in ends in its act', { skip: LONG ? false : 'in the long proof' }, async t => {
  const server = await testServer()
  const browser = await openBrowser()
  await furnish(server)
  for (const one of situations)
    await t.test(one.title, async () => {
      const me = await walker(browser, server)
      try {
        await walkSituation(server, me, one)
      } catch (error) {
        const { tab } = me
        const said = await tab.locator('h1, .banner, main p').allTextContents()
        throw new Error(`${(error as Error).message}\non ${tab.url()}: ${said.join(' / ')}`, { cause: error })
      } finally {
        await me.tab.context().close()
      }
    })
})
