import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { judgePreview } from './previews.ts'

export { expiredPreviews } from './previews.ts'

/** The job that completes previews of many people. */
export const previewTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  async 'judge-preview'(asked) {
    const now = clock()
    const trail = { correlationId: random.uuid(now) }
    await judgePreview(db, { now, random, keys, actor: { kind: 'system' }, trail }, asked)
  },
})
