import { stackOf } from '../stack.ts'
import { print, sentence, UsageError } from './command.ts'
import { help, readWords } from './commands.ts'

/** Runs the command of these words, and says in `process.exitCode` how it ended. */
export async function runProgram(words: string[]): Promise<void> {
  // React looks at this while it loads, and draws pages in half the time.
  process.env.NODE_ENV ??= 'production'
  await run(words).catch((error: Error) => {
    const told = error instanceof UsageError ? error.message : sentence(error)
    process.stderr.write(`latchkey: ${told ?? (stackOf(error) || error.message)}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  })
}

async function run(words: string[]): Promise<void> {
  if (words[0] === 'help') return print(help(words.slice(1)))
  if (words.length === 0 || words.includes('--help')) return print(help(words))
  await readWords(words)()
}
