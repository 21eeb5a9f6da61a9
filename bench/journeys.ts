import type { Answer, Browsers } from './browser.ts'
import type { Captchas } from './captchas.ts'
import type { Timer } from './load.ts'
import type { Mailbox } from './mailbox.ts'
import type { Person } from './people.ts'

/** What is timed: requests, and whole resets. `code`: from the answer to a challenge until its mail has come. */
export type Step = 'identify' | 'challenge' | 'code' | 'journey' | 'proof' | 'password' | 'reset' | 'sign-in' | 'page'

/** The requests that neither hash nor wait for a mail. */
export const hashless = ['identify', 'challenge', 'journey', 'proof'] as const satisfies Step[]

interface Journey {
  id: string
  state: string
  methods: { id: string; kind: string }[]
  challenge: { id: string } | null
}

/**
 * A whole reset in a browser that is new to the person: name, emailed code, new password.
 * `looking`: the page is loaded again before the code is typed.
 * Throws where any step is refused.
 */
export async function reset(
  { browsers, mailbox, captchas }: { browsers: Browsers; mailbox: Mailbox; captchas: Captchas },
  timed: Timer<Step>,
  { person, newPassword, looking }: { person: Person; newPassword: string; looking: boolean },
): Promise<void> {
  const browser = browsers.fresh()
  const form = { username: person.name, captcha: captchas.next() }
  const begun = read<Journey>(201, await timed('identify', () => browser.post('/reset', form)))
  const path = `/reset/${begun.id}`
  const code = mailbox.nextCode(person.address)
  code.catch(() => {}) // a refused challenge is reported instead
  const method = begun.methods[0]?.id
  const asked = read<Journey>(201, await timed('challenge', () => browser.post(`${path}/challenges`, { method })))
  const proof = { challenge: asked.challenge?.id, code: await timed('code', () => code) }
  if (looking) read<Journey>(200, await timed('journey', () => browser.get(path)))
  const proved = read<Journey>(200, await timed('proof', () => browser.post(`${path}/proofs`, proof)))
  if (proved.state !== 'choose-password') throw new Error(`a proved journey is in state ${proved.state}`)
  const ended = read<Journey>(200, await timed('password', () => browser.post(`${path}/password`, { newPassword })))
  if (ended.state !== 'finished') throw new Error(`a journey ended in state ${ended.state}`)
  person.password = newPassword
}

/** A sign-in with name and password in a browser that is new to the person. Throws where it is refused. */
export async function signIn({ browsers }: { browsers: Browsers }, timed: Timer<Step>, person: Person): Promise<void> {
  const { name: username, password } = person
  const answer = await timed('sign-in', () => browsers.fresh().post('/signin', { username, password }))
  const { state } = read<{ state: string }>(200, answer)
  if (state !== 'signed-in') throw new Error(`a sign-in ended in state ${state}`)
}

/** The first page of a reset, which hashes nothing. */
export async function look({ browsers }: { browsers: Browsers }, timed: Timer<Step>): Promise<void> {
  const { status } = await timed('page', () => browsers.fresh().page('/reset'))
  if (status !== 200) throw new Error(`the first page was answered ${status}`)
}

/** What a step answered, as JSON. Throws where it was refused. */
export function read<T>(status: number, answer: Answer): T {
  if (answer.status !== status) throw new Error(`answered ${answer.status} instead of ${status}: ${answer.body}`)
  return JSON.parse(answer.body) as T
}
