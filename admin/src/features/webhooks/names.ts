import { i18n, list, t } from '../../words.ts'

/** What can be told of as a whole, and by which changes. */
export const resources = {
  users: ['created', 'updated', 'deleted'],
  groups: ['created', 'updated', 'deleted'],
  'auditLogs/directoryAudits': ['created'],
  'auditLogs/signIns': ['created'],
  'reset/journeys': ['created'],
} as const
export type Resource = keyof typeof resources

/** What a resource is called. One object is told by its id, and what this version does not know by its address. */
export function nameOfResource(resource: string): string {
  const [, kind = '', object, part] =
    /^\/?(?:auditLogs\/|reset\/)?([A-Za-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/.exec(resource) ?? []
  const key = `admin.webhooks.resources.${part ?? kind}`
  if (!i18n.exists(key)) return resource
  const name = t(key as 'admin.webhooks.resources.users')
  return object === undefined ? name : `${name} · ${object}`
}

/** What happened to an object, or to the webhook itself. */
export function nameOfChange(change: string): string {
  const key = `admin.webhooks.changes.${change}`
  return i18n.exists(key) ? t(key as 'admin.webhooks.changes.created') : change
}

/** The changes of a list as in `created,updated`. */
export const nameOfChanges = (changeType: string) => list(changeType.split(',').map(one => nameOfChange(one.trim())))

/** Why a delivery failed: its status, or what kept the call from its end. */
export function sentenceOfProblem(problem: string): string {
  if (/^\d{3}$/.test(problem)) return t('admin.webhooks.deliveries.problems.status', { code: problem })
  if (problem === 'timeout' || problem === 'private') return t(`admin.webhooks.deliveries.problems.${problem}`)
  return t('admin.webhooks.deliveries.problems.unreachable')
}
