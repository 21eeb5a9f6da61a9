import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { mailSink } from '../testing/sinks.ts'
import { type Message, SendError, smtpSender } from './index.ts'

const mails = await mailSink()
const message = (more: Partial<Message> = {}): Message => ({
  ...{ channel: 'email', kind: 'notice', to: 'reader@mail.example', from: 'Acme', subject: 'A subject' },
  ...{ text: 'A text', language: 'en', ...more },
})

test('where the first mail server fails another one sends in the same job, but no reader is asked for twice', async () => {
  const second = await mailSink()
  const way = smtpSender({ url: mails.url, fallbackUrl: second.url, from: 'no-reply@acme.example' })
  mails.refuseWith = 451
  await way.send(message())
  assert.deepEqual([mails.mails.length, second.mails.length], [0, 1])
  mails.refuseWith = 550
  await assert.rejects(way.send(message()), (error: unknown) => error instanceof SendError && error.final)
  mails.refuseWith = undefined
  await way.send(message())
  assert.deepEqual([mails.mails.length, second.mails.length], [1, 1])
  mails.mails.pop()
  const gone = smtpSender({ url: 'smtp://127.0.0.1:1', fallbackUrl: second.url, from: 'no-reply@acme.example' })
  await gone.send(message())
  second.refuseWith = 452
  await assert.rejects(gone.send(message()), /452/)
})

test('a signed mail bears the signature of its domain (RFC 6376), over its words and its reader', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const dkim = { domain: 'acme.example', selector: 'latchkey', privateKey }
  await smtpSender({ url: mails.url, from: 'no-reply@acme.example', dkim }).send(
    message({ html: '<p>A text</p>', unsubscribe: 'https://id.acme.example/stop', unsubscribesAtOnce: true }),
  )
  const { raw } = mails.mails.pop()!
  const [head = '', body = ''] = splitAt(raw, '\r\n\r\n')
  const fields = head.split(/\r\n(?![ \t])/)
  // Relaxed: names in small letters, and white space as one blank (RFC 6376, §3.4.2 and §3.4.4).
  const relaxed = (field: string) => {
    const [name = '', value = ''] = splitAt(field, ':')
    return `${name.toLowerCase().trim()}:${value
      .replaceAll(/\r\n/g, '')
      .replaceAll(/[ \t]+/g, ' ')
      .trim()}`
  }
  const signature = fields.find(field => /^dkim-signature:/i.test(field))!
  const tags = new Map(
    splitAt(signature, ':')[1]!
      .split(';')
      .map(tag => splitAt(tag.trim(), '=') as [string, string]),
  )
  assert.deepEqual([tags.get('d'), tags.get('s'), tags.get('a')], ['acme.example', 'latchkey', 'rsa-sha256'])
  const words = `${body
    .replaceAll(/[ \t]+\r\n/g, '\r\n')
    .replaceAll(/[ \t]+/g, ' ')
    .replace(/(\r\n)*$/, '')}\r\n`
  assert.equal(createHash('sha256').update(words).digest('base64'), tags.get('bh')?.replaceAll(/\s/g, ''))
  const names = tags.get('h')!.toLowerCase().replaceAll(/\s/g, '').split(':')
  assert.match(head, /^List-Unsubscribe: <https:\/\/id\.acme\.example\/stop>\r$/m)
  assert.match(head, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
  for (const name of ['from', 'to', 'subject', 'date', 'list-unsubscribe', 'list-unsubscribe-post'])
    assert.ok(names.includes(name), name)
  const signed = names.flatMap(name => fields.filter(field => relaxed(field).startsWith(`${name}:`)).map(relaxed))
  const own = relaxed(signature).replace(/ b=[^;]*/, ' b=')
  const verifies = (text: string) =>
    verify('sha256', Buffer.from(text), publicKey, Buffer.from(tags.get('b')!.replaceAll(/\s/g, ''), 'base64'))
  assert.equal(verifies([...signed, own].join('\r\n')), true)
  assert.equal(verifies([...signed, own].join('\r\n').replace('reader@', 'thief@')), false)
})

function splitAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark)
  return [text.slice(0, at), text.slice(at + mark.length)]
}
