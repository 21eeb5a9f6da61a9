import { PASSWORD } from '../server/src/demo/index.ts'
import { takeStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** What a company's Global Administrators decide for all of it, and its tenants. */
export async function tenantScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const browser = await signIn('admin@acme.example')
  await takeStep(server, browser)
  const begin = async () => (await browser.post('/tenants/links')).json.id as string
  const scene = (name: string, path: string, route = path): Scene => ({ name: `tenants/${name}`, route, path, browser })
  const waiting = await begin()
  const linking = server.browser()
  for (const [name, value] of browser.cookies) linking.cookies.set(name, value)
  const linked = await begin()
  for (const [name, value] of browser.cookies) linking.cookies.set(name, value)
  await linking.post('/signin', { username: 'admin@acme-europe.example', password: PASSWORD })
  await takeStep(server, linking)
  await linking.post(`/tenants/links/${linked}/confirmation`, { willUse: 3 })
  const { tenants } = (await browser.get('/tenants')).json
  const id = tenants.find((one: { isCurrent: boolean }) => !one.isCurrent).id
  const link = '/tenants/links/:id'
  return [
    scene('settings', '/tenants/settings'),
    scene('all', '/tenants'),
    scene('link, sign-in', `/tenants/links/${waiting}`, link),
    scene('link, after the sign-in', '/tenants/links'),
    scene('link, finished', `/tenants/links/${linked}`, link),
    { ...scene('link, confirm', `/tenants/links/${waiting}`, link), browser: linking },
    scene('removal', `/tenants/${id}/uses`, '/tenants/:id/uses'),
    scene('removal refused', `/tenants/${tenants[0].id}/uses`, '/tenants/:id/uses'),
  ]
}
