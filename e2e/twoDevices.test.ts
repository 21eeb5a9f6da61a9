import { after, test } from 'node:test'
import { systemRandom } from '../server/src/crypto/index.ts'
import { createZone, serveZone } from '../server/src/demo/index.ts'
import { openDns } from '../server/src/organization/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { languages } from '../server/src/words/index.ts'
import { openBrowser } from './browser.ts'
import {
  type Devices,
  decidesOnBoth,
  followsCase,
  invitesSecond,
  objectsElsewhere,
  onTwoDevices,
} from './twoDevices.ts'

// Two people, or one person twice, on two devices that share nothing, in each language. walks.test.ts has the shortest
// of them in the short run.
const LONG = process.env.PROOF === 'long'

test('journeys that begin on one device go on at another', { skip: LONG ? false : 'in the long proof' }, async t => {
  const zone = createZone({ clock: () => new Date(), random: systemRandom })
  const served = await serveZone(zone)
  after(() => served.close())
  const server = await testServer({ signup: 'open', zone, dns: openDns([zone.server]) })
  const browser = await openBrowser()
  for (const language of languages) {
    const walks = {
      'a decision': devices => decidesOnBoth(devices, `kestrel-${language}.example`),
      'an invitation': devices => invitesSecond(devices, `bo.${language}`),
      'a claim and its objection': devices => objectsElsewhere(devices, `hooli-${language}.example`),
      'a case and its answer': devices => followsCase(devices, `asker-${language}@private.example`),
    } satisfies Record<string, (devices: Devices) => Promise<void>>
    for (const [title, walk] of Object.entries(walks))
      await t.test(`${title} (${language})`, () => onTwoDevices({ browser, server, language }, walk))
  }
})
