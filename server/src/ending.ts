import type { Logger } from 'pino'
import { SECOND } from './clock.ts'

/** How long a repeated signal counts as the same one: npm and supervisors pass a group's signal on. */
const SAME_WISH = 2 * SECOND

/** How long the process may take to end after an error, which may keep it from ending, and when it was asked to. */
const PATIENCE = 15 * SECOND
const ASKED_PATIENCE = 45 * SECOND

/** How the process ends. Code that opens something sets how it is closed. */
export interface Ending {
  /** Closes in order all that is open so far. */
  close(): Promise<void>
  /** Ends what must not outlive even a process that no longer waits. */
  abandon(): void
  log: Logger | undefined
  /** Whether the end has begun. */
  readonly begun: boolean
  /** Closes, and ends the process with this code. */
  end(code: 0 | 1): void
}

/**
 * Ends the process in order on a signal, with `code`. Ends it at once on a later signal that is no repeat of the first.
 * Ends it with 1 after an uncaught error.
 */
export function endOnSignal(code: 0 | 1): Ending {
  let since: number | undefined
  const ending: Ending = {
    close: async () => {},
    abandon: () => {},
    log: undefined,
    get begun() {
      return since !== undefined
    },
    end(how) {
      if (since !== undefined) return atOnce()
      since = performance.now()
      ending.log?.info('stopping')
      // A broken part may never close, nor one whose database has gone without a word.
      setTimeout(atOnce, how === 1 ? PATIENCE : ASKED_PATIENCE).unref()
      ending.close().then(
        () => process.exit(how),
        error => {
          ending.log?.fatal({ err: error }, 'stopping failed')
          atOnce()
        },
      )
    },
  }
  const atOnce = () => {
    ending.abandon()
    process.exit(1)
  }
  const asked = () => {
    if (since === undefined || performance.now() - since > SAME_WISH) ending.end(code)
  }
  process.on('SIGTERM', asked).on('SIGINT', asked)
  // Node's own print of an error would show its members.
  process.on('uncaughtException', error => {
    if (ending.log) ending.log.fatal({ err: error }, 'unforeseen')
    else process.stderr.write(`latchkey: ${error.name}\n`)
    ending.end(1)
  })
  return ending
}
