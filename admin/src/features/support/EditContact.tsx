import { Button, Checkbox, Field, Input, Radio, RadioGroup, Select, Switch, Textarea } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { country, languageName, languages, list, t, weekday } from '../../words.ts'
import {
  blank,
  type Contact,
  faultsOf,
  kinds,
  type LinkKind,
  linkKinds,
  type Times,
  tidy,
  weekdays,
  withContact,
  wordsIn,
} from './contacts.ts'
import { type Kept, keep } from './queries.ts'

interface Shown {
  id: string
  kept: Kept
  /** Undefined: a new one. */
  contact: Contact | undefined
  close: () => void
}

/** Adds a contact, or changes one. The server judges it among all others, and each fault stands at its field. */
export function EditContact({ id, kept, contact, close }: Shown) {
  const queries = useQueryClient()
  const [typed, setTyped] = useState(contact ?? blank(Intl.DateTimeFormat().resolvedOptions().timeZone))
  const [countries, setCountries] = useState(typed.countries.join(', '))
  const [spoken, setSpoken] = useState(typed.languages.join(', '))
  const [closed, setClosed] = useState(typed.closed?.join('\n') ?? '')
  const set = (changes: Partial<Contact>) => setTyped(current => ({ ...current, ...changes }))
  const codes = wordsIn(countries).map(one => one.toUpperCase())
  const tags = wordsIn(spoken)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => {
      const own = tidy({ ...typed, countries: codes, languages: tags, closed: wordsIn(closed) })
      return keep(id, kept.etag, withContact(kept.contacts, own, contact?.id))
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['support'] }),
  })
  const place = kept.contacts.findIndex(one => one.id === contact?.id)
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  const faults = faultsOf(fields, place < 0 ? kept.contacts.length : place)
  /** The fault of a field, or the first of what lies below it. */
  const fault = (path: string) => {
    const found = [...faults.keys()].find(one => one === path || one.startsWith(`${path}/`))
    return found === undefined ? {} : fieldError(faults, found)
  }
  return (
    <AskFirst
      title={contact ? t('admin.support.form.edit', { name: contact.id }) : t('admin.support.form.add')}
      verb={t('admin.support.form.verb')}
      act={mutate}
      isActing={isPending}
      error={faults.size > 0 ? null : error}
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
        <Input value={countries} spellCheck={false} onChange={(_, { value }) => setCountries(value)} />
      </Field>
      <Field
        label={t('admin.support.form.languages')}
        hint={named(tags, one => nameIn(languageName, one)) ?? t('admin.support.form.languagesHint')}
        required
        {...fault('languages')}
      >
        <Input value={spoken} spellCheck={false} onChange={(_, { value }) => setSpoken(value)} />
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
        <Textarea value={closed} rows={2} onChange={(_, { value }) => setClosed(value)} />
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

type FaultOf = (path: string) => ReturnType<typeof fieldError>

/** A list whose lines are added and removed. */
interface Lines<Line> {
  fault: FaultOf
  set: (lines: Line[]) => void
}

const replaced = <Line,>(lines: readonly Line[], place: number, changes: Partial<Line>): Line[] =>
  lines.map((line, n) => (n === place ? { ...line, ...changes } : line))

const without = <Line,>(lines: readonly Line[], place: number): Line[] => lines.filter((_, n) => n !== place)

function Line({ children, remove }: { children: ReactNode; remove: () => void }) {
  return (
    <div className="support-line">
      <div className="asked">{children}</div>
      <Button
        appearance="subtle"
        size="small"
        icon={<DismissRegular />}
        aria-label={t('admin.support.form.removeRow')}
        onClick={remove}
      />
    </div>
  )
}

type Phone = NonNullable<Contact['phones']>[number]

function Phones({ phones, set, fault }: Lines<Phone> & { phones: Phone[] }) {
  return (
    <fieldset className="group asked">
      <legend>{t('admin.support.form.phones')}</legend>
      {phones.map((phone, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name but their place
        <Line key={n} remove={() => set(without(phones, n))}>
          <Field label={t('admin.support.form.number')} {...fault(`phones/${n}`)}>
            <Input
              type="tel"
              value={phone.number}
              onChange={(_, { value }) => set(replaced(phones, n, { number: value }))}
            />
          </Field>
          <div className="acts">
            <Checkbox
              label={t('admin.support.form.tollFree')}
              checked={phone.tollFree === true}
              onChange={(_, { checked }) => set(replaced(phones, n, { tollFree: checked === true }))}
            />
            <Checkbox
              label={t('admin.support.form.fromCountry')}
              checked={phone.from === 'country'}
              onChange={(_, { checked }) => set(replaced(phones, n, { from: checked ? 'country' : 'anywhere' }))}
            />
          </div>
        </Line>
      ))}
      <div>
        <Button size="small" icon={<AddRegular />} onClick={() => set([...phones, { number: '' }])}>
          {t('admin.support.form.addPhone')}
        </Button>
      </div>
    </fieldset>
  )
}

type Link = NonNullable<Contact['links']>[number]

function Links({ links, set, fault }: Lines<Link> & { links: Link[] }) {
  return (
    <fieldset className="group asked">
      <legend>{t('admin.support.form.online')}</legend>
      {links.map((link, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name but their place
        <Line key={n} remove={() => set(without(links, n))}>
          <Field label={t('admin.support.form.linkKind')}>
            <Select value={link.kind} onChange={(_, { value }) => set(replaced(links, n, { kind: value as LinkKind }))}>
              {linkKinds.map(kind => (
                <option key={kind} value={kind}>
                  {t(`admin.support.links.${kind}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t('admin.support.form.href')} {...fault(`links/${n}`)}>
            <Input
              value={link.href}
              maxLength={500}
              onChange={(_, { value }) => set(replaced(links, n, { href: value }))}
            />
          </Field>
        </Line>
      ))}
      <div>
        <Button size="small" icon={<AddRegular />} onClick={() => set([...links, { kind: 'form', href: 'https://' }])}>
          {t('admin.support.form.addLink')}
        </Button>
      </div>
    </fieldset>
  )
}

function Hours({ hours, set, fault }: Lines<Times> & { hours: Times[] }) {
  return (
    <fieldset className="group asked">
      <legend>{t('admin.support.form.times')}</legend>
      {hours.map((times, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name but their place
        <Line key={n} remove={() => set(without(hours, n))}>
          <Field label={t('admin.support.form.days')} {...fault(`hours/${n}/days`)}>
            <fieldset className="group">
              {weekdays.map((day, place) => (
                <Checkbox
                  key={day}
                  label={weekday(`2024-01-0${place + 1}`)}
                  checked={times.days.includes(day)}
                  onChange={(_, { checked }) =>
                    set(
                      replaced(hours, n, {
                        days: weekdays.filter(one => (one === day ? checked === true : times.days.includes(one))),
                      }),
                    )
                  }
                />
              ))}
            </fieldset>
          </Field>
          <div className="support-times">
            <Field label={t('admin.support.form.from')} {...fault(`hours/${n}/from`)}>
              <Input
                value={times.from}
                maxLength={5}
                onChange={(_, { value }) => set(replaced(hours, n, { from: value }))}
              />
            </Field>
            <Field label={t('admin.support.form.to')} {...fault(`hours/${n}/to`)}>
              <Input
                value={times.to}
                maxLength={5}
                onChange={(_, { value }) => set(replaced(hours, n, { to: value }))}
              />
            </Field>
          </div>
          <p className="note">{t('admin.support.form.toHint')}</p>
          <Field
            label={t('admin.support.form.timeLanguages')}
            hint={t('admin.support.form.timeLanguagesHint')}
            {...fault(`hours/${n}/languages`)}
          >
            <Input
              value={times.languages?.join(', ') ?? ''}
              onChange={(_, { value }) => set(replaced(hours, n, { languages: [value] }))}
            />
          </Field>
        </Line>
      ))}
      <div>
        <Button
          size="small"
          icon={<AddRegular />}
          onClick={() => set([...hours, { days: ['sat'], from: '09:00', to: '12:00' }])}
        >
          {t('admin.support.form.addTime')}
        </Button>
      </div>
    </fieldset>
  )
}
