import { readFile } from 'node:fs/promises'
import { inTenantOf, modules, readTenantOf, show, UsageError, type Values } from './command.ts'

export async function bannedWords({ json, add = [], remove = [], import: file }: Values, domain: string) {
  const on = await modules('administration', 'directory', 'passwords', 'store')
  const { administration, passwords } = on
  const gone = remove as string[]
  const imported = typeof file === 'string' ? await readImport(file) : undefined
  const changed = imported !== undefined || gone.length > 0 || (add as string[]).length > 0
  if (!changed) {
    const words = await readTenantOf(on, domain, trx => passwords.listBannedWords(trx, trx.tenantId))
    return show(json, words, () => words)
  }
  const { removed, results } = await inTenantOf(on, domain, async (trx, act) => {
    // Removed first, so that a full list has room for new words.
    const removed = await administration.allowWords(trx, act, gone)
    const results = [await administration.banWords(trx, act, add as string[])]
    if (imported !== undefined) results.push(await administration.banListedWords(trx, act, imported))
    return { removed, results }
  })
  const why = {
    too_short: 'has fewer than 4 characters',
    too_long: 'has more than 16 characters',
    not_printable: 'contains characters that cannot be printed',
    list_full: `does not fit: a tenant has at most ${passwords.CUSTOM_WORDS_AT_MOST} words`,
  }
  if (results.some(({ refused }) => refused.length > 0)) process.exitCode = 1
  show(json, { removed: removed.length, results }, () => [
    ...(gone.length > 0 ? [`Removed: ${removed.length}. Not on the list: ${gone.length - removed.length}.`] : []),
    ...results.flatMap(({ added, present, refused }, place) =>
      added.length + present.length + refused.length === 0
        ? []
        : [
            `Added: ${added.length}. On the list already: ${present.length}. Refused: ${refused.length}.`,
            ...refused.map(
              one =>
                `  ${place === 0 ? '--add' : 'line'} ${one.line}, "${one.word.replace(/\p{Cc}/gu, '?')}", ${why[one.why]}.`,
            ),
          ],
    ),
  ])
}

/** The text of a file to import. Throws `UsageError` where it is no text. */
async function readImport(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--import: ${file} cannot be read (${error.code}).`)
  })
  try {
    // Guessing at another encoding would ban words that nobody meant.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`--import: ${file} is not UTF-8 text.`)
  }
}
