import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stateFolder } from '../../server/src/testing/agents.ts'
import { FIRST, PEOPLE, SERVICE, startSlapd } from '../../server/src/testing/slapd.ts'
import { openWire } from '../../server/src/testing/wire.ts'
import { openClient } from './clients.ts'
import { readConfiguration } from './configuration.ts'
import { keepConnections } from './connections.ts'
import { carryOut, type DirectoryOperation } from './directory.ts'

const directory = await startSlapd()
await directory.add('anna')
const anchor = String((await directory.read('anna', 'entryUUID'))!.entryUUID)
const folder = stateFolder()
writeFileSync(join(folder, 'password'), SERVICE.password)

const configured = (changes: object) => {
  const written = {
    ...{ kind: 'openldap', startTLS: true, caFile: join(directory.folder, 'ca.pem'), bindDN: SERVICE.dn },
    ...{ passwordFile: 'password', base: PEOPLE, ...changes },
  }
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(written))
  return readConfiguration(folder)
}

async function asked(changes: object, operation: DirectoryOperation) {
  const connections = keepConnections()
  after(() => connections.close())
  return carryOut({ configuration: configured(changes), connections }, operation, () => true)
}
const reset = (newPassword: string) =>
  ({ kind: 'reset', anchor, newPassword, mustChange: false, byAdministrator: false }) as const

test('StartTLS comes before everything else, and without it or the right certificate nothing is said', async () => {
  const wire = await openWire(directory.port)
  const secrets = [SERVICE.password, SERVICE.dn, FIRST, 'Quiet-harbour']
  const passed = () => wire.passed.map(({ there }) => there.toString('latin1')).join('\n')
  const clear = () => secrets.filter(secret => passed().includes(secret))
  const servers = [`ldap://127.0.0.1:${wire.port}`]

  assert.deepEqual(await asked({ servers }, reset('Quiet-harbour-dawn-1')), { outcome: 'done' })
  const changed = {
    kind: 'change',
    anchor,
    currentPassword: 'Quiet-harbour-dawn-1',
    newPassword: 'Quiet-harbour-dawn-2',
  }
  assert.deepEqual(await asked({ servers }, changed as DirectoryOperation), { outcome: 'done' })
  assert.ok(await directory.binds('anna', 'Quiet-harbour-dawn-2'))
  assert.deepEqual(clear(), [])

  const refusing: [string, object, RegExp][] = [
    ['a certificate of nobody', { servers, caFile: undefined }, /not trusted, look at caFile/],
    ['of another', { servers: [`ldap://[::ffff:127.0.0.1]:${wire.port}`] }, /certificate is for another name/],
    ['no StartTLS', { servers: [`ldap://127.0.0.1:${await withoutTls()}`] }, /does not offer StartTLS/],
  ]
  for (const [name, changes, says] of refusing) {
    const answer = await asked(changes, reset('Quiet-harbour-dawn-3'))
    assert.equal(answer.outcome, 'silent', name)
    assert.match(answer.outcome === 'silent' ? answer.detail : '', says)
  }
  assert.deepEqual(clear(), [])
  assert.ok(await directory.binds('anna', 'Quiet-harbour-dawn-2'), 'nothing was written')
  assert.throws(() => configured({ servers: ['ldap://ldap.acme.example'], startTLS: false }), /no ldaps:\/\/ address/)

  // A connection that is lost in the middle is not dialled again in clear.
  const client = await openClient(configured({ servers }), servers[0]!)
  await client.bind(SERVICE.dn, SERVICE.password)
  const dialled = wire.passed.length
  wire.cut()
  for (let n = 0; n < 2; n++)
    await assert.rejects(client.search(PEOPLE, { scope: 'base', filter: '(objectClass=*)' }), /lost|closed|socket/i)
  assert.equal(wire.passed.length, dialled)
  assert.ok(!client.isBound)
})

/** The port of a server that takes everything in clear, and says no to StartTLS. It must hear nothing else. */
async function withoutTls(): Promise<number> {
  const heard: Buffer[] = []
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', data => {
      heard.push(data)
      // protocolError, to the request of the same number.
      socket.write(
        Buffer.from([0x30, 0x0c, 0x02, 0x01, data[4]!, 0x78, 0x07, 0x0a, 0x01, 0x02, 0x04, 0x00, 0x04, 0x00]),
      )
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.close()
    assert.equal(heard.length, 1)
    assert.match(heard[0]!.toString('latin1'), /1\.3\.6\.1\.4\.1\.1466\.20037$/)
  })
  return (server.address() as { port: number }).port
}
