import { Checkbox, Field, Input, Radio, RadioGroup, Select, Switch, Textarea } from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { country, languageName, languages, list, t } from '../../words.ts'
import { Hours, Links, Phones } from './ContactLines.tsx'
import { blank, type Contact, faultsOf, kinds, tidy, withContact, wordsIn } from './contacts.ts'
import { contacts, type Kept, keep } from './queries.ts'
import { saidTimes } from './saidTimes.ts'

interface Shown {
  id: string
  kept: Kept
  /** Undefined: a new one. */
  contact: Contact | undefined
  close: () => void
}

/** A contact as it is typed: lists of words in one field each. */
type Typed = Omit<Contact, 'countries' | 'languages' | 'closed'> & Record<'countries' | 'languages' | 'closed', string>

const typedOf = ({ countries, languages, closed = [], ...contact }: Contact): Typed => ({
  ...contact,
  countries: countries.join(', '),
  languages: languages.join(', '),
  closed: closed.join('\n'),
})

const codesIn = (typed: string) => wordsIn(typed).map(one => one.toUpperCase())

const contactOf = ({ countries, languages, closed, ...contact }: Typed): Contact =>
  tidy({ ...contact, countries: codesIn(countries), languages: wordsIn(languages), closed: wordsIn(closed) })

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/**
 * Adds a contact, or changes one. The server judges it among all others, and each fault stands at its field. Contacts are
 * saved all at once, so that what others changed meanwhile of other contacts is taken along, and of this one shown.
 */
export function EditContact({ id, kept, contact, close }: Shown) {
  const queries = useQueryClient()
  const [sent, setSent] = useState<readonly Contact[]>(kept.contacts)
  const readOf = ({ contacts: all, etag }: Kept): Read<Typed> | null => {
    const found = contact
      ? all.find(one => one.id === contact.id)
      : blank(Intl.DateTimeFormat().resolvedOptions().timeZone)
    return found ? { values: typedOf(found), etag } : null
  }
  // Offline it is refused at once, as every act is.
  const newest = () => queries.fetchQuery({ ...contacts(id), staleTime: 0, networkMode: 'always' })
  const edit = useEdit<Typed>({
    name: `support contact ${contact?.id ?? ''}`,
    read: readOf(kept)!,
    newest: async () => (contact ? readOf(await newest()) : null),
    save: async ({ values, before, etag }) => {
      const now = await newest()
      setSent(now.contacts)
      const isUntouched = !contact || isSame(readOf(now)?.values, before)
      await keep(id, isUntouched ? now.etag : etag!, withContact(now.contacts, contactOf(values), contact?.id))
      return values.id
    },
    saved: async () => {
      await queries.invalidateQueries({ queryKey: ['support'] })
      close()
    },
  })
  const typed = edit.values
  const set = (changes: Partial<Typed>) => {
    for (const [name, value] of Object.entries(changes)) edit.set(name as keyof Typed, value as never)
  }
  const codes = codesIn(typed.countries)
  const tags = wordsIn(typed.languages)
  const place = sent.findIndex(one => one.id === contact?.id)
  const faults = faultsOf(edit.fields, place < 0 ? sent.length : place)
  /** The fault of a field, or the first of what lies below it. */
  const fault = (path: string) => {
    const found = [...faults.keys()].find(one => one === path || one.startsWith(`${path}/`))
    return found === undefined ? {} : fieldError(faults, found)
  }
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        activity="support.imported"
        labelOf={name => t(labels[name])}
        say={saidOf}
      />
    )
  return (
    <AskFirst
      title={contact ? t('admin.support.form.edit', { name: contact.id }) : t('admin.support.form.add')}
      verb={t('admin.support.form.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={faults.size > 0 ? null : edit.error}
      close={close}
    >
      <Field label={t('admin.support.form.id')} hint={t('admin.support.form.idHint')} required {...fault('id')}>
        <Input
          value={typed.id}
          maxLength={40}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(_, { value }) => set({ id: value.toLowerCase() })}
        />
      </Field>
      <Field
        label={t('admin.support.form.countries')}
        hint={
          named(codes, one => (one === '*' ? t('admin.support.everyCountry') : nameIn(country, one))) ??
          t('admin.support.form.countriesHint')
        }
        required
        {...fault('countries')}
      >
        <Input value={typed.countries} spellCheck={false} onChange={(_, { value }) => set({ countries: value })} />
      </Field>
      <Field
        label={t('admin.support.form.languages')}
        hint={named(tags, one => nameIn(languageName, one)) ?? t('admin.support.form.languagesHint')}
        required
        {...fault('languages')}
      >
        <Input value={typed.languages} spellCheck={false} onChange={(_, { value }) => set({ languages: value })} />
      </Field>
      <Field label={t('admin.support.form.kinds')} {...fault('kinds')}>
        <fieldset className="group">
          {kinds.map(kind => (
            <Checkbox
              key={kind}
              label={t(`admin.support.kinds.${kind}`)}
              checked={typed.kinds.includes(kind)}
              onChange={(_, { checked }) =>
                set({ kinds: kinds.filter(one => (one === kind ? checked === true : typed.kinds.includes(one))) })
              }
            />
          ))}
        </fieldset>
      </Field>
      <Switch
        label={t('admin.support.form.audience')}
        checked={typed.audience === 'administrators'}
        onChange={(_, { checked }) => set({ audience: checked ? 'administrators' : 'everyone' })}
      />
      <Phones phones={typed.phones ?? []} set={phones => set({ phones })} fault={fault} />
      <Links links={typed.links ?? []} set={links => set({ links })} fault={fault} />
      <Field label={t('admin.support.form.zone')} required {...fault('zone')}>
        <Select value={typed.zone} onChange={(_, { value }) => set({ zone: value })}>
          {[...new Set(['UTC', typed.zone, ...Intl.supportedValuesOf('timeZone')])].map(zone => (
            <option key={zone}>{zone}</option>
          ))}
        </Select>
      </Field>
      <Field label={t('admin.support.form.hours')} {...(typed.hours === 'always' && fault('hours'))}>
        <RadioGroup
          value={typed.hours === 'always' ? 'always' : 'times'}
          onChange={(_, { value }) => set({ hours: value === 'always' ? 'always' : blank('').hours })}
        >
          <Radio value="always" label={t('admin.support.form.always')} />
          <Radio value="times" label={t('admin.support.form.times')} />
        </RadioGroup>
      </Field>
      {typed.hours !== 'always' && <Hours hours={typed.hours} set={hours => set({ hours })} fault={fault} />}
      <Field label={t('admin.support.form.closed')} hint={t('admin.support.form.closedHint')} {...fault('closed')}>
        <Textarea value={typed.closed} rows={2} onChange={(_, { value }) => set({ closed: value })} />
      </Field>
      {languages.map(one => (
        <Field
          key={one}
          label={t('admin.support.form.note', { language: languageName(one) })}
          {...fault(`notes/${one}`)}
        >
          <Input
            lang={one}
            value={typed.notes?.[one] ?? ''}
            maxLength={280}
            onChange={(_, { value }) => set({ notes: { ...typed.notes, [one]: value } })}
          />
        </Field>
      ))}
    </AskFirst>
  )
}

/** What each part of a contact is called. */
const labels = {
  id: 'admin.support.form.id',
  countries: 'admin.support.form.countries',
  languages: 'admin.support.form.languages',
  kinds: 'admin.support.form.kinds',
  audience: 'admin.support.form.audience',
  phones: 'admin.support.form.phones',
  links: 'admin.support.form.online',
  zone: 'admin.support.form.zone',
  hours: 'admin.support.form.hours',
  closed: 'admin.support.form.closed',
  notes: 'admin.support.form.notes',
} as const satisfies Record<keyof Typed, string>

/** A part of a contact in words. */
function saidOf(name: keyof Typed, value: unknown): string {
  const { kinds = [], audience, phones = [], links = [], hours, notes = {} } = { [name]: value } as Partial<Contact>
  if (name === 'kinds') return list(kinds.map(kind => t(`admin.support.kinds.${kind}`)))
  if (name === 'audience') return audience === 'administrators' ? t('admin.support.administratorsOnly') : ''
  if (name === 'phones') return list(phones.map(({ number }) => number))
  if (name === 'links') return list(links.map(({ href }) => href))
  if (name === 'hours') return hours === 'always' ? t('admin.support.always') : list((hours ?? []).map(saidTimes))
  if (name === 'notes') return Object.values(notes).filter(Boolean).join(' · ')
  return String(value ?? '')
}

/** What a code stands for; itself where it stands for nothing. */
function nameIn(name: (code: string) => string, code: string): string {
  try {
    return name(code)
  } catch {
    return code
  }
}

const named = (codes: readonly string[], name: (code: string) => string) =>
  codes.length > 0 ? list(codes.map(name)) : undefined
