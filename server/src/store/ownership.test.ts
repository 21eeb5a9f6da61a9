import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { chmod, chown, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Account, serverAccount } from './binaries.ts'
import { startEmbedded } from './embedded.ts'
import { openOwn, removeSocketFolder } from './ownership.ts'

const root = process.getuid?.() === 0
const account: Account = await serverAccount()
const base = await mkdtemp(join(tmpdir(), 'latchkey-ownership-'))
await chmod(base, 0o755)
after(() => rm(base, { recursive: true, force: true }))

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A file of the server's account, or of this program. */
async function file(name: string, owner: 'server' | 'program' = 'server') {
  const path = join(base, name)
  await writeFile(path, 'kept')
  if (owner === 'server') await chown(path, account.uid, account.gid)
  return path
}

test('a file is opened where it is the server’s own, and through no second name', async () => {
  const own = await openOwn(await file('own'), account, constants.O_RDWR)
  await own!.close()
  assert.equal(await openOwn(join(base, 'missing'), account, constants.O_RDWR), undefined)
  const target = await file('target')
  await symlink(target, join(base, 'link'))
  await link(target, join(base, 'name'))
  await mkdir(join(base, 'folder'))
  const refused = ['link', 'name', 'target', ...(root ? ['program'] : [])]
  await file('program', 'program')
  for (const name of refused)
    await assert.rejects(
      openOwn(join(base, name), account, constants.O_RDWR),
      { code: 'folder_unusable', message: /is no plain file of the account that runs PostgreSQL: .+\.$/ },
      name,
    )
  const log = await openOwn(join(base, 'program'), account, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT)
  await log!.close()
})

test('a start writes through no link that stands where its files were', async () => {
  const data = join(base, 'data')
  const server = await startEmbedded(data, ['fsync=off'])
  await server.stop()
  const victim = await file('victim')
  for (const name of ['postgres.log', '18/postmaster.pid']) {
    const path = join(data, 'postgres', name)
    await rm(path, { force: true })
    await writeFile(victim, '4242\n/somewhere\n\n5432\n/nowhere\n')
    await symlink(victim, path)
    await assert.rejects(startEmbedded(data, ['fsync=off']), { code: 'folder_unusable' })
    await rm(path)
    assert.equal(await readFile(victim, 'utf8'), '4242\n/somewhere\n\n5432\n/nowhere\n', name)
  }
  await (await startEmbedded(data, ['fsync=off'])).stop()
})

test('what a lock file names as the folder of the socket is removed only where it can be that', async () => {
  const name = () => `/tmp/latchkey-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`
  const [ours, linked, others] = [name(), name(), name()]
  const elsewhere = join(base, 'elsewhere')
  for (const path of [ours, others, elsewhere]) {
    await mkdir(path)
    await writeFile(join(path, '.s.PGSQL.5432.lock'), '')
  }
  for (const path of [ours, elsewhere]) {
    await chown(path, account.uid, account.gid)
    await chown(join(path, '.s.PGSQL.5432.lock'), account.uid, account.gid)
  }
  await symlink(elsewhere, linked)
  try {
    for (const path of [ours, linked, elsewhere, `${linked}/../${ours.slice(5)}/..`, others])
      await removeSocketFolder(path, account)
    assert.deepEqual([await exists(ours), await exists(join(elsewhere, '.s.PGSQL.5432.lock'))], [false, true])
    assert.equal(await exists(others), root, 'another account’s')
  } finally {
    for (const path of [ours, linked, others]) await rm(path, { recursive: true, force: true })
  }
})
