import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { templateIds } from '../../server/src/access/index.ts'
import { assignRole, createUser, findTenantId } from '../../server/src/directory/index.ts'
import { EMAIL_METHOD, OFFICE_PHONE_METHOD, PASSWORD_METHOD, PHONE_METHOD } from '../../server/src/methods/index.ts'
import { inTenant } from '../../server/src/store/index.ts'
import { type AskApi, testApi } from '../../server/src/testing/api.ts'
import { meansAt } from '../../server/src/testing/people.ts'
import { testServer } from '../../server/src/testing/server.ts'
import { pythonWith } from './python.ts'

const run = promisify(execFile)

/** How long it asks, in seconds. */
const LASTS = 300

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'response_schema_conformance',
  'content_type_conformance',
]

/** What would end the sign-in of the caller. */
const LEFT = 'revokeSignInSessions|changePassword'

const several = (count: number) => Array.from({ length: count }, (_, n) => n)

test('Schemathesis finds no 5xx and no answer outside its schema in five minutes', async context => {
  const programs = await pythonWith(context, ['schemathesis==4.32.5'])
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-schemathesis-'))
  context.after(() => rm(folder, { recursive: true }))
  const server = await testServer({ context })
  const { store, services } = server
  // Addresses in answers lead back to this server.
  services.origin = server.url
  const acme = await findTenantId(store, 'acme.example')
  const named = (name: string) => ({ userPrincipalName: `${name}@acme.example`, displayName: name })
  const { administrators, people } = await inTenant(store, acme, async trx => {
    const administrators = several(20).map(n => named(`keeper${n}`))
    for (const one of administrators) {
      const { id } = await createUser(trx, meansAt(), acme, one)
      await assignRole(trx, meansAt(), id, 'Global Administrator')
    }
    const people: string[] = []
    for (const n of several(60)) people.push((await createUser(trx, meansAt(), acme, named(`person${n}`))).id)
    return { administrators, people }
  })
  const api = testApi(server)
  const tokens = await Promise.all(administrators.map(one => api.tokenOf(one.userPrincipalName)))
  const admin = await api.as('admin@acme.example')
  const values = await valuesOf(admin, { acme, people })
  const config = join(folder, 'schemathesis.toml')
  await writeFile(config, configOf(values))
  const report = join(folder, 'report.ndjson')
  const asked = run(
    join(programs, 'schemathesis'),
    [
      ...['--config-file', config, 'run', `${server.url}/openapi.json`, '--url', `${server.url}/v1.0`],
      ...['--max-time', String(LASTS), '--checks', CHECKS.join(',')],
      ...['--exclude-path-regex', LEFT, '--generation-database', 'none', '--continue-on-failure', '--no-color'],
      ...['--report', 'ndjson', '--report-ndjson-path', report],
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        PYTHONPATH: import.meta.dirname,
        SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
        TOKENS: JSON.stringify(tokens),
      },
      timeout: (LASTS + 120) * 1_000,
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  await asked.catch(({ stdout, stderr, message }) => assert.fail(`${message}\n${stdout}\n${stderr}`))
  const done = await doneIn(report)
  // Otherwise it would have been refused or asked for what is not there alone.
  assert.ok(done.size >= 200, `only ${done.size} operations were done`)
})

/** Texts that the company takes, by where they stand: `path.` with the tag of the operations, or `body.`. */
type Values = Record<string, readonly string[]>

/** What stands in the company, and texts that a schema cannot know. */
async function valuesOf(ask: AskApi, { acme, people }: { acme: string; people: readonly string[] }): Promise<Values> {
  const made = async (path: string, body: object): Promise<Record<string, string>> => {
    const { status, json, text } = await ask('POST', path, body)
    assert.equal(status, 201, `${path} ${text}`)
    return json
  }
  const group = (n: number) => ({
    displayName: `Group ${n}`,
    mailEnabled: false,
    mailNickname: `group${n}`,
    securityEnabled: true,
  })
  const groups = await Promise.all(several(12).map(async n => (await made('/groups', group(n))).id!))
  const applications = await Promise.all(
    several(8).map(n => made('/applications', { displayName: `Application ${n}` })),
  )
  const principals = await Promise.all(applications.map(({ appId }) => made('/servicePrincipals', { appId })))
  const policies: string[] = []
  for (const n of several(4))
    policies.push((await made('/policies/passwordResetPolicies', { displayName: `Policy ${n}` })).id!)
  const domains = several(4).map(n => `department${n}.acme.example`)
  for (const id of domains) await made('/domains', { id })
  const roles = Object.values(templateIds)
  const methods = [PHONE_METHOD, OFFICE_PHONE_METHOD, EMAIL_METHOD, PASSWORD_METHOD]
  const assignments = (await ask('GET', '/roleManagement/directory/roleAssignments')).json.value.map(
    ({ id }: { id: string }) => id,
  )
  const appIds = applications.flatMap(({ id, appId }) => [id!, appId!])
  const principalIds = principals.flatMap(({ id, appId }) => [id!, appId!])
  return {
    'path.users': people,
    'path.groups': groups,
    'path.applications': appIds,
    'path.servicePrincipals': principalIds,
    'path.directoryObjects': [...people, ...groups],
    'path.directoryRoles': roles,
    'path.roleManagement': [...assignments, ...roles],
    'path.policies': policies,
    'path.domains': domains,
    'path.organization': [acme],
    'path.object': [...people, ...groups],
    'path.methodId': methods,
    'path.locale': ['fr-FR', 'ja-JP', 'de-DE'],
    'query.kind': ['users.create', 'users.update', 'users.delete', 'users.export'],
    'body.displayName': ['Nora Field', 'O’Brien', '日本 太郎', 'x'],
    'body.userPrincipalName': several(200).map(n => `made${n}@acme.example`),
    'body.mailNickname': several(200).map(n => `made${n}`),
    'body.passwordProfile.password': ['Kestrel over marsh 43'],
    'body.principalId': [...people, ...groups, ...principals.map(({ id }) => id!)],
    'body.resourceId': principals.map(({ id }) => id!),
    'body.clientId': principals.map(({ id }) => id!),
    'body.scope': ['openid profile', 'User.Read'],
    'body.roleDefinitionId': roles,
    'body.roleTemplateId': roles,
    'body.directoryScopeId': ['/'],
    'body.phoneNumber': several(50).map(n => `+1 206555${1_000 + n}`),
    'body.emailAddress': several(50).map(n => `made${n}@mail.example`),
    'body.appId': applications.map(({ appId }) => appId!),
    'body.groupId': groups,
    'body.url': ['/policies/passwordResetPolicy', '/policies/signInPolicy'],
    'body.resource': ['users', 'groups'],
    'body.changeType': ['updated', 'created,updated,deleted'],
    'body.notificationUrl': ['https://127.0.0.1:1/hook'],
  }
}

/** Most requests take a text that the company knows; the others are about things that are not there. */
function configOf(values: Values): string {
  const names = Object.keys(values)
  const isTag = (name: string) => /^path\.(?!object|methodId|locale)/.test(name)
  const bound = (at: string, name: string) =>
    `"${at}" = { dictionary = "${name.replaceAll('.', '-')}", probability = 0.8 }`
  return [
    ...names.flatMap(name => [
      `[dictionaries.${name.replaceAll('.', '-')}]`,
      `values = ${JSON.stringify(values[name])}`,
    ]),
    '[parameters]',
    ...names.filter(name => !isTag(name)).map(name => bound(name, name)),
    ...names
      .filter(isTag)
      .flatMap(name => [
        '[[operations]]',
        `include-tag = "${name.slice('path.'.length)}"`,
        '[operations.parameters]',
        bound('path.id', name),
      ]),
  ].join('\n')
}

interface Event {
  ScenarioFinished?: {
    recorder: {
      cases: Record<string, { value: { method: string; path: string } }>
      interactions: Record<string, { response: { status_code: number } | null }>
    }
  }
}

/** The operations that were done once at least, by what Schemathesis wrote of its run. */
async function doneIn(report: string): Promise<Set<string>> {
  const done = new Set<string>()
  for await (const line of createInterface(createReadStream(report))) {
    const { cases = {}, interactions = {} } = (JSON.parse(line) as Event).ScenarioFinished?.recorder ?? {}
    for (const [id, { response }] of Object.entries(interactions)) {
      const { method, path } = cases[id]!.value
      if (response && response.status_code < 300) done.add(`${method} ${path}`)
    }
  }
  return done
}
