import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Contact, Hours } from './contacts.ts'
import { hoursInZone, openingOf, openLanguages, readZone } from './hours.ts'

const contact = (zone: string, hours: Contact['hours'], closed: string[] = []): Contact => ({
  ...{ id: 'one', countries: ['*'], kinds: ['technical'], languages: ['fr', 'en'] },
  ...{ zone, hours, closed },
})
const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const
const EVERY_DAY = [...WORKDAYS, 'sat', 'sun'] as const
const times = (from: string, to: string, days: Hours['days'] = WORKDAYS): Hours => ({ days, from, to })

/** Whether somebody answers, and until when. */
function at(one: Contact, moment: string, language = 'fr') {
  const { open, changesAt } = openingOf(one, language, new Date(moment))
  return [open, changesAt === null ? null : changesAt.toISOString().replace(':00.000Z', 'Z')]
}

test('hours begin and end by the clock of the zone, in summer and in winter', () => {
  const paris = contact('Europe/Paris', [times('09:00', '17:00')])
  assert.deepEqual(at(paris, '2026-07-01T06:59Z'), [false, '2026-07-01T07:00Z'])
  assert.deepEqual(at(paris, '2026-07-01T07:00Z'), [true, '2026-07-01T15:00Z'])
  assert.deepEqual(at(paris, '2026-07-01T15:00Z'), [false, '2026-07-02T07:00Z'])
  assert.deepEqual(at(paris, '2026-01-07T08:00Z'), [true, '2026-01-07T16:00Z'])
  // From Friday evening over the Sunday on which summer time begins.
  assert.deepEqual(at(paris, '2026-03-27T17:00Z'), [false, '2026-03-30T07:00Z'])
  assert.deepEqual(at(paris, '2026-10-23T16:00Z'), [false, '2026-10-26T08:00Z'])
})

test('an hour that the clock skips or shows twice makes no contact open too long', () => {
  const nights = contact('Europe/Paris', [times('02:30', '06:00', EVERY_DAY)])
  // 02:30 does not come on 29 March: half an hour after the jump it is 03:30.
  assert.deepEqual(at(nights, '2026-03-29T00:45Z'), [false, '2026-03-29T01:30Z'])
  // It comes twice on 25 October, at 00:30 and 01:30 UTC: the first counts.
  assert.deepEqual(at(nights, '2026-10-25T00:15Z'), [false, '2026-10-25T00:30Z'])
  assert.deepEqual(at(nights, '2026-10-25T00:30Z'), [true, '2026-10-25T05:00Z'])
  const lordHowe = contact('Australia/Lord_Howe', [times('09:00', '17:00')])
  assert.deepEqual(at(lordHowe, '2026-04-06T22:29Z'), [false, '2026-04-06T22:30Z'], 'half an hour of summer time')
})

test('a span over midnight, one to 24:00 and those that meet are one', () => {
  const nights = contact('Asia/Tokyo', [times('22:00', '06:00', ['fri'])])
  assert.deepEqual(at(nights, '2026-03-06T15:00Z'), [true, '2026-03-06T21:00Z'], 'midnight of Saturday')
  assert.deepEqual(at(nights, '2026-03-06T21:00Z'), [false, '2026-03-13T13:00Z'])
  const halves = contact('UTC', [times('12:00', '24:00', ['mon']), times('00:00', '03:00', ['tue'])])
  assert.deepEqual(at(halves, '2026-03-02T13:00Z'), [true, '2026-03-03T03:00Z'])
})

test('days without service are none, also for who is always there', () => {
  const always = contact('America/New_York', 'always', ['2026-12-25'])
  assert.deepEqual(at(always, '2026-12-24T12:00Z'), [true, '2026-12-25T05:00Z'])
  assert.deepEqual(at(always, '2026-12-25T12:00Z'), [false, '2026-12-26T05:00Z'])
  assert.deepEqual(at(always, '2026-12-27T12:00Z'), [true, null])
  const nights = contact('UTC', [times('22:00', '06:00', EVERY_DAY)], ['2026-03-03'])
  assert.deepEqual(at(nights, '2026-03-02T23:00Z'), [true, '2026-03-03T00:00Z'])
  assert.deepEqual(at(nights, '2026-03-03T23:00Z'), [false, '2026-03-04T00:00Z'], 'what reaches into the next day')
  assert.deepEqual(at(contact('UTC', [times('09:00', '10:00', ['mon'])], ['2026-03-09']), '2026-03-02T11:00Z'), [
    false,
    '2026-03-16T09:00Z',
  ])
})

test('each language has its own hours', () => {
  const france = contact('Europe/Paris', [
    { ...times('08:00', '21:00'), languages: ['fr'] },
    { ...times('00:00', '24:00', EVERY_DAY), languages: ['en'] },
  ])
  assert.deepEqual(at(france, '2026-03-02T20:30Z', 'fr'), [false, '2026-03-03T07:00Z'])
  assert.deepEqual(at(france, '2026-03-02T20:30Z', 'en'), [true, null])
  assert.deepEqual(openLanguages(france, new Date('2026-03-02T20:30Z')), ['en'])
})

test('hours are told by another clock, each with the days that they have there', () => {
  const shown = (one: Contact, zone: string, now: string) =>
    hoursInZone(one, zone, new Date(now)).map(({ days, from, to }) => `${days.join(' ')} ${from}-${to}`)
  const tokyo = contact('Asia/Tokyo', [times('08:00', '17:00')])
  assert.deepEqual(shown(tokyo, 'America/Los_Angeles', '2026-01-05T00:00Z'), ['mon tue wed thu sun 15:00-00:00'])
  // In the week in which New York changes its clock before Paris, Sunday is a day of its own.
  const paris = contact('Europe/Paris', [times('09:00', '17:00', EVERY_DAY)])
  assert.deepEqual(shown(paris, 'America/New_York', '2026-03-05T12:00Z'), [
    'thu fri sat 03:00-11:00',
    'mon tue wed sun 04:00-12:00',
  ])
  assert.deepEqual(shown(contact('Asia/Kolkata', 'always'), 'UTC', '2026-01-05T00:00Z'), [
    'mon tue wed thu fri sat sun 00:00-24:00',
  ])
})

test('a zone is a name that Intl knows', () => {
  for (const zone of ['', 'Etc/Unknown', '+09:00', 'Mars/Olympus', 'x'.repeat(500)])
    assert.equal(readZone(zone), undefined, zone)
  assert.equal(readZone('europe/paris'), 'Europe/Paris')
})
