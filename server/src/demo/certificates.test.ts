import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { DAY, plus } from '../clock.ts'
import { localCertificate } from './certificates.ts'

const now = new Date()
const emptyFolder = async () => join(await mkdtemp(join(tmpdir(), 'latchkey-certificates-')), 'data', 'demo-tls')

test('a certificate of this machine is trusted through its authority, by each of its names', async () => {
  const { authorityPath, cert, key } = await localCertificate(await emptyFolder(), now)
  const ca = await readFile(authorityPath, 'utf8')
  const server = createServer({ cert, key }, socket => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reach = async (host: string) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: host })
    await once(socket, 'secureConnect').finally(() => socket.destroy())
  }
  await reach('localhost')
  await assert.rejects(reach('acme.example'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  server.close()
  for (const name of ['127.0.0.1', '::1']) assert.equal(new X509Certificate(cert).checkIP(name), name)
})

test('a certificate is made once, also by several starters, and anew before it ends', async () => {
  const folder = await emptyFolder()
  const several = await Promise.all(Array.from({ length: 4 }, () => localCertificate(folder, now)))
  const [first] = several
  for (const other of several) assert.deepEqual(other, first)
  assert.deepEqual(await localCertificate(folder, plus(now, 360 * DAY)), first)
  const later = await localCertificate(folder, plus(now, 390 * DAY))
  assert.notEqual(later.cert, first!.cert)
  assert.ok(new X509Certificate(later.cert).verify(new X509Certificate(await readFile(later.authorityPath)).publicKey))
})

test('nobody else reads the key, and the key of the authority is nowhere', async () => {
  const folder = await emptyFolder()
  const { key, cert, authorityPath } = await localCertificate(folder, now)
  assert.deepEqual((await readdir(folder)).sort(), ['ca.pem', 'certificate.pem', 'key.pem'])
  assert.equal((await stat(join(folder, 'key.pem'))).mode & 0o077, 0)
  assert.ok(!new X509Certificate(await readFile(authorityPath)).publicKey.equals(new X509Certificate(cert).publicKey))
  assert.equal(key.match(/PRIVATE KEY/g)?.length, 2)
})
