import assert from 'node:assert/strict'
import type { TestServer } from './server.ts'
import type { Slapd } from './slapd.ts'

/** Makes an entry of the directory the home of this person's password, as a synchronization does. */
export async function keptThere(web: TestServer, directory: Slapd, name: string) {
  const uid = name.split('@')[0]!
  await directory.add(uid)
  const { entryUUID } = (await directory.read(uid, 'entryUUID'))!
  const { pool } = web.store
  await pool.query(
    `update latchkey.accounts set password_mastered_in = 'directory', directory_anchor = $2 where user_principal_name = $1`,
    [name, entryUUID],
  )
  const account = '(select id from latchkey.accounts where user_principal_name = $1)'
  await pool.query(`delete from latchkey.passwords where user_id = ${account}`, [name])
}

/** A reset of `registered@acme.example` whose gates are passed. */
export async function readyToChoose(web: TestServer, problem?: 'forgot' | 'unlock') {
  const browser = web.browser()
  const before = (await web.outbox())[0]
  const begun = await browser.post('/reset', { username: 'registered@acme.example' })
  const path = `/reset/${begun.json.id}`
  if (problem) assert.equal(begun.json.state, 'choose-problem', begun.text)
  const chosen = problem ? await browser.post(`${path}/problem`, { problem }) : begun
  assert.equal(chosen.json.state, 'verify', chosen.text)
  const method = chosen.json.methods.find((way: { kind: string }) => way.kind === 'email').id
  const { json } = await browser.post(`${path}/challenges`, { method })
  const code = await web.code('registered@mail.example', before)
  const proved = await browser.post(`${path}/proofs`, { challenge: json.challenge.id, code })
  assert.equal(proved.json.state, 'choose-password', proved.text)
  return { browser, path, proved, choose: (newPassword: string) => browser.post(`${path}/password`, { newPassword }) }
}
