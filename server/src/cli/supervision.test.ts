import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { launch, server } from '../testing/program.ts'
import { testBrowser } from '../testing/server.ts'
import { until } from '../testing/until.ts'

// The database that the program brings, ended in every way while a real server works with it.

const base = await mkdtemp(join(tmpdir(), 'latchkey-supervision-'))
await chmod(base, 0o755)
const pids = new Set<number>()

after(async () => {
  for (const pid of pids) signal(pid, 'SIGKILL')
  await rm(base, { recursive: true, force: true })
})

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

/** Neither gone nor a zombie that waits for its parent. */
const lives = async (pid: number) => (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== ''

const environment = (name: string) => ({
  LATCHKEY_DATA: join(base, name),
  LATCHKEY_CAPTCHA: 'off',
  LATCHKEY_FLOOD_LIMITS: 'off',
})

// A first start takes seconds of work that is none of these tests': each begins with a copy of one that has ended.
const first = await server(environment('first'), 'demo')
first.child.kill('SIGTERM')
await first.ended

/** Begins with a data folder of its own. */
async function begin(name: string, more: Record<string, string> = {}) {
  // `cp` keeps the owner of PostgreSQL's files, where tests run as root.
  await promisify(execFile)('cp', ['-a', join(base, 'first'), join(base, name)])
  return server({ ...environment(name), ...more }, 'demo')
}

async function postmaster(name: string): Promise<number> {
  const lock = await readFile(join(base, name, 'postgres/18/postmaster.pid'), 'utf8').catch(() => '0')
  const pid = Number(lock.split('\n')[0])
  // Signals to 0 would reach this test's own group.
  if (pid > 1) pids.add(pid)
  return pid
}

const ready = async (url: string) => (await fetch(`${url}/health/ready`)).status === 200

/** Begins resets, one after the other in each of three browsers, until told to stop; gives what was acknowledged. */
function load(url: string) {
  let going = true
  const begun: { id: string; browser: ReturnType<typeof testBrowser> }[] = []
  const refused: Record<string, number> = {}
  const lanes = Array.from({ length: 3 }, async () => {
    while (going) {
      const browser = testBrowser(url)
      const { status, json, headers } = await browser.post('/reset', { username: 'registered@acme.example' })
      if (status === 201) begun.push({ id: json.id, browser })
      else {
        const what = `${status} ${json?.code} ${headers.get('retry-after')}`
        refused[what] = (refused[what] ?? 0) + 1
        await sleep(20)
      }
    }
  })
  return {
    begun,
    async stop() {
      going = false
      await Promise.all(lanes)
      return refused
    },
  }
}

// The other ways to end are for the long proof: each takes a server of its own.
for (const how of process.env.PROOF === 'long' ? (['SIGKILL', 'SIGTERM', 'SIGQUIT'] as const) : (['SIGKILL'] as const))
  test(`a database server that ends by ${how} is started again, and nothing acknowledged is lost`, async t => {
    const running = await begin(how, { LATCHKEY_LOG_LEVEL: 'warn' })
    t.after(() => running.child.kill('SIGKILL'))
    const { url } = running
    const pid = await postmaster(how)
    const work = load(url)
    await until(async () => work.begun.length > 10, 'resets begin')
    signal(pid, how)
    await until(async () => (await postmaster(how)) !== pid && ready(url), 'another server')
    const before = work.begun.length
    await until(async () => work.begun.length > before + 10, 'resets begin again')
    const refused = await work.stop()
    for (const what of Object.keys(refused)) assert.equal(what, '503 unavailable 2', running.output.out)
    for (const { id, browser } of work.begun) {
      const { status, json } = await browser.get(`/reset/${id}`)
      assert.deepEqual([status, json.state], [200, 'verify'])
    }
    assert.match(running.output.out, /"the database server has ended".+\n(.+\n)*.+"the database server runs again"/)

    // Its jobs go on.
    const { id, browser } = work.begun.at(-1)!
    const { json: journey } = await browser.get(`/reset/${id}`)
    const method = journey.methods.find((one: { kind: string }) => one.kind === 'email').id
    const asked = await browser.post(`/reset/${id}/challenges`, { method })
    assert.equal(asked.status, 201)
    await until(async () => {
      const { json } = await browser.get(`/reset/${id}`)
      return json.challenge?.delivery === 'sent'
    }, 'the code is sent')
    running.child.kill('SIGTERM')
    assert.equal(await running.ended, 0)
    assert.equal(await lives(await postmaster(how)), false)
  })

test('a server that was joined after a kill of the program is watched too, and a command leaves it alone', async t => {
  const killed = await begin('joined')
  const pid = await postmaster('joined')
  killed.child.kill('SIGKILL')
  await killed.ended
  const running = await server(environment('joined'), 'demo')
  t.after(() => running.child.kill('SIGKILL'))
  assert.equal(await postmaster('joined'), pid)
  const command = launch(environment('joined'), ['tenant', 'list'])
  assert.equal(await command.ended, 0)
  assert.equal(await postmaster('joined'), pid)
  signal(pid, 'SIGKILL')
  await until(async () => (await postmaster('joined')) !== pid && ready(running.url), 'another server')
  running.child.kill('SIGTERM')
  assert.equal(await running.ended, 0)
})

test('where the data has gone the process ends with 1, and begins no new database', async t => {
  const running = await begin('gone', { LATCHKEY_LOG_LEVEL: 'warn' })
  t.after(() => running.child.kill('SIGKILL'))
  const pid = await postmaster('gone')
  await rename(join(base, 'gone/postgres/18'), join(base, 'gone/elsewhere'))
  await until(async () => !(await ready(running.url)), 'it is not ready')
  assert.equal((await fetch(`${running.url}/health/live`)).status, 200)
  const code = await Promise.race([running.ended, sleep(90_000, 'it runs on', { ref: false })])
  assert.equal(code, 1)
  assert.match(running.output.out, /has ended and does not start/)
  assert.equal(await lives(pid), false)
  await rename(join(base, 'gone/elsewhere'), join(base, 'gone/postgres/18'))
  const again = await server(environment('gone'), 'demo')
  again.child.kill('SIGTERM')
  assert.equal(await again.ended, 0)
})

test('a signal that comes twice is one wish, and a third one later ends at once: the database server ends too', async t => {
  for (const [name, gaps] of [
    ['twice', [0, 30]],
    ['hurried', [0, 2_300]],
    ['early', [0]],
    // Forty-five seconds of patience, which the short run has not.
    ...(process.env.PROOF === 'long' ? ([['patient', [0]]] as const) : []),
  ] as const) {
    const running =
      name === 'early'
        ? launch({ ...environment('twice'), LATCHKEY_LISTEN: '127.0.0.1:0' }, ['demo'])
        : name === 'twice'
          ? await begin('twice')
          : await server(environment('twice'), 'demo')
    t.after(() => running.child.kill('SIGKILL'))
    const begun = await until(async () => lives(await postmaster('twice')), 'PostgreSQL runs').then(() =>
      postmaster('twice'),
    )
    // Asked to end, it stands still.
    const isStill = name === 'hurried' || name === 'patient'
    if (isStill) signal(begun, 'SIGSTOP')
    for (const gap of gaps) {
      await sleep(gap)
      running.child.kill('SIGINT')
    }
    const code = await running.ended
    signal(begun, 'SIGCONT')
    assert.equal(code, isStill ? 1 : 0, name)
    await until(async () => !(await lives(begun)), `${name}: PostgreSQL ends`)
  }
})
