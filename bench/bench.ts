import type { Means } from '../server/src/crypto/index.ts'
import type { Application } from './applications.ts'
import type { Browsers } from './browser.ts'
import type { Captchas } from './captchas.ts'
import type { Gateway } from './gateway.ts'
import { type Step, signIn } from './journeys.ts'
import type { Act, Timer } from './load.ts'
import type { Mailbox } from './mailbox.ts'
import type { Person } from './people.ts'
import type { RunningServer } from './server.ts'

/** Enough that hashing never waits for people, few enough that the times still mean something. */
export const AT_ONCE = 24

/** The needs of every phase. */
export interface Bench {
  server: RunningServer
  browsers: Browsers
  mailbox: Mailbox
  gateway: Gateway
  captchas: Captchas
  /** Of the role that requests log in as. */
  databaseUrl: string
  /** Of the owner of the tables. */
  ownerUrl: string
  /** With the server's secret. */
  means: Means
  application: Application
  /** The people at rest, longest at rest first. */
  idle: Person[]
}

/** Runs an act of the person who has rested longest. */
export const withSomebody =
  <Name extends string>(
    { idle }: Pick<Bench, 'idle'>,
    act: (person: Person, timed: Timer<Name>) => Promise<unknown>,
  ): Act<Name> =>
  async timed => {
    const person = idle.shift()
    if (!person) throw new Error('more at work than there are people')
    await act(person, timed)
    idle.push(person)
  }

export const signIns = (bench: Bench): Act<Step> =>
  withSomebody<Step>(bench, (person, timed) => signIn(bench, timed, person))
