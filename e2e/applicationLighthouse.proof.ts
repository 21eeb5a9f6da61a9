import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { granted } from '../server/src/testing/contract.ts'
import { testServer } from '../server/src/testing/server.ts'
import { takeDueStep } from '../server/src/testing/steps.ts'
import { chromiumPath } from '../tools/browser.ts'
import { lighthousePath } from '../tools/lighthouse.ts'
import { applicationPaths, DESK } from './applicationPaths.ts'

interface Audit {
  id: string
  score: number | null
  details?: { items?: { node?: { snippet: string }; source?: string; description?: string }[] }
}
interface Judged {
  lhr: {
    finalDisplayedUrl: string
    runtimeError?: { message: string }
    categories: Record<string, { score: number | null; auditRefs: { id: string; weight: number }[] }>
    audits: Record<string, Audit>
  }
}
type Lighthouse = (url: string, flags: object) => Promise<Judged>

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

const CATEGORIES = ['accessibility', 'best-practices']

test('Lighthouse finds every page of the application accessible and in best practice', {
  timeout: 1_800_000,
}, async () => {
  const server = await testServer({ operatorTenant: DESK })
  const { default: lighthouse } = (await import(lighthousePath())) as { default: Lighthouse }
  const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'latchkey-lighthouse-'))]
  // Lighthouse opens tabs of the browser itself: the session has to be there, and not in a window of its own.
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--remote-debugging-port=${port}`],
    baseURL: server.services.origin,
    reducedMotion: 'reduce',
  })
  after(async () => {
    await context.close()
    await rm(folder, { recursive: true, force: true })
  })
  // A role that is given ends the sessions of before.
  const paths = await applicationPaths(server)
  const own = server.browser()
  granted(await own.post('/signin', { username: 'admin@acme.example', password: PASSWORD }))
  await takeDueStep(server, own)
  const url = server.services.origin
  await context.addCookies([...own.cookies].map(([name, value]) => ({ name, value, url })))
  const tab = await context.newPage()
  await tab.goto('/help')
  const acme = await findTenantId(server.store, 'acme.example')
  await tab.evaluate(id => localStorage.setItem('latchkey.tenant', id), acme)

  const lacks: string[] = []
  for (const path of paths) {
    const { lhr } = await lighthouse(`${url}/admin/${path}`, {
      port,
      onlyCategories: CATEGORIES,
      formFactor: 'desktop',
      screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false },
      throttlingMethod: 'provided',
      disableStorageReset: true,
      logLevel: 'error',
    })
    assert.equal(lhr.runtimeError?.message, undefined, path)
    assert.equal(new URL(lhr.finalDisplayedUrl).pathname.startsWith('/admin'), true, lhr.finalDisplayedUrl)
    for (const [name, { score, auditRefs }] of Object.entries(lhr.categories)) {
      const failed = auditRefs.filter(({ id, weight }) => weight > 0 && (lhr.audits[id]!.score ?? 1) < 1)
      const seen = failed.flatMap(({ id }) => lhr.audits[id]!.details?.items ?? [])
      const places = seen.map(({ node, description }) => node?.snippet ?? description).slice(0, 3)
      if (failed.length > 0) lacks.push(`${path} ${name} ${score}: ${failed.map(({ id }) => id)} ${places.join(' | ')}`)
    }
  }
  assert.deepEqual(lacks, [])
})
