import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createApplication } from '../../server/src/applications/index.ts'
import { findTenantId } from '../../server/src/directory/index.ts'
import { inTenant } from '../../server/src/store/index.ts'
import { testApi } from '../../server/src/testing/api.ts'
import { meansAt } from '../../server/src/testing/people.ts'
import { testServer } from '../../server/src/testing/server.ts'
import { pythonWith } from './python.ts'

const run = promisify(execFile)

/** The SCIM client and its tests, as they are on PyPI. */
const PACKAGES = ['scim2-tester==0.5.2', 'scim2-client[httpx2]==0.13.2']

interface Result {
  status: 'SUCCESS' | 'ERROR' | 'SKIPPED' | 'COMPLIANT' | 'ACCEPTABLE' | 'DEVIATION'
  title: string
  reason: string
  type: string | null
}

/** A password is taken when a user is made and refused later (docs/scim.md), and the tester sends one whatever the schema says. */
const MEANT = [
  ['object_replacement', 'The attribute cannot be changed. (password)'],
  ['check_add_attribute', "Failed to add attribute 'password': The attribute cannot be changed. (password)"],
].map(([title, reason]) => ({ status: 'ERROR', title, reason, type: 'User' }))

test('scim2-tester finds no fault but the refused change of a password', async context => {
  const programs = await pythonWith(context, PACKAGES)
  const server = await testServer({ context })
  const { store, services } = server
  // Addresses in answers lead back to this server.
  services.origin = server.url
  const tenantId = await findTenantId(store, 'acme.example')
  const correlationId = services.random.uuid(services.clock())
  const act = { ...meansAt(), keys: services.keys, actor: { kind: 'operator' }, trail: { correlationId } } as const
  const { principalId } = await inTenant(store, tenantId, trx =>
    createApplication(trx, act, tenantId, {
      displayName: 'HR',
      addresses: { web: ['http://localhost:3999/callback'] },
    }),
  )
  const admin = await testApi(server).as('admin@acme.example')
  const made = await admin('POST', `/servicePrincipals/${principalId}/scimTokens`, {})
  const script = join(import.meta.dirname, 'scim.py')
  const { stdout } = await run(join(programs, 'python'), [script, `${server.url}/scim/v2`, made.json.token], {
    timeout: 120_000,
  })
  const results = JSON.parse(stdout) as Result[]
  const faults = results.filter(({ status }) => !['SUCCESS', 'COMPLIANT', 'SKIPPED'].includes(status))
  assert.deepEqual(faults, MEANT)
  const passed = results.filter(({ status }) => status === 'SUCCESS' || status === 'COMPLIANT')
  assert.ok(passed.length >= 50, `only ${passed.length} checks were made`)
})
