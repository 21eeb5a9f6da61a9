import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

test('the examples of the documentation answer what they say', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')
  const examples = [...text.matchAll(/```http\n(\w+) \/v1\.0(\S+)\n([\s\S]*?)(\d{3})\n```/g)]
  assert.ok(examples.length > 8)
  const admin = await testApi(await testServer()).as('admin@acme.example')
  for (const [, method = '', path = '', body = '', status] of examples) {
    const answer = await admin(method, path, body.trim() === '' ? undefined : JSON.parse(body))
    assert.equal(answer.status, Number(status), `${method} ${path}: ${answer.text}`)
  }
})
