import assert from 'node:assert/strict'
import { PASSWORD } from '../demo/index.ts'
import { granted } from './contract.ts'
import type { Outbox, TestBrowser } from './server.ts'
import { askProof } from './steps.ts'

/** A person of the demonstration without a role. */
export const SIGNER = 'signer@acme.example'

/** How a person answers the pages of a sign-in. `outbox`: where the code of a second step comes, by mail where there is one. */
export interface Answers {
  username?: string
  password?: string
  accept?: boolean
  outbox?: Outbox
}

/** Answers the pages of the sign-in at `/signin/{id}`, except those of the state `until`. Returns what it then says. */
export async function answerSignIn(
  browser: TestBrowser,
  at: string,
  { username = SIGNER, password = PASSWORD, accept = true, outbox }: Answers = {},
  until?: string,
) {
  const pages: Record<string, [string, object?]> = {
    'choose-account': ['name', { username }],
    name: ['name', { username }],
    password: ['password', { password }],
    'stay-signed-in': ['stay', { stay: false }],
    consent: ['consent', { accept }],
    'confirm-application': ['confirm'],
  }
  for (let step = 0; step < 8; step++) {
    const view = granted(await browser.get(at))
    const [page, answer] = pages[view.state] ?? []
    if (view.state === until) return view
    if (view.state === 'second-step' && outbox) {
      const byMail = view.methods.find(({ kind }: { kind: string }) => kind === 'email')
      granted(await browser.post('/session/proofs', await askProof(outbox, browser, byMail ?? view.methods[0])))
    } else if (page) granted(await browser.post(`${at}/${page}`, answer))
    else return view
  }
  throw new Error(`the sign-in goes round: ${at}`)
}

/** Follows a browser from an authorization request, or a sign-in, to the address that leads away from `origin`, or to the built-in application. */
export async function signIn(browser: TestBrowser, origin: string, to: string, answers?: Answers): Promise<URL> {
  let at = new URL(to, origin)
  for (let step = 0; step < 8; step++) {
    if (at.origin !== origin || at.pathname === '/admin/callback') return at
    const path = at.pathname + at.search
    if (/^\/signin\/[\w-]+$/.test(path)) {
      const { state, next } = await answerSignIn(browser, path, answers)
      assert.ok(next, `the sign-in is in ${state}`)
      at = new URL(next, origin)
    } else {
      const { status, headers, text } = await browser.page(path)
      assert.equal(status, 303, text)
      at = new URL(headers.get('location')!, origin)
    }
  }
  throw new Error(`the sign-in goes round: ${at.href}`)
}
