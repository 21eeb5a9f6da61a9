import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { smtpSender } from '../server/src/notifications/index.ts'
import { mailDocument } from '../server/src/pages/index.ts'
import { bringAxe, judgeByAxe } from '../server/src/testing/axe.ts'
import { testServer } from '../server/src/testing/server.ts'
import { type ArrivedMail, mailSink } from '../server/src/testing/sinks.ts'
import { languages } from '../server/src/words/index.ts'
import { openBrowser, openWindow } from './browser.ts'

// Mails as a real mail server takes them, a real parser reads them and a real browser shows them.

const sink = await mailSink()
const server = await testServer({ senders: { email: smtpSender({ url: sink.url, from: 'no-reply@id.example' }) } })

/** The mail that an act of a visitor brings. */
async function mailBy(act: () => Promise<unknown>): Promise<ArrivedMail> {
  const seen = sink.mails.length
  await act()
  for (const end = performance.now() + 60_000; sink.mails.length === seen; await sleep(20))
    assert.ok(performance.now() < end, 'a mail within a minute')
  return sink.mails[seen]!
}

const visitorIn = (language: string) => {
  const browser = server.browser()
  return async (path: string, json: unknown) => {
    const answer = await browser.request('POST', path, { json, headers: { 'accept-language': language } })
    assert.ok(answer.status < 300, answer.text)
    return answer.json
  }
}

const codeIn = (language: string) =>
  mailBy(async () => {
    const ask = visitorIn(language)
    const { id, methods } = await ask('/reset', { username: 'registered@acme.example' })
    await ask(`/reset/${id}/challenges`, { method: methods.find((one: { kind: string }) => one.kind === 'email').id })
  })

let asked = 0
const linkIn = (language: string) =>
  mailBy(() => visitorIn(language)('/account-check/mail', { address: `somebody-${++asked}@mail.example` }))

const htmlOf = ({ parsed }: ArrivedMail) => {
  assert.ok(parsed.html, 'a mail has HTML')
  return parsed.html
}

/** The words of a document, without its marks. */
const wordsOf = (html: string) =>
  html
    .replace(/^.*<h1[^>]*>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&')
    .split(/\s+/)
    .filter(Boolean)
    .join(' ')

test('a code’s mail has the same words as text and as HTML, in the colour and with the logo of its company', async () => {
  const mail = await codeIn('en')
  const html = htmlOf(mail)
  assert.equal(wordsOf(html), mail.parsed.text?.split(/\s+/).filter(Boolean).join(' '))
  assert.match(html, /<p class="code"[^>]*>\d{6}<\/p>/)
  assert.match(html, /border-top:4px solid #c2410c/)
  assert.match(html, /alt="Acme via Latchkey"/)
  assert.deepEqual(
    mail.parsed.attachments.map(({ contentType, related }) => [contentType, related]),
    [['image/png', true]],
  )
  assert.doesNotMatch(html, /https?:|<script|<a /)
  assert.equal(mail.parsed.headers.has('list-unsubscribe'), false)
})

test('a mail of Latchkey’s own leads to its pages alone, and says to programs how to stop such mails', async () => {
  const mail = await linkIn('en')
  const links = [...htmlOf(mail).matchAll(/href="([^"]*)"[^>]*>([^<]*)</g)]
  assert.equal(links.length, 2)
  for (const [, href = '', shown] of links) {
    assert.ok(href.startsWith(`${server.services.origin}/links/`), href)
    assert.equal(href, shown)
    assert.ok(mail.parsed.text?.includes(href))
  }
  assert.match(mail.raw.replaceAll(/\r\n\s/g, ' '), new RegExp(`\\nList-Unsubscribe: +<${links[1]?.[1]}>\\r`))
  const stopped = await server.browser().submit(new URL(links[1]?.[1] ?? '').pathname, {})
  assert.equal(stopped.headers.get('location'), '/links/stopped')
})

test('what others wrote stays text: no mark, no link, no picture of theirs', () => {
  const evil = 'A <img src="https://evil.example/p.png"> “B” https://evil.example/x http://127.0.0.1.evil.example/'
  const html = mailDocument({
    ...{ language: 'en', subject: evil, from: evil, origin: 'http://127.0.0.1' },
    text: `${evil}\n\n${evil}\n\nHere: http://127.0.0.1/links/abc.\n`,
  })
  assert.doesNotMatch(html, /<img/)
  assert.deepEqual(
    [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href),
    ['http://127.0.0.1/links/abc'],
  )
  assert.throws(() =>
    mailDocument({ ...{ language: 'en', subject: '', from: '', text: '', origin: '' }, color: '</style>' }),
  )
})

test('mails read well in three languages, light and dark, as narrow as a small phone, and without pictures', async t => {
  const context = await openWindow(await openBrowser(), server, { script: true, width: 320, height: 640 })
  await bringAxe(context)
  const tab = await context.newPage()
  for (const language of languages)
    for (const mail of [await codeIn(language), await linkIn(language)])
      for (const colorScheme of ['light', 'dark'] as const) {
        await tab.emulateMedia({ colorScheme })
        await tab.setContent(htmlOf(mail).replaceAll(/src="data:[^"]*"/g, 'src="cid:logo"'))
        assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
        assert.equal(await tab.evaluate(() => document.documentElement.lang), language)
        const { violations, passes } = await judgeByAxe(tab, [
          'wcag2a',
          'wcag2aa',
          'wcag21aa',
          'wcag22aa',
          'best-practice',
        ])
        assert.deepEqual(violations, [])
        assert.ok(passes.includes('color-contrast'))
      }
  t.diagnostic(`${sink.mails.length} mails`)
})

test('a filter of spam lets each mail pass, in three languages', { skip: process.env.PROOF !== 'long' }, async t => {
  for (const language of languages) {
    const [code, link] = [await codeIn(language), await linkIn(language)]
    for (const [about, { raw }] of Object.entries({ code, link })) {
      // Its own rules alone: the lists that it would ask know nothing of a mail from this machine.
      const { stdout, status } = spawnSync('spamassassin', ['--local', '--test-mode'], { input: raw, encoding: 'utf8' })
      assert.equal(status, 0)
      const [, score] = /^X-Spam-Status: \w+, score=(-?[\d.]+)/m.exec(stdout) ?? []
      assert.ok(score !== undefined, stdout)
      t.diagnostic(`${language} ${about}: ${score}`)
      assert.ok(Number(score) < 1, stdout.slice(stdout.indexOf('Content analysis')))
    }
  }
})
