import { setTimeout as sleep } from 'node:timers/promises'
import type { Scene, Stage } from './stage.ts'

/** The journey of a company's first account, page by page, and what its mails' link says at its end. */
export async function signupScenes({ server }: Stage): Promise<Scene[]> {
  const route = '/signup/:id'
  const send = async (browser: Scene['browser'], path: string, json: unknown) => {
    const answer = await browser.post(path, json)
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`)
    return answer.json
  }
  const begin = async (address: string, whom = 'company') => {
    const browser = server.browser()
    const { id, challenge } = await send(browser, '/signup', { address, for: whom })
    return { browser, path: `/signup/${id}`, challenge: challenge.id as string, code: await server.code(address) }
  }
  const prove = async (address: string, whom?: string) => {
    const begun = await begin(address, whom)
    await send(begun.browser, `${begun.path}/proofs`, { challenge: begun.challenge, code: begun.code })
    return begun
  }
  const name = async (label: string) => {
    const begun = await prove(`ann.lee@${label}.example`)
    const organization = { displayName: 'Kestrel Marsh', country: 'GB', label }
    await send(begun.browser, `${begun.path}/organization`, organization)
    return begun
  }
  const make = async (label: string) => {
    const begun = await name(label)
    const administrator = { givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword: 'Quite-another-marmot-1' }
    await send(begun.browser, `${begun.path}/administrator`, administrator)
    return begun
  }
  const sceneOf = (state: string, { browser, path }: { browser: Scene['browser']; path: string }): Scene => ({
    name: `signup/${state}`,
    route,
    path,
    browser,
  })
  const refuse = async (state: string, browser: Scene['browser'], path: string, form: Record<string, string>) => {
    const sent = await browser.submit(path, form)
    return sceneOf(state, { browser, path: sent.headers.get('location') ?? '' })
  }

  const code = await begin('ann.lee@code.example')
  // The page of a code that is on its way waits for it.
  for (;;) {
    if ((await code.browser.get(code.path)).json.challenge.delivery !== 'pending') break
    await sleep(20)
  }
  const wrong = await begin('ann.lee@wrong.example')
  const doubtful = await prove('ann.lee@doubtful.example')
  const short = await name('short-one')
  const kept = await make('kept-one')
  await send(kept.browser, `${kept.path}/codes`, { kept: true })
  const inviting = await make('inviting-one')
  const second = 'bo.ray@inviting-one.example'
  await send(inviting.browser, `${inviting.path}/codes`, { kept: true, secondAdministrator: second })
  await send(inviting.browser, '/security-info/later', {})
  const { text } = await server.message(({ kind, to }) => kind === 'link' && to === second)
  const link = /\/links\/[\w-]+/.exec(text)![0]
  const invited = server.browser()
  const { next } = await send(invited, link, {})
  const joined = await prove('bo.ray@redpoll.example', 'myself')
  await send(joined.browser, `${joined.path}/person`, {
    ...{ givenName: 'Bo', surname: 'Ray', newPassword: 'Quite-another-marmot-1' },
  })
  const start = server.browser()
  return [
    { name: 'signup/start', route: '/signup', path: '/signup', browser: server.browser() },
    {
      ...(await refuse('personal address', start, '/signup', { address: 'ann@gmail.com' })),
      route: '/signup',
    },
    sceneOf('code', code),
    await refuse('wrong code', wrong.browser, `${wrong.path}/proofs`, {
      challenge: wrong.challenge,
      code: wrong.code === '123456' ? '654321' : '123456',
    }),
    sceneOf('exists, you', await prove('registered@acme.example')),
    sceneOf('exists, not you', await prove('somebody.else@acme.example')),
    sceneOf('person', await prove('bo.ray@brambling.example', 'myself')),
    sceneOf('person refused', await prove('somebody.more@acme.example', 'myself')),
    sceneOf('person finished', joined),
    sceneOf('organization', await prove('ann.lee@kestrel.example')),
    await refuse('doubtful name', doubtful.browser, `${doubtful.path}/organization`, {
      displayName: 'Shop.com',
      country: 'GB',
      label: 'admin1',
      technicalContact: '',
    }),
    sceneOf('administrator', await name('kestrel-marsh')),
    await refuse('short password', short.browser, `${short.path}/administrator`, {
      givenName: 'Ann',
      surname: 'Lee',
      userName: 'ann',
      newPassword: 'short',
      password2: 'short',
    }),
    sceneOf('codes', await make('codes-one')),
    sceneOf('finished', kept),
    {
      name: 'administrators/invite',
      route: '/administrators/invitations',
      path: '/administrators/invitations',
      browser: inviting.browser,
    },
    { name: 'links/join', route: '/links/:token', path: link, browser: server.browser() },
    { name: 'join', route: '/join/:id', path: next, browser: invited },
  ]
}
