import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameServer } from '../testing/nameServer.ts'
import { openDns } from './dns.ts'

const zone = await nameServer()
const PROOF = 'latchkey-verification=k7m2q9'
const dns = openDns([zone.address], { deadline: 1_500 })

test('a text counts at the name or below it, whole, however its record is cut', async () => {
  zone.texts['at.example'] = [['v=spf1 -all'], [PROOF]]
  zone.texts['_latchkey.below.example'] = [[PROOF]]
  zone.texts['cut.example'] = [['latchkey-', 'verification=', 'k7m2q9']]
  for (const name of ['at.example', 'below.example', 'cut.example']) assert.equal(await dns(name, PROOF), 'found', name)
  assert.ok(zone.asked.includes('udp TXT at.example') && zone.asked.includes('udp TXT _latchkey.at.example'))
})

test('what is not exactly the text is none', async () => {
  const near = [`${PROOF} `, `"${PROOF}"`, PROOF.toUpperCase(), PROOF.slice(0, -1), `${PROOF}0`, '']
  zone.texts['near.example'] = near.map(text => [text])
  zone.texts['parts.example'] = [['latchkey-verification='], ['k7m2q9']]
  zone.texts['www.wrong.example'] = [[PROOF]]
  for (const name of ['near.example', 'parts.example', 'wrong.example', 'nothing.example'])
    assert.equal(await dns(name, PROOF), 'dns_record_not_found', name)
})

test('a text behind an alias proves nothing, as others write in that zone', async () => {
  zone.texts['anybody.host.example'] = [[PROOF]]
  zone.aliases['alias.example'] = 'anybody.host.example'
  zone.aliases['_latchkey.wild.example'] = 'anybody.host.example'
  for (const name of ['alias.example', 'wild.example'])
    assert.equal(await dns(name, PROOF), 'dns_record_not_found', name)
  assert.equal(await dns('anybody.host.example', PROOF), 'found', 'the zone itself has it')
})

test('an answer that is too long for UDP is read by TCP', async () => {
  zone.texts['long.example'] = [...Array.from({ length: 20 }, (_, n) => [`${n}${'x'.repeat(200)}`]), [PROOF]]
  assert.equal(await dns('long.example', PROOF), 'found')
  assert.ok(zone.asked.includes('tcp TXT long.example'))
})

test('a resolver that fails or is silent proves nothing, and is told apart from an answer', async () => {
  zone.texts['broken.example'] = [[PROOF]]
  zone.faults['broken.example'] = 'servfail'
  zone.texts['silent.example'] = [[PROOF]]
  zone.faults['silent.example'] = 'silence'
  assert.equal(await dns('broken.example', PROOF), 'dns_unreachable')
  const begun = performance.now()
  assert.equal(await dns('silent.example', PROOF), 'dns_unreachable')
  assert.ok(performance.now() - begun < 3_000, 'the deadline ends it')
  assert.equal(await openDns(['127.0.0.1:1'])('at.example', PROOF), 'dns_unreachable')
})

test('each resolver has to give it', async () => {
  const other = await nameServer()
  const both = openDns([zone.address, other.address])
  assert.equal(await both('at.example', PROOF), 'dns_record_not_found')
  other.texts['at.example'] = [[PROOF]]
  assert.equal(await both('at.example', PROOF), 'found')
  assert.equal(await openDns([zone.address, '127.0.0.1:1'])('at.example', PROOF), 'dns_unreachable')
})
