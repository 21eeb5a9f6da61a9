import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SECOND } from '../clock.ts'
import { readOperatorSecrets } from '../config.ts'
import { CommandError, modules, show, UsageError, type Values, withAct, withStore } from './command.ts'

const STANDARD = '-'

/** Fewer characters could be guessed by whoever has the file. */
const SHORTEST = 16

export async function backUp({ json, 'passphrase-file': passphraseFile }: Values, file: string) {
  if (file === STANDARD && json) throw new UsageError('--json prints where the backup would go: name a file.')
  const { backup } = await modules('backup')
  const passphrase = await readPassphrase(passphraseFile)
  const keep = await openNew(file)
  try {
    const written = await withAct((db, { keys }) =>
      backup.writeBackup(db, { keys, passphrase }, { to: keep.stream, report: telling('written') }),
    )
    await keep.finish()
    if (file !== STANDARD) show(json, { file, ...written }, () => [`${file} holds ${counted(written.rows)} rows.`])
  } finally {
    await keep.remove()
  }
}

export async function restore({ json, 'passphrase-file': passphraseFile }: Values, file: string) {
  const { backup, crypto } = await modules('backup', 'crypto')
  const passphrase = await readPassphrase(passphraseFile)
  const keys = crypto.keyring(await readOperatorSecrets(process.env))
  const from =
    file === STANDARD
      ? process.stdin
      : (
          await open(file).catch(error => {
            throw unreadable(file, error)
          })
        ).createReadStream({ highWaterMark: 1024 * 1024 })
  const { rows } = await withStore(db =>
    backup.readBackup(db, { keys, passphrase }, { from, report: telling('restored') }),
  )
  show(json, { rows }, () => [`${counted(rows)} rows are restored. Everybody has to sign in again.`])
}

/** A file that appears under its name once it is whole, readable by this account alone; or standard output. */
async function openNew(file: string) {
  if (file === STANDARD) return { stream: process.stdout, finish: async () => {}, remove: async () => {} }
  const part = `${file}.${randomBytes(6).toString('hex')}.part`
  const handle = await open(part, 'wx', 0o600).catch(error => {
    throw new CommandError(`${part} cannot be written (${error.code}).`)
  })
  const stream = handle.createWriteStream({ highWaterMark: 1024 * 1024, flush: true })
  return {
    stream,
    async finish() {
      // A name that is taken is refused: the earlier backup may be the only good one.
      await link(part, file).catch(error => {
        throw new CommandError(
          `${file} ${error.code === 'EEXIST' ? 'is there already: name another file' : `cannot be made (${error.code})`}.`,
        )
      })
      const folder = await open(dirname(file))
      await folder.sync().finally(() => folder.close())
    },
    remove: () => rm(part, { force: true }),
  }
}

async function readPassphrase(file: Values[string]): Promise<string | undefined> {
  if (typeof file !== 'string') return undefined
  const text = await readFile(file, 'utf8').catch(error => {
    throw unreadable(file, error)
  })
  const passphrase = text.trim()
  if (passphrase.length >= SHORTEST) return passphrase
  throw new CommandError(`The passphrase in ${file} needs at least ${SHORTEST} characters.`)
}

const unreadable = (file: string, error: NodeJS.ErrnoException) =>
  new UsageError(`${file} cannot be read (${error.code}).`)

const counted = (rows: number) => rows.toLocaleString('en')

/** Tells every other second on standard error how far it is. */
function telling(what: string) {
  let told = performance.now()
  return (rows: number, some: number) => {
    if (performance.now() - told < 2 * SECOND) return
    told = performance.now()
    process.stderr.write(`latchkey: ${counted(rows)} of some ${counted(some)} rows ${what}\n`)
  }
}
