import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readContacts } from '../../../../server/src/support/index.ts'
import { blank, type Contact, faultsOf, movedUp, sample, tidy, withContact, wordsIn } from './contacts.ts'

const read = (...contacts: Contact[]) => readContacts(JSON.stringify({ version: 1, contacts }))

test('the sample is a file that the server takes', () => {
  assert.deepEqual(read(sample), [sample])
})

test('what was left empty is left out, so that the server takes what was typed', () => {
  const typed: Contact = {
    ...blank('Europe/Paris'),
    ...{
      id: ' paris ',
      phones: [{ number: '+33 1 99 00 00 50' }, { number: '' }],
      links: [{ kind: 'form', href: ' ' }],
    },
    ...{ languages: ['en', 'fr'], closed: [], notes: { en: ' ', fr: ' Bonjour ' } },
    hours: [{ days: ['mon'], from: '09:00', to: '17:00', languages: ['en, fr,'] }],
  }
  const tidied = tidy(typed)
  assert.deepEqual(read(tidied), [tidied])
  assert.deepEqual(tidied.phones, [{ number: '+33199000050' }])
  assert.deepEqual(tidied.hours, [{ days: ['mon'], from: '09:00', to: '17:00', languages: ['en', 'fr'] }])
  const { id, links, closed, notes } = tidied
  assert.deepEqual([id, links, closed, notes], ['paris', undefined, undefined, { fr: 'Bonjour' }])
  assert.deepEqual(wordsIn('FR, BE;CH  LU'), ['FR', 'BE', 'CH', 'LU'])
})

test('a contact is put in its place, moved, and told of its faults by their paths', () => {
  const [one, two] = [
    { ...sample, id: 'one' },
    { ...sample, id: 'two' },
  ]
  const ids = (all: readonly Contact[]) => all.map(({ id }) => id).join()
  assert.equal(ids(withContact([one, two], { ...one, id: 'renamed' }, 'one')), 'renamed,two')
  assert.equal(ids(withContact([one], two, undefined)), 'one,two')
  assert.equal(ids(movedUp([one, two], 'two')), 'two,one')
  assert.equal(ids(movedUp([one, two], 'one')), 'one,two')
  const fields = new Map([
    ['contacts/1/zone', 'property_invalid'],
    ['contacts/10/zone', 'property_invalid'],
  ])
  assert.deepEqual([...faultsOf(fields, 1)], [['zone', 'property_invalid']])
})
