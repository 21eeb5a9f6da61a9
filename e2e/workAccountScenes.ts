import type { Scene, Stage } from './stage.ts'

/** The question whether a company has work accounts here, its answers and its refusal. */
export async function workAccountScenes({ server }: Stage): Promise<Scene[]> {
  const route = '/account-check'
  const answered = async (query: string) => {
    const browser = server.browser()
    const sent = await browser.request('POST', route, { page: true, form: { query } })
    return { browser, path: sent.headers.get('location') ?? '' }
  }
  const mailed = async (address: string) => {
    const browser = server.browser()
    await browser.post('/account-check/mail', { address })
    const { text } = await server.message(one => one.kind === 'link' && one.to === address)
    const { json } = await browser.post(/\/links\/[\w-]+/.exec(text)![0], {})
    return { browser, path: json.next as string }
  }
  return [
    { name: 'workAccounts/ask', route, path: route, browser: server.browser() },
    { name: 'workAccounts/no domain', route, ...(await answered('no domain')) },
    { name: 'workAccounts/managed', route, ...(await answered('acme.example')) },
    { name: 'workAccounts/unknown', route, ...(await answered('new.example')) },
    { name: 'workAccounts/mail', route: '/account-check/mail', path: '/account-check/mail', browser: server.browser() },
    {
      name: 'workAccounts/mailed',
      route: '/account-check/mail',
      path: '/account-check/mail?sent',
      browser: server.browser(),
    },
    { name: 'workAccounts/directory', route, ...(await mailed('onpremises@acme.example')) },
    { name: 'workAccounts/not you', route, ...(await mailed('nobody@acme.example')) },
    { name: 'help/list', route: '/help', path: '/help', browser: server.browser() },
    { name: 'help/found', route: '/help', path: '/help?q=パスワード', browser: server.browser() },
    { name: 'help/code', route: '/help/codes/:code', path: '/help/codes/SSPR_0014', browser: server.browser() },
    ...['forgot-password', 'common-problems', 'cannot-sign-in'].map(topic => ({
      ...{ name: `help/${topic}`, route: '/help/:topic', path: `/help/${topic}`, browser: server.browser() },
    })),
    ...['getting-started', 'troubleshooting'].map(topic => ({
      ...{ name: `help/administrators ${topic}`, route: '/help/administrators/:topic', browser: server.browser() },
      path: `/help/administrators/${topic}`,
    })),
    {
      ...{ name: 'help/administrators', route: '/help/administrators', path: '/help/administrators' },
      browser: server.browser(),
    },
    ...['FR', 'JP', 'ZZ'].map(country => ({
      ...{ name: `support/${country}`, route: '/support', browser: server.browser() },
      path: `/support?country=${country}&whr=globex.example`,
    })),
  ]
}
