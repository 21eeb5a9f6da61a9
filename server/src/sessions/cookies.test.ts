import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../crypto/index.ts'
import { cookieStays, readTicket, ticketFor, ticketsIn, withoutTicket, withTicket } from './cookies.ts'

const now = new Date('2026-03-02T09:00:00.000Z')
const ticket = (tenantId = systemRandom.uuid(now)) => `${tenantId}.${systemRandom.uuid(now)}.${systemRandom.token()}`
const tenantOf = (value: string) => readTicket(value)!.tenantId

test('a browser has one ticket for each tenant, five at most, the current one first', () => {
  const tickets = Array.from({ length: 7 }, () => ticket())
  let cookie: string | undefined
  for (const one of tickets) cookie = withTicket(cookie, one)
  assert.deepEqual(ticketsIn(cookie), tickets.slice(2).reverse())
  const anew = ticket(tenantOf(tickets[4]!))
  cookie = withTicket(cookie, anew)
  assert.deepEqual(ticketsIn(cookie), [anew, tickets[6], tickets[5], tickets[3], tickets[2]])
  assert.equal(ticketFor(cookie, tenantOf(tickets[3]!)), tickets[3])
  assert.equal(ticketFor(cookie, tenantOf(tickets[0]!)), undefined)
  assert.ok(cookie.length < 700)
  for (const one of [...ticketsIn(cookie)].slice(1)) cookie = withoutTicket(cookie, tenantOf(one))!
  assert.equal(cookie, anew)
  assert.equal(withoutTicket(cookie, tenantOf(anew)), undefined)
})

test('a browser keeps the cookie only where every session in it stays', () => {
  const second = Math.floor(now.getTime() / 1_000)
  const [one, two] = [`${ticket()}.${second + 10}`, `${ticket()}.${second + 20}`]
  assert.equal(cookieStays(undefined), undefined)
  assert.deepEqual(cookieStays(one), new Date((second + 10) * 1_000))
  assert.deepEqual(cookieStays(`${one}~${two}`), new Date((second + 20) * 1_000))
  assert.equal(cookieStays(`${one}~${ticket()}~${two}`), undefined)
  assert.equal(cookieStays(`${ticket()}~${one}`), undefined)
  for (const end of ['', '-1', '1e9', 'x', '123456789012', `${second}.1`])
    assert.equal(readTicket(`${ticket()}.${end}`), undefined, end)
})

test('what is no ticket is left out, and the rest stands', () => {
  const [one, two] = [ticket(), ticket()]
  const planted = ['', '~', `~${one}~..~a.b.c~${one}x~${two}`, `${'x~'.repeat(4_000)}${one}~${two}`]
  assert.deepEqual(planted.map(ticketsIn), [[], [], [one, two], [one, two]])
  // Of two tickets of a tenant, the first counts: one that was appended never takes the place of the owner's.
  assert.deepEqual(ticketsIn(`${one}~${ticket(tenantOf(one))}`), [one])
})
