import type { Scene, Stage } from './stage.ts'

/** The assistant of people who cannot sign in: its questions, some of its ends, and the requests for help. */
export async function assistantScenes({ server }: Stage): Promise<Scene[]> {
  const start = '/help/sign-in'
  const route = `${start}/:id`
  const tell = async (answers: readonly string[], username?: string, browser = server.browser()) => {
    let { json } = await browser.post(start, username === undefined ? {} : { username })
    for (const answer of answers)
      json = (await browser.post(`${start}/${json.id}/answers`, { question: json.question.id, answer })).json
    return { browser, path: `${start}/${json.id}` }
  }
  const name = 'registered@acme.example'
  const refused = server.browser()
  await refused.post('/reset', { username: 'outside@globex.example' })
  const asked = await tell(['denied'], 'stale@acme.example')
  await asked.browser.post(`${asked.path}/contact`)
  const scenes = {
    name: await tell([]),
    what: await tell([], name),
    code: await tell(['message'], name),
    refused: await tell([], undefined, refused),
    S6: await tell(['none', 'yes'], undefined, refused),
    S9: await tell(['skip', 'no-administrator', 'none', 'no']),
  }
  return [
    { name: 'assistant/start after a refusal', route: start, path: start, browser: refused },
    ...Object.entries(scenes).map(([end, scene]) => ({ name: `assistant/${end}`, route, ...scene })),
    {
      ...{ name: 'assistant/contact', route: `${route}/contact`, browser: scenes.S9.browser },
      path: `${scenes.S9.path}/contact`,
    },
    {
      ...{ name: 'assistant/asked', route: `${route}/contact`, browser: asked.browser },
      path: `${asked.path}/contact?answer=now`,
    },
    {
      ...{ name: 'assistant/provider', route: `${route}/provider`, browser: refused },
      path: `${scenes.S6.path}/provider`,
    },
  ]
}
