import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { asSource } from '../../server/src/testing/program.ts'
import { idIn, startDemonstration } from './demonstration.ts'

const { secureOrigin, authorityPath, issuer, command } = await startDemonstration()

test('Microsoft Graph’s own client works unchanged, by https', async () => {
  const scopes = '["Directory.AccessAsUser.All"]'
  const addresses = ['--web', 'http://localhost:3999/callback', '--set', `requestedScopes=${scopes}`]
  const id = idIn(await command('applications', 'create', 'acme.example', '--name', 'Scripts', ...addresses))
  await command('applications', 'update', id, '--consent')
  const printed = await command('applications', 'secret', id)
  const [, secret = ''] = /^ {2}(\S{30,})$/m.exec(printed) ?? []
  const tenantId = issuer.pathname.split('/')[1]!
  await passes('graph.ts', 6, tenantId, id, secret)
})

test(
  'Microsoft Graph’s own client walks the life of a partner’s relationship',
  {
    skip: process.env.PROOF === 'long' ? false : 'in the long proof',
  },
  () => passes('gdap.ts', 1),
)

/** Runs a file of so many tests by itself, with these arguments after the origin. */
async function passes(file: string, count: number, ...more: string[]) {
  const program = new URL(`./${file}`, import.meta.url).pathname
  // The run of tests that this one is part of is none of the program's business.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const running = promisify(execFile)(process.execPath, [...asSource, program, secureOrigin, ...more], {
    env: { ...env, NODE_EXTRA_CA_CERTS: authorityPath },
  })
  const { stdout } = await running.catch(error => error as { stdout: string })
  assert.match(stdout, new RegExp(`^ℹ pass ${count}$`, 'm'), stdout)
  assert.match(stdout, /^ℹ fail 0$/m)
}
