import { Button, Checkbox, Field, Input, Select } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import type { ReactNode } from 'react'
import type { fieldError } from '../../parts/fieldError.ts'
import { t, weekday } from '../../words.ts'
import { type Contact, type LinkKind, linkKinds, type Times, weekdays } from './contacts.ts'

// The lists of a contact: numbers, addresses and hours, a line each.

export type FaultOf = (path: string) => ReturnType<typeof fieldError>

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

export function Phones({ phones, set, fault }: Lines<Phone> & { phones: Phone[] }) {
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

export function Links({ links, set, fault }: Lines<Link> & { links: Link[] }) {
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

export function Hours({ hours, set, fault }: Lines<Times> & { hours: Times[] }) {
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
