import type { Scene, Stage } from './stage.ts'

/** The question whether a company has work accounts here, its answers and its refusal. */
export async function workAccountScenes({ server }: Stage): Promise<Scene[]> {
  const route = '/account-check'
  const answered = async (query: string) => {
    const browser = server.browser()
    const sent = await browser.request('POST', route, { page: true, form: { query } })
    return { browser, path: sent.headers.get('location') ?? '' }
  }
  return [
    { name: 'workAccounts/ask', route, path: route, browser: server.browser() },
    { name: 'workAccounts/no domain', route, ...(await answered('no domain')) },
    { name: 'workAccounts/managed', route, ...(await answered('acme.example')) },
    { name: 'workAccounts/unknown', route, ...(await answered('new.example')) },
    ...['FR', 'JP', 'ZZ'].map(country => ({
      ...{ name: `support/${country}`, route: '/support', browser: server.browser() },
      path: `/support?country=${country}&whr=globex.example`,
    })),
  ]
}
