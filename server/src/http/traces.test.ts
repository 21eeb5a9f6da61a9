import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { pino } from 'pino'
import { openTraces } from './traces.ts'

/** A collector that says nothing until it is told to, and then refuses all. */
const collector = { spans: 0, exports: 0, stalled: [] as ServerResponse[], refuses: false }
const server = createServer(async (request, response) => {
  const { resourceSpans } = JSON.parse((await request.toArray()).join(''))
  for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) collector.spans += spans.length
  collector.exports++
  if (collector.refuses) response.writeHead(400).end()
  else collector.stalled.push(response)
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
after(() => {
  server.close()
  server.closeAllConnections()
})
process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

/** Waits for what an export brings about, which begins a second after its spans. */
async function until(isSo: () => boolean) {
  for (const end = performance.now() + 20_000; !isSo(); await sleep(10))
    if (performance.now() > end) assert.fail('it never came')
}

test('a collector that stalls and refuses holds up no request, a bounded number of spans, and has one line in the log', async () => {
  const lines: string[] = []
  const log = pino(
    new Writable({
      write(line, _encoding, done) {
        lines.push(String(line))
        done()
      },
    }),
  )
  const app = Fastify()
  const traces = openTraces({}, log)
  traces.follow(app)
  app.get('/', async () => 'here')
  await app.inject('/')
  await until(() => collector.stalled.length === 1)
  // At once: a stalled export is given up after ten seconds.
  const answers = await Promise.all(Array.from({ length: 2_200 }, () => app.inject('/')))
  assert.ok(answers.every(({ body }) => body === 'here'))
  assert.equal(collector.exports, 1, 'the next export waits for the end of this one')
  collector.refuses = true
  collector.stalled[0]!.writeHead(400).end()
  await until(() => collector.exports >= 3)
  await traces.close()
  assert.ok(collector.spans <= 1 + 2_048, `${collector.spans} spans were kept`)
  assert.equal(lines.filter(line => line.includes('traces could not be exported')).length, 1)
  await app.close()
})
