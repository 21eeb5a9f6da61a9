import { takeStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** What a company's Global Administrators decide for all of it. */
export async function tenantScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const browser = await signIn('admin@acme.example')
  await takeStep(server, browser)
  return [{ name: 'tenants/settings', route: '/tenants/settings', path: '/tenants/settings', browser }]
}
