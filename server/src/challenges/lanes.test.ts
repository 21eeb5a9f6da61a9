import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE, SECOND } from '../clock.ts'
import { gatewaySender, type Message, smtpSender } from '../notifications/index.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { gatewaySink, mailSink } from '../testing/sinks.ts'

const mails = await mailSink()
const gateway = await gatewaySink()
const server = await testServer({
  senders: { email: smtpSender({ url: mails.url, from: 'no-reply@acme.example' }), sms: gatewaySender(gateway.url) },
})

async function begin(name: string) {
  const browser = server.browser()
  const { json } = await browser.post('/reset', { username: name })
  const ask = (kind: string, more = {}) => {
    const method = json.methods.find((one: { kind: string }) => one.kind === kind).id
    return browser.post(`/reset/${json.id}/challenges`, { method, ...more })
  }
  return { browser, path: `/reset/${json.id}`, ask }
}
const deliveryOf = async ({ browser, path }: { browser: TestBrowser; path: string }) =>
  (await browser.get(path)).json.challenge.delivery

/** Waits until something holds, and gives how long that took. */
async function until(holds: () => boolean | Promise<boolean>, patience: number): Promise<number> {
  const began = performance.now()
  while (!(await holds())) {
    assert.ok(performance.now() - began < patience, `it took longer than ${patience} ms`)
    await sleep(50)
  }
  return performance.now() - began
}

test('a mail server that says a little now and then is left after ten seconds all the same', async t => {
  const chatty = createServer(socket => {
    socket.write('220 chatty.example\r\n')
    socket.on('error', () => {})
    let body = false
    socket.on('data', chunk => {
      const line = chunk.toString('latin1')
      if (body || !/^DATA/i.test(line)) return void (body || socket.write('250 fine\r\n'))
      body = true
      socket.write('354 go on\r\n')
      const timer = setInterval(() => socket.write('250-'), SECOND)
      socket.on('close', () => clearInterval(timer))
    })
  })
  chatty.listen(0, '127.0.0.1')
  await once(chatty, 'listening')
  t.after(() => chatty.close())
  const sender = smtpSender({
    url: `smtp://127.0.0.1:${(chatty.address() as AddressInfo).port}`,
    from: 'no-reply@acme.example',
  })
  const mail = {
    channel: 'email',
    kind: 'code',
    to: 'reader@mail.example',
    from: 'Acme',
    text: 'A text',
    language: 'en',
  }
  const began = performance.now()
  await assert.rejects(sender.send(mail as Message), { message: 'mail server: timeout', code: 'timeout', final: false })
  assert.ok(performance.now() - began < 30 * SECOND)
})

test('a mail server that takes messages and never answers holds up no text message, and the page says that sending failed', async () => {
  mails.silent = true
  const waiting = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const reset = await begin('registered@acme.example')
      assert.equal((await reset.ask('email')).status, 201)
      return reset
    }),
  )
  await until(() => mails.held >= 8, MINUTE)
  const beside = await begin('registered@acme.example')
  await beside.ask('mobilePhone', { phoneNumber: '+12065550110', channel: 'sms' })
  await until(async () => (await deliveryOf(beside)) === 'sent', MINUTE)
  assert.equal(gateway.requests.length, 1)
  const failed = async () => (await Promise.all(waiting.map(deliveryOf))).filter(one => one === 'failed').length
  assert.equal(await failed(), 0, 'it waited for none of them')

  await until(async () => (await failed()) >= 8, MINUTE)
  mails.silent = false
  await until(async () => (await deliveryOf(waiting[0]!)) === 'sent', MINUTE)
})
