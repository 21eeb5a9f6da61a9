#!/usr/bin/env node
import '../node.ts'
import { print, sentence, UsageError } from './command.ts'
import { help, readWords } from './commands.ts'

// React looks at this while it loads, and draws pages in half the time.
process.env.NODE_ENV ??= 'production'

async function main(words: string[]): Promise<void> {
  if (words[0] === 'help') return print(help(words.slice(1)))
  if (words.length === 0 || words.includes('--help')) return print(help(words))
  await readWords(words)()
}

await main(process.argv.slice(2)).catch((error: Error) => {
  const told = error instanceof UsageError ? error.message : sentence(error)
  process.stderr.write(`latchkey: ${told ?? error.stack ?? error.message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
