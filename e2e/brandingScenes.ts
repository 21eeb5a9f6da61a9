import { takeDueStep } from '../server/src/testing/steps.ts'
import type { Scene, Stage } from './stage.ts'

/** The page of a company's looks, and the pages that show looks which nobody has saved yet. */
export async function brandingScenes({ server, signIn }: Stage): Promise<Scene[]> {
  const route = '/organization/branding'
  const admin = async () => {
    const browser = await signIn('admin@acme.example')
    await takeDueStep(server, browser)
    return browser
  }
  const form = {
    ...{ locale: '0', version: 'none', backgroundColor: '#ffee00', signInPageText: 'Ask Ada on 100.' },
    ...{ customTermsOfUseText: '', customTermsOfUseUrl: 'https://acme.example/terms' },
  }
  const [plain, trying] = [await admin(), await admin()]
  const tried = await trying.submit(`${route}/previews`, form)
  const { json } = await trying.post(`${route}/previews`, { locale: '0', backgroundColor: '#0b5394' })
  const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
  const drawn = await trying.post(`${route}/pictures/previews`, {
    ...{ locale: '0', kind: 'bannerLogo', picture },
  })
  const browser = server.browser()
  return [
    { name: 'branding/page', route, path: route, browser: plain },
    { name: 'branding/tried', route, path: tried.headers.get('location')!, browser: trying },
    { name: 'branding/picture', route, path: `${route}?locale=0&look=${drawn.json.tried}`, browser: trying },
    { name: 'branding/signin', route: '/signin/preview/:tenant', path: json.signIn, browser },
    { name: 'branding/reset', route: '/reset/preview/:tenant', path: json.reset, browser },
  ]
}
