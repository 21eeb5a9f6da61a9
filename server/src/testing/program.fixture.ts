import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../cli/program.ts'
import type { CommandRun, Ended } from './program.ts'

// Runs commands one after the other, as the program does. A process for each would spend most of its time on
// loading the same modules.

const output = { out: '', err: '' }
process.stdout.write = text => {
  output.out += text
  return true
}
process.stderr.write = text => {
  output.err += text
  return true
}

async function run({ env, words }: CommandRun): Promise<Ended> {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  Object.assign(output, { out: '', err: '' })
  const before = process.getActiveResourcesInfo().length
  await runProgram(words)
  // A process of its own would end once nothing is open any more.
  const end = performance.now() + 60_000
  while (process.getActiveResourcesInfo().length > before && performance.now() < end) await sleep(1)
  const left = process.getActiveResourcesInfo().slice(before)
  for (const signal of ['SIGTERM', 'SIGINT', 'uncaughtException']) process.removeAllListeners(signal)
  return { ...output, code: left.length > 0 ? null : Number(process.exitCode ?? 0), left }
}

process.on('message', async asked => process.send!(await run(asked as CommandRun)))
