import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { granted, post } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'

// The largest requests cost little to refuse, and are answered in few words.
const server = await testServer({ roles: ['web'] })

const FULL = 65_000
const fill = (one: (place: number) => string, joint: string) => {
  const parts: string[] = []
  let length = 0
  for (let place = 0; length < FULL; place++) {
    const part = one(place)
    length += part.length + joint.length
    parts.push(part)
  }
  parts.pop()
  return parts.join(joint)
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
/** The largest body of each shape. */
const shapes: Record<string, [string, string]> = {
  'many fields': [FORM, fill(place => String(place), '&')],
  'fields that come twice': [FORM, fill(place => `${place}&${place}`, '&')],
  'one field again and again': [FORM, fill(() => 'username=x', '&')],
  'a field of a long name': [FORM, `${'n'.repeat(FULL)}=x`],
  'long values': [FORM, `username=${'x'.repeat(30_000)}&newPassword=${'x'.repeat(30_000)}`],
  'a long number': [FORM, `method=x&country=US&number=${'1'.repeat(FULL - 50)}`],
  'many answers': [FORM, fill(place => `answers.${place}=x`, '&')],
  'many questions': [
    FORM,
    `kind=securityQuestions&${fill(place => `question.${place}=x&answer.${place}=y`, '&').slice(0, FULL - 30)}`,
  ],
  'signs that are escaped': [FORM, `username=${'%22'.repeat(21_000)}`],
  'many members': [JSON_TYPE, `{${fill(place => `"${place}":1`, ',')}}`],
  'a member of a long name': [JSON_TYPE, `{"${'n'.repeat(FULL)}":1}`],
  'many long names': [JSON_TYPE, `{${fill(place => `"${'n'.repeat(3_000)}${place}":1`, ',')}}`],
  'a deep body': [JSON_TYPE, `{"answers":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  'a list without end': [JSON_TYPE, `{"challenge":"x","answers":[${fill(() => '{}', ',')}]}`],
  'a list of methods': [JSON_TYPE, `{"methods":[${fill(place => `"${place}"`, ',')}]}`],
  'a list of lists': [
    JSON_TYPE,
    `{"kind":"securityQuestions","answers":[${fill(() => '{"question":[],"answer":{}}', ',')}]}`,
  ],
}

/** Milliseconds of this process for one request, this test's own part among them. */
const BUDGET = 60

async function everyPlace() {
  const browser = server.browser()
  const { id } = granted(await post(browser, '/reset', { username: 'registered@acme.example' }), 201)
  granted(await post(browser, '/signin', { username: 'registered@acme.example', password: PASSWORD }))
  const places = server.routes
    .filter(({ method, url }) => method !== 'GET' && url !== '/signout')
    .map(({ method, url }) => ({ method, path: url.replace(/^\/reset\/:id/, `/reset/${id}`).replace(':id', 'some') }))
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return { places, cookie }
}

const LONG = process.env.PROOF === 'long'

test('the largest body of every shape is refused everywhere in few bytes and little time', async () => {
  const { places, cookie } = await everyPlace()
  let slowest = 0
  for (const [place, { method, path }] of places.entries())
    for (const accept of ['text/html', JSON_TYPE])
      for (const [number, [shape, [type, body]]] of Object.entries(shapes).entries()) {
        if (accept === JSON_TYPE && type === FORM) continue
        // The short run has every place and every shape, but a seventh of their pairs.
        if (!LONG && (place + number) % 7 !== 0) continue
        const before = process.cpuUsage()
        const answer = await fetch(server.url + path, {
          method,
          headers: { accept, cookie, 'content-type': type, 'sec-fetch-site': 'same-origin' },
          body,
          redirect: 'manual',
        })
        const text = await answer.text()
        const { user, system } = process.cpuUsage(before)
        const about = `${method} ${path} as ${accept} with ${shape}: ${answer.status}`
        assert.ok(answer.status === 303 || (answer.status >= 400 && answer.status < 500), about)
        assert.ok(text.length < 8_000, `${about}, ${text.length} bytes`)
        assert.ok(JSON.stringify([...answer.headers]).length < 6_000, about)
        if (accept === JSON_TYPE) assert.ok((JSON.parse(text).errors ?? []).length <= 20, about)
        slowest = Math.max(slowest, (user + system) / 1_000)
        assert.ok((user + system) / 1_000 < BUDGET * 5, `${about}, ${(user + system) / 1_000} ms`)
      }
  console.log(`the dearest refusal took ${slowest.toFixed(1)} ms`)
})

test('a flood of the dearest bodies costs no more than one of ordinary refusals', async () => {
  const { places, cookie } = await everyPlace()
  const cost = async (type: string, body: string) => {
    const before = process.cpuUsage()
    for (const { method, path } of places.slice(0, 8))
      for (let n = 0; n < 10; n++) {
        const answer = await fetch(server.url + path, {
          method,
          headers: { accept: JSON_TYPE, cookie, 'content-type': type },
          body,
        })
        await answer.arrayBuffer()
      }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000 / 80
  }
  await cost(JSON_TYPE, '{"unknown":1}')
  for (const shape of ['many members', 'a list without end', 'a deep body'])
    assert.ok((await cost(...shapes[shape]!)) < BUDGET, shape)
})

test('thousands of parameters, cookies and other headers are read or refused at once', async () => {
  const asks: [string, Record<string, string>][] = [
    [`/signin?${fill(place => `username=${place}`, '&').slice(0, 12_000)}`, {}],
    [`/signin?${fill(place => `p${place}`, '&').slice(0, 12_000)}`, {}],
    [`/reset?username=${'%22'.repeat(4_000)}`, {}],
    ['/signin', { cookie: fill(place => `c${place}=1`, '; ').slice(0, 12_000) }],
    ['/signin', { cookie: `latchkey_notice=${'A'.repeat(12_000)}` }],
    ['/signin', { cookie: `latchkey_browser=${'.'.repeat(12_000)}` }],
    ['/signin', { 'accept-language': fill(place => `x${place};q=0.${place % 10}`, ',').slice(0, 12_000) }],
    ['/signin', { 'x-forwarded-for': '1.2.3.4,'.repeat(1_500) }],
  ]
  for (const [path, headers] of asks) {
    const before = process.cpuUsage()
    const answer = await fetch(server.url + path, { headers: { accept: 'text/html', ...headers } })
    const text = await answer.text()
    const { user, system } = process.cpuUsage(before)
    const about = `${path.slice(0, 40)} ${Object.keys(headers)} ${answer.status}`
    assert.equal(answer.status, 200, about)
    assert.ok(text.length < 20_000, `${about}, ${text.length} bytes`)
    assert.ok((user + system) / 1_000 < BUDGET * 5, about)
  }
})

test('an address of another host in the request line leads to no other host', async () => {
  const { hostname, port } = new URL(server.url)
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `GET http://evil.example/account HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
      ),
    )
    let text = ''
    socket.on('data', bytes => {
      text += bytes
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  assert.match(answer, /^HTTP\/1\.1 303 /)
  assert.match(answer, /\r\nlocation: \/signin\r\n/i)
  assert.doesNotMatch(answer, /evil/)
})
