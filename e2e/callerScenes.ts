import { beginCheck, findCheck, giveToCaller } from '../server/src/callers/index.ts'
import { DAY, plus } from '../server/src/clock.ts'
import { PASSWORD } from '../server/src/demo/index.ts'
import { issueLink } from '../server/src/links/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { actOf, addPerson } from './people.ts'
import type { Scene, Stage } from './stage.ts'

/** The page of somebody who is on the phone with their help desk: asked, approved, given a password, denied, too late. */
export async function callerScenes({ server }: Stage): Promise<Scene[]> {
  const act = actOf(server)
  const sceneOf = async (name: string): Promise<Scene & { id: string; words: string; tenantId: string }> => {
    const user = await addPerson(server, `caller-${name}@acme.example`, PASSWORD)
    const { tenantId } = user
    const { token, check } = await inTenant(server.store, tenantId, async trx => {
      const { id: linkId, token } = await issueLink(trx, act, user, 'approval')
      const words = server.services.words.in('en').t('callers.words').split(' ')
      const asked = { askedBy: user.id, means: 'approvalLink', words, linkId } as const
      return { token, check: await beginCheck(trx, act, user, asked) }
    })
    const browser = server.browser()
    const { json } = await browser.post(`/links/${token}`, {})
    const scene = { name: `callers/${name}`, route: '/approvals/:id', path: json.next, browser }
    return { ...scene, id: check.id, words: check.spoken ?? '', tenantId }
  }
  const [asked, approved, given, denied, late] = [
    await sceneOf('asked'),
    await sceneOf('approved'),
    await sceneOf('given'),
    await sceneOf('denied'),
    await sceneOf('late'),
  ]
  for (const { browser, path, words } of [approved, given]) await browser.post(path, { words })
  await denied.browser.post(`${denied.path}/denial`, {})
  const until = plus(act.now, 3 * DAY)
  await inTenant(server.store, given.tenantId, async trx => {
    const check = await findCheck(trx, act.now, given.id)
    await giveToCaller(trx, act, check!, { kind: 'password', value: 'q7Xk-Wm2v-Rt9p-Zc4h', until })
  })
  await inTenant(server.store, late.tenantId, trx =>
    trx
      .updateTable('caller_checks')
      .set({ expires_at: act.now })
      .where('tenant_id', '=', late.tenantId)
      .where('id', '=', late.id)
      .execute(),
  )
  return [asked, { ...approved, waits: true }, given, denied, late]
}
