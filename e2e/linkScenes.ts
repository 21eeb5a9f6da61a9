import { PASSWORD } from '../server/src/demo/index.ts'
import { issueLink } from '../server/src/links/index.ts'
import { announcementStopToken } from '../server/src/notifications/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { actOf, addPerson } from './people.ts'
import type { Scene, Stage } from './stage.ts'

/** The page of a mailed link, and what a link shows that was opened before. */
export async function linkScenes({ server }: Stage): Promise<Scene[]> {
  const browser = server.browser()
  const linkOf = async (name: string) => {
    const user = await addPerson(server, `${name}@acme.example`, PASSWORD)
    const { token } = await inTenant(server.store, user.tenantId, trx => issueLink(trx, actOf(server), user, 'reset'))
    return `/links/${token}`
  }
  const opened = await linkOf('linked-before')
  await server.browser().post(opened, {})
  const stopOf = async (name: string) => {
    const { tenantId, id: userId } = await addPerson(server, `${name}@acme.example`, PASSWORD)
    return `/announcements/stop/${announcementStopToken(server.services.keys, { tenantId, userId })}`
  }
  const stopped = await stopOf('stopped-announcements')
  await server.browser().post(stopped, {})
  const stop = { route: '/announcements/stop/:token', browser }
  return [
    { name: 'links/announcements', ...stop, path: await stopOf('announced') },
    { name: 'links/announcements-stopped', ...stop, path: stopped },
    { name: 'links/reset', route: '/links/:token', path: await linkOf('linked'), browser },
    { name: 'links/opened', route: undefined, path: opened, browser },
    { name: 'links/proved', route: '/links/proved', path: '/links/proved', browser },
    { name: 'links/stopped', route: '/links/stopped', path: '/links/stopped', browser },
  ]
}
