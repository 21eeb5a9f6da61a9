import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The programs of a virtual environment of its own with these packages of PyPI, which goes with the test. */
export async function pythonWith(
  context: { after(work: () => Promise<void>): void },
  packages: readonly string[],
): Promise<string> {
  await run('python3', ['--version']).catch(() => {
    throw new Error('This proof needs python3 (with venv): install it, for example by apt-get install python3-venv.')
  })
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-python-'))
  context.after(() => rm(folder, { recursive: true }))
  await run('python3', ['-m', 'venv', folder])
  await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages])
  return join(folder, 'bin')
}
