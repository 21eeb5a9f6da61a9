import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyring } from '../crypto/index.ts'
import { claimDatabase } from '../runtime/purpose.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, type TestServer, testServer } from '../testing/server.ts'

// The secrets of a deployment are replaced while people use it.

const NEWER = 'Zp0wE5mRiXoU3eAcF6jG1hLpYs8Bn4WzTr9Mx2QdV7k='
const PASSWORD = 'Demo-passphrase-2026!'

test('secrets are rotated one replica after the other, and nobody is refused', async () => {
  const first = await testServer()
  await claimDatabase(first.store, keyring([SECRET]), 'production')
  let replicas: TestServer[] = [first]
  let going = true
  const refused: unknown[] = []
  let steps = 0
  /** Somebody whose requests meet each replica in turn. */
  const person = async () => {
    let turn = 0
    const next = () => replicas[turn++ % replicas.length]!
    const browser = next().browser()
    const visit = async (method: 'get' | 'post', path: string, body?: unknown, expected = [200, 201]) => {
      const server = next()
      const there = server.browser()
      for (const [name, value] of browser.cookies) there.cookies.set(name, value)
      const answer = method === 'get' ? await there.get(path) : await there.post(path, body)
      for (const [name, value] of there.cookies) browser.cookies.set(name, value)
      if (!expected.includes(answer.status)) refused.push([path, answer.status, answer.json])
      steps++
      return answer
    }
    await visit('post', '/signin', { username: 'registered@acme.example', password: PASSWORD })
    while (going) {
      await visit('get', '/account')
      const { json } = await visit('post', '/reset', { username: 'registered@acme.example' })
      await visit('get', `/reset/${json.id}`)
      await visit('post', '/signin', { username: 'new@acme.example', password: PASSWORD })
      await visit('post', '/signin', { username: 'registered@acme.example', password: PASSWORD })
    }
  }
  const people = [person()]
  const rounds = async (more: number) => {
    const end = steps + more
    while (steps < end) await new Promise(resolve => setTimeout(resolve, 5))
  }
  const add = (...secrets: string[]) => testServer({ beside: first, secrets })
  const env = (...secrets: string[]) => ({ DATABASE_URL: first.databaseUrl, LATCHKEY_SECRETS: secrets.join(',') })

  // The new secret at the end everywhere, then in front everywhere.
  const knowing = await add(SECRET, NEWER)
  replicas = [first, knowing]
  await rounds(6)
  replicas = [knowing]
  await rounds(4)
  await first.close()
  const early = await latchkey(env(NEWER, SECRET), 'secrets', 'reseal')
  assert.deepEqual([early.code, early.out], [1, ''])
  assert.match(early.err, /restart them first/)
  const using = await add(NEWER, SECRET)
  await claimDatabase(using.store, keyring([NEWER, SECRET]), 'production') // as its start does
  replicas = [knowing, using]
  await rounds(10)
  const before = await latchkey(env(NEWER, SECRET), 'secrets', 'status', '--json')
  const { secrets } = JSON.parse(before.out)
  assert.ok(secrets[0] > 0 && secrets[1] > 0, before.out)
  replicas = [using]
  await rounds(4)
  await knowing.close() // a worker of before would seal under the secret that it has in front
  const sealed = await latchkey(env(NEWER, SECRET), 'secrets', 'reseal')
  assert.equal(sealed.code, 0, sealed.err)
  assert.match(sealed.out, /^secret 1 {2}\d+ values\nsecret 2 {2}0 values\nAll values are under the first secret/)
  await rounds(4)
  going = false
  await Promise.all(people)
  assert.deepEqual(refused, [])

  // Without the former one all that was sealed opens.
  const last = await add(NEWER)
  assert.equal((await last.post('/signin', { username: 'registered@acme.example', password: PASSWORD })).status, 200)
  const after = await latchkey(env(NEWER), 'secrets', 'status')
  assert.match(after.out, /^secret 1 {2}\d+ values\nAll values are under it\.\n$/)
})
