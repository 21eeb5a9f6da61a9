import { findTenantId } from '../server/src/directory/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import { granted } from '../server/src/testing/contract.ts'
import { makePartner } from '../server/src/testing/partners.ts'
import { takeStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** What a partner asks of a company, before and after its administrator has decided. */
export async function partnerScenes({ server, signIn }: Stage): Promise<Scene[]> {
  await makePartner(server, 'globex.example', ['admin@globex.example'])
  const tenantId = await findTenantId(server.store, 'acme.example')
  const agent = await testApi(server, 'globex.example').as('admin@globex.example')
  const list = '/tenantRelationships/delegatedAdminRelationships'
  const role = (roleDefinitionId: string) => ({ roleDefinitionId })
  const ask = async (displayName: string) => {
    const { json } = await agent('POST', list, {
      ...{ displayName, duration: 'P180D', customer: { tenantId } },
      accessDetails: {
        unifiedRoles: [
          role('88d8e3e3-8f55-4a1e-953a-9b9898b8876b'),
          role('729827e3-9c14-49f7-bb1b-9608f156bbb8'),
          role('4a5d8f65-41da-4de4-8968-e035b65339cf'),
        ],
      },
    })
    await agent('POST', `${list}/${json.id}/requests`, { action: 'lockForApproval' })
    return `/partner-requests/${json.id}`
  }
  const browser = await signIn('admin@acme.example')
  await takeStep(server, browser)
  const [waiting, wrong, rejected] = [await ask('Help desk'), await ask('Reports'), await ask('Old request')]
  granted(await browser.post(`${rejected}/rejection`, {}))
  // In a browser of its own: a page shows the last form's problem.
  const other = await signIn('admin@acme.example')
  await takeStep(server, other)
  await other.request('POST', `${wrong}/approval`, { page: true, form: {} })
  const scene = (name: string, path: string): Scene => ({
    ...{ name: `partner-requests/${name}`, route: '/partner-requests/:id', path, browser },
  })
  const invite = async () => {
    const { json } = await agent('POST', '/partner/invitations', { kind: 'reseller', dap: true })
    const { pathname, search, searchParams } = new URL(json.url)
    return { at: pathname, path: pathname + search, token: searchParams.get('token') }
  }
  const [open, unticked, accepted] = [await invite(), await invite(), await invite()]
  await browser.page(unticked.path)
  await browser.request('POST', `${unticked.at}/acceptance`, { page: true, form: {} })
  await browser.post(`${accepted.at}/acceptance`, { agree: true, token: accepted.token })
  const invitation = (name: string, path: string): Scene => ({
    ...{ name: `partner-invitations/${name}`, route: '/partner-invitations/:id', path, browser },
  })
  return [
    scene('waiting', waiting),
    { ...scene('no role chosen', wrong), browser: other },
    scene('rejected', rejected),
    invitation('open', open.path),
    invitation('not agreed', unticked.path),
    invitation('accepted', accepted.at),
  ]
}
