import { takeDueStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** A recovery case from its first page to its end, for the one who asks and for those who are asked. */
export async function caseScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const route = '/cases/:number'
  const begin = async (name: string) => {
    const browser = server.browser()
    const address = `case-${name}@private.example`
    const text = 'I have a new phone, and nobody of us is an administrator any more.\nWho can help?'
    const { json } = await browser.post('/cases', { kind: 'no-administrator', domain: 'acme.example', address, text })
    const path = `/cases/${json.number}`
    return { browser, path, address, challenge: json.challenge.id as string, name: `cases/${name}`, route }
  }
  const open = async (name: string) => {
    const begun = await begin(name)
    const code = await server.code(begun.address)
    await begun.browser.post(`${begun.path}/proofs`, { challenge: begun.challenge, code })
    return begun
  }
  const [code, opened, answered, closed] = [
    await begin('code'),
    await open('open'),
    await open('answered'),
    await open('closed'),
  ]
  const admin = await signIn('admin@acme.example')
  await takeDueStep(server, admin)
  await admin.post(`${answered.path}/messages`, { text: 'Please call us at the desk.' })
  await admin.post(`${closed.path}/closing`, { result: 'refused' })
  const wrong = server.browser()
  await wrong.request('POST', '/cases', { page: true, form: { kind: 'other', domain: 'x', address: '', text: '' } })
  const helped = server.browser()
  const assistant = await helped.post('/help/sign-in', { username: 'registered@acme.example' })
  const told = `/cases?kind=other&domain=acme.example&assistant=${assistant.json.id}`
  const link = await server.message(one => one.to === opened.address && one.kind === 'link')
  const browser = server.browser()
  return [
    { name: 'cases/start', route: '/cases', path: '/cases', browser },
    { name: 'cases/refused', route: '/cases', path: '/cases', browser: wrong },
    { name: 'cases/told', route: '/cases', path: told, browser: helped },
    code,
    opened,
    answered,
    closed,
    { name: 'cases/lost', route: '/cases/links', path: '/cases/links', browser },
    { name: 'cases/sent', route: '/cases/links', path: '/cases/links?sent', browser },
    { name: 'cases/link', route: '/links/:token', path: /\/links\/[\w-]+/.exec(link.text)![0], browser },
    { name: 'cases/list', route: '/cases', path: '/cases', browser: admin },
    { name: 'cases/helper', route, path: opened.path, browser: admin },
  ]
}
