import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { mailProvider } from './provider.ts'

/** The jobs of the assistant. */
export const assistantTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  'ask-provider': (payload: GraphileWorker.Tasks['ask-provider']) =>
    mailProvider(
      db,
      {
        ...{ now: clock(), random, keys },
        actor: { kind: 'system' },
        trail: { correlationId: payload.assistantId },
      },
      payload,
    ),
})
