import { chmod, open, readFile, rename, stat } from 'node:fs/promises'

/** Something that the person at the machine can mend; its message says what. */
export class StateError extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** Writes what only this agent may read, whole or not at all, also where the machine loses its power. */
export async function writeSecret(path: string, value: unknown): Promise<void> {
  const making = `${path}.new`
  const file = await open(making, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(value, null, 2))
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(making, 0o600)
  await rename(making, path)
}

/** Reads it. Throws `StateError` where it is not there, damaged, or others can read it. */
export async function readSecret<T>(path: string): Promise<T> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new StateError(`${path} can be read by others: chmod 600 it.`)
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (error) {
    if (error instanceof StateError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new StateError(`${path} cannot be read (${code ?? 'damaged'}): enrol first.`, code)
  }
}
