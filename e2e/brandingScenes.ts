import { findTenantId } from '../server/src/directory/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import type { Scene, Stage } from './stage.ts'

/** The sign-in page with looks that nobody has saved yet. */
export async function brandingScenes({ server }: Stage): Promise<Scene[]> {
  const admin = await testApi(server).as('admin@acme.example')
  const acme = await findTenantId(server.store, 'acme.example')
  const { json } = await admin('POST', `/organization/${acme}/branding/previews`, { backgroundColor: '#0b5394' })
  const path = json.url.slice(server.services.origin.length)
  return [{ name: 'branding/preview', route: '/signin/preview/:tenant', path, browser: server.browser() }]
}
