import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { testDatabaseUrl } from '../testing/database.ts'
import { latchkey } from '../testing/program.ts'

test('an import takes a whole file or nothing of it, for everybody or for one tenant', async t => {
  const env = {
    DATABASE_URL: await testDatabaseUrl(),
    LATCHKEY_SECRETS: 'kV7dQ2xM9rTzW4nB8sYpL1hG6jFcA3eUoXiRm5wEvZ0=',
  }
  const client = new pg.Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  t.after(() => client.end())
  const kept = async () =>
    (await client.query("select contact->>'id' as id from latchkey.support_contacts order by place")).rows.map(
      row => row.id,
    )
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-support-'))
  const contact = (id: string, more = {}) => ({
    ...{ id, countries: ['*'], kinds: ['technical'], languages: ['en'], zone: 'UTC', hours: 'always' },
    ...{ links: [{ kind: 'form', href: 'https://help.example/' }], ...more },
  })
  const load = async (contacts: unknown[], ...more: string[]) => {
    const file = join(folder, 'contacts.json')
    await writeFile(file, JSON.stringify({ version: 1, contacts }))
    return latchkey(env, 'support-contacts', 'import', file, ...more)
  }
  const first = await load([contact('one'), contact('two')])
  assert.deepEqual([first.code, first.out], [0, 'Imported: 2. What was there before is replaced.\n'], first.err)
  assert.deepEqual(await kept(), ['one', 'two'])
  const bad = await load([contact('three'), contact('four', { zone: 'Mars/Olympus' })])
  assert.deepEqual([bad.code, bad.out], [1, ''])
  assert.match(bad.err, /nothing was changed\.\n\/contacts\/1\/zone: is no time zone\n$/)
  const nobodys = await load([contact('three')], '--tenant', 'contoso.example')
  assert.deepEqual([nobodys.code, nobodys.out], [1, ''])
  assert.match(nobodys.err, /No tenant has the domain "contoso\.example"/)
  assert.deepEqual(await kept(), ['one', 'two'])
  assert.equal((await load([contact('three')])).code, 0)
  assert.deepEqual(await kept(), ['three'])
})
