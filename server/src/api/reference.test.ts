import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../testing/server.ts'

test('the reference shows each operation once, each link of it leads somewhere, and no page needs script', async context => {
  const server = await testServer({ context, seed: false, demo: false })
  const { paths } = (await server.get('/openapi.json')).json as { paths: Record<string, Record<string, object>> }
  const wanted = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} /v1.0${path}`),
  )
  const pages = new Map([['/reference', await server.page('/reference')]])
  const shown: string[] = []
  let links = 0
  // Pages that are found on the way are read too.
  for (const [from, { status, text, headers }] of pages) {
    assert.equal(status, 200, from)
    assert.match(headers.get('content-type') ?? '', /^text\/html/)
    assert.ok(!text.includes('<script'), from)
    assert.ok(Buffer.byteLength(text) < 100_000, `${from} has ${Buffer.byteLength(text)} bytes`)
    shown.push(
      ...[...text.matchAll(/<code>([A-Z]+ \/v1\.0[^<]*)<\/code>/g)].map(([, name]) => name!.replaceAll('&#x27;', "'")),
    )
    for (const [, href = ''] of text.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      const [path, id] = href.startsWith('#') ? [from, href.slice(1)] : href.split('#')
      links++
      if (path!.startsWith('/reference') && !pages.has(path!)) pages.set(path!, await server.page(path!))
      else if (!pages.has(path!)) assert.equal((await server.get(path!)).status, 200, `${from} ${href}`)
      if (id) assert.ok(pages.get(path!)!.text.includes(` id="${id}"`), `${from} ${href}`)
    }
  }
  assert.ok(links > wanted.length)
  assert.deepEqual(shown.sort(), wanted.sort())
  assert.equal((await server.page('/reference/nothing')).status, 404)
})
