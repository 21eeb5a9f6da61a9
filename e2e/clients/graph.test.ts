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
  const program = new URL('./graph.ts', import.meta.url).pathname
  // The run of tests that this one is part of is none of the program's business.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const tenantId = issuer.pathname.split('/')[1]!
  const running = promisify(execFile)(process.execPath, [...asSource, program, secureOrigin, tenantId, id, secret], {
    env: { ...env, NODE_EXTRA_CA_CERTS: authorityPath },
  })
  const { stdout } = await running.catch(error => error as { stdout: string })
  assert.match(stdout, /^ℹ pass 6$/m, stdout)
  assert.match(stdout, /^ℹ fail 0$/m)
})
