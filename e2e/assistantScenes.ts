import type { Scene, Stage } from './stage.ts'

/** The assistant of people who cannot sign in: its questions, some of its ends, and the request for help. */
export async function assistantScenes({ server }: Stage): Promise<Scene[]> {
  const start = '/help/sign-in'
  const route = `${start}/:id`
  const tell = async (answers: readonly string[], username?: string, browser = server.browser()) => {
    let { json } = await browser.post(start, username === undefined ? {} : { username })
    for (const answer of answers)
      json = (await browser.post(`${start}/${json.id}/answers`, { question: json.question.id, answer })).json
    return { browser, path: `${start}/${json.id}`, id: json.id as string }
  }
  const name = 'registered@acme.example'
  const refused = server.browser()
  await refused.post('/reset', { username: 'outside@globex.example' })
  const asked = await tell(['denied'], 'stale@acme.example')
  await asked.browser.post(`${asked.path}/contact`)
  const nobody = await tell([], 'someone@initech.example')
  await nobody.browser.post(`${nobody.path}/answers`, { question: 'what', answer: 'denied' })
  await nobody.browser.request('POST', `${nobody.path}/contact`, { page: true, form: {} })
  const scenes = {
    name: await tell([]),
    what: await tell([], name),
    unknown: await tell([], 'somebody@new.example'),
    code: await tell(['message'], name),
    refused: await tell([], undefined, refused),
    S1: await tell(['forgot'], name),
    S4: await tell(['none', 'no', 'no'], undefined, refused),
    S9: await tell(['skip', 'no-administrator', 'none', 'no']),
    message: await tell(['message', 'AADSTS50053'], name),
  }
  const contact = `${route}/contact`
  return [
    { name: 'assistant/start', route: start, path: start, browser: server.browser() },
    { name: 'assistant/start after a refusal', route: start, path: start, browser: refused },
    ...Object.entries(scenes).map(([end, scene]) => ({ name: `assistant/${end}`, route, ...scene })),
    { name: 'assistant/contact', route: contact, ...scenes.S4, path: `${scenes.S4.path}/contact` },
    { name: 'assistant/contact without a name', route: contact, ...scenes.S9, path: `${scenes.S9.path}/contact` },
    { name: 'assistant/asked', route: contact, browser: asked.browser, path: `${asked.path}/contact?answer=now` },
    { name: 'assistant/nobody', route: contact, browser: nobody.browser, path: `${nobody.path}/contact` },
  ]
}
