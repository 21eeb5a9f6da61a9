import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBrowser } from './index.ts'

const mozilla = (rest: string) => `Mozilla/5.0 ${rest}`
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test('well-known browsers are named with what they run on', () => {
  const cases: [string, string][] = [
    ['Firefox on Windows', mozilla('(Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0')],
    ['Chrome on Windows', mozilla(`(Windows NT 10.0; Win64; x64) ${webkit} Chrome/141.0.0.0 Safari/537.36`)],
    [
      'Edge on Windows',
      mozilla(`(Windows NT 10.0; Win64; x64) ${webkit} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`),
    ],
    ['Opera on Linux', mozilla(`(X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0`)],
    ['Chrome on Android', mozilla(`(Linux; Android 10; K) ${webkit} Chrome/141.0.0.0 Mobile Safari/537.36`)],
    [
      'Samsung Internet on Android',
      mozilla(`(Linux; Android 10; K) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`),
    ],
    ['Chrome on ChromeOS', mozilla(`(X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/141.0.0.0 Safari/537.36`)],
    [
      'Safari on macOS',
      mozilla(
        '(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      ),
    ],
    [
      'Safari on iPhone',
      mozilla(
        '(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      ),
    ],
    [
      'Chrome on iPhone',
      mozilla(
        '(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.0.0 Mobile/15E148 Safari/604.1',
      ),
    ],
    [
      'Firefox on iPad',
      mozilla(
        '(iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15',
      ),
    ],
    ['Chrome on Linux', mozilla(`(X11; Linux x86_64) ${webkit} HeadlessChrome/141.0.0.0 Safari/537.36`)],
    ['Firefox on undefined', mozilla('(Amiga) Gecko/20100101 Firefox/143.0')],
  ]
  for (const [expected, userAgent] of cases) {
    const found = readBrowser(userAgent)
    assert.equal(`${found?.name} on ${found?.system}`, expected)
  }
})

test('anything else is no browser that one could name, whatever it claims', () => {
  for (const one of [
    undefined,
    null,
    '',
    'curl/8.5.0',
    'node',
    'a test',
    'Firefox/143.0',
    'Mozilla/5.0 (compatible; Bot/1.0)',
    '<b>Chrome/141</b>',
  ])
    assert.equal(readBrowser(one), undefined, String(one))
  const long = mozilla(`(${'Version/1 '.repeat(200)}`)
  assert.equal(readBrowser(long), undefined)
})
