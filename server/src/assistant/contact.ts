import type { Act } from '../act.ts'
import { askForHelp, type HelpAnswer } from '../reset/index.ts'
import type { Db } from '../store/index.ts'
import type { Assistant } from './assistant.ts'
import { refuse } from './errors.ts'
import { changeAssistant } from './queries.ts'
import { checkOpen } from './steps.ts'

/** The browser that asks. */
export interface Asker {
  browserToken: string
  deviceCookie: string | undefined
  language: string
}

/**
 * Asks the administrators of the person's company, with the counters and the mail of a reset (work accounts on the wire,
 * §1.7). `named`: the name, where it was not told before. Throws `journey_expired`, `invalid_request`, `nobody_to_ask`.
 */
export async function askAdministrators(
  db: Db,
  act: Act,
  one: Assistant,
  asker: Asker & { named: string | undefined },
): Promise<HelpAnswer> {
  checkOpen(one)
  const username = nameIn(one, asker.named)
  // Claimed first: of two requests at once one begins it, and the name can be changed no more.
  if (!one.told.contacted) {
    const answers = one.told.answers.map(given =>
      given.question === 'username' ? { ...given, answer: username } : given,
    )
    await changeAssistant(db, act, one, { ...one.told, answers, contacted: true })
  }
  return askForHelp(db, act, { ...asker, id: one.id, username })
}

/** The name to ask for, at the end of the questions. Throws `wrong_state`, `invalid_request`. */
export function nameIn({ at, username }: Assistant, named: string | undefined): string {
  if (!('leaf' in at)) throw refuse('wrong_state')
  const name = username ?? named?.trim()
  if (!name) throw refuse('invalid_request', { errors: [{ field: 'username', code: 'required' }] })
  return name
}
