import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { asSource } from '../testing/program.ts'

const log = new URL('./log.ts', import.meta.url).href

/** Runs these statements, with `log` at hand, in a process of their own. */
function run(statements: string) {
  const script = `import { createLog } from '${log}'; const log = createLog('info'); ${statements}`
  return spawn(process.execPath, [...asSource, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('every line is written, however the process ends', async () => {
  const kill = 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})'
  const ends: [last: number, statement: string][] = [
    [20, ''],
    [20, 'process.exit(0)'],
    [20, `log.fatal({ n: 21 }, "line"); ${kill}`],
    [5_000, 'process.exit(0)'],
  ]
  for (const [last, statement] of ends) {
    const written = await text(run(`for (let n = 1; n <= ${last}; n++) log.info({ n }, "line"); ${statement}`).stdout)
    const numbers = written
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).n as number)
    const expected = Array.from({ length: statement.includes('fatal') ? 21 : last }, (_, place) => place + 1)
    // A block that is on its way when the process ends may arrive after the rest.
    assert.deepEqual(
      numbers.sort((one, other) => one - other),
      expected,
      statement,
    )
  }
})

test('a line does not wait for others', { timeout: 20_000 }, async () => {
  const child = run('log.info("alone"); setInterval(() => {}, 60_000)')
  const [line] = await once(child.stdout, 'data')
  child.kill('SIGKILL')
  assert.match(String(line), /"msg":"alone"/)
})
