import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { openDoor } from './request.ts'

test('the hooks and parsers of one door do not reach another', async () => {
  const app = Fastify()
  const doorOf = (name: string) =>
    openDoor(app, door => {
      door.addHook('onRequest', async (_request, reply) => {
        reply.header('passed', [reply.getHeader('passed'), name].filter(Boolean).join())
      })
      door.addContentTypeParser('text/x', { parseAs: 'string' }, async (_request: unknown, body: string) => name + body)
      return { serve: (url: string) => door.post(url, async request => request.body) }
    })
  const [one, other] = [await doorOf('one'), await doorOf('other')]
  one.serve('/one')
  other.serve('/other')
  const ask = async (url: string) => {
    const { headers, body } = await app.inject({
      method: 'POST',
      url,
      payload: '!',
      headers: { 'content-type': 'text/x' },
    })
    return [headers.passed, body]
  }
  assert.deepEqual(
    [await ask('/one'), await ask('/other')],
    [
      ['one', 'one!'],
      ['other', 'other!'],
    ],
  )
})
