import { api, dataOf } from '../api/client.ts'
import { t } from '../words.ts'
import { csvOf } from './csv.ts'
import { followJob, startJob } from './jobs.ts'

interface BulkAct {
  /** The kind of job that does it. */
  kind: string
  /** The action of the server's table that it takes. */
  takes: string
  /** What each row says beside whom it is about. */
  cells?: Readonly<Record<string, string>>
  /** What was deleted is named by this list; everything else is done to those who are there. */
  ofDeleted?: true
}

/** What is done to many people at once, in the order in which it is offered. */
export const bulkActs = {
  announce: { kind: 'announceRegistration', takes: 'resetPolicies.write' },
  turnOff: { kind: 'usersUpdate', takes: 'users.enable', cells: { accountEnabled: 'false' } },
  addToGroup: { kind: 'groupMembersAdd', takes: 'groups.write' },
  remove: { kind: 'usersDelete', takes: 'users.delete' },
  turnOn: { kind: 'usersUpdate', takes: 'users.enable', cells: { accountEnabled: 'true' } },
  unblock: { kind: 'blocksLift', takes: 'blocks.lift' },
  requireRegistration: { kind: 'requireRegistration', takes: 'blocks.lift' },
  signOut: { kind: 'sessionsRevoke', takes: 'sessions.revoke' },
  restore: { kind: 'usersRestore', takes: 'users.restore', ofDeleted: true },
  purge: { kind: 'usersPurge', takes: 'users.purge', ofDeleted: true },
} as const satisfies Record<string, BulkAct>
export type BulkActName = keyof typeof bulkActs

/** Those that these actions open, for a list of the deleted or of the others. */
export const bulkActsFor = (actions: readonly string[], isDeleted: boolean) =>
  (Object.entries(bulkActs) as [BulkActName, BulkAct][])
    .filter(([, { takes, ofDeleted = false }]) => ofDeleted === isDeleted && actions.includes(takes))
    .map(([name]) => name)

/** The rows of the file that does it to these people. `group`: which they are put into. */
export function linesOf(name: BulkActName, ids: readonly string[], group?: string): string[][] {
  const { cells = {} }: BulkAct = bulkActs[name]
  const same = group === undefined ? cells : { groupId: group }
  const headings = [group === undefined ? 'id' : 'memberId', ...Object.keys(same)]
  return [headings, ...ids.map(id => [id, ...Object.values(same)])]
}

/** Takes out of a group again whom a job put into it. Those who have left it since are no hindrance. */
export async function takeOut(jobId: string, group: string): Promise<void> {
  const { value } = await dataOf(api.GET('/bulk/jobs/{id}/results', { params: { path: { id: jobId } } }))
  const put = value.flatMap(({ status, id }) => (status < 400 && id ? [id] : []))
  const undone = await startJob({
    kind: 'groupMembersRemove',
    file: new Blob([csvOf(linesOf('addToGroup', put, group))]),
    fileName: t('admin.people.import.kinds.groupMembersRemove'),
    dryRun: false,
  })
  await followJob(undone)
}
