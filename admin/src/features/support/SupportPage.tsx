import './support.css'
import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular, ArrowUpRegular, DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { organization } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { saveFile } from '../../parts/csv.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { country, languageName, list, t } from '../../words.ts'
import { type Contact, movedUp, sample } from './contacts.ts'
import { EditContact } from './EditContact.tsx'
import { ImportContacts } from './ImportContacts.tsx'
import { contacts, type Kept, keep } from './queries.ts'
import { Seen } from './Seen.tsx'
import { saidTimes } from './saidTimes.ts'
import { TechnicalContacts } from './TechnicalContacts.tsx'

/** What a file of contacts holds. */
const fileOf = (all: readonly Contact[]) => `${JSON.stringify({ version: 1, contacts: all }, undefined, 2)}\n`

/** Whom people call or write to, in the order in which they are offered. */
export function SupportPage() {
  const opens = useRestoreFocusTarget()
  const { data: company, error: companyError } = useQuery(organization)
  const id = company?.id as string | undefined
  const { data: kept, error: readError, refetch } = useQuery({ ...contacts(id ?? ''), enabled: id !== undefined })
  const [asked, setAsked] = useState<'add' | 'import'>()
  const error = companyError ?? readError
  const save = (name: string, all: readonly Contact[]) => saveFile(name, fileOf(all), 'application/json')
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.support.title')}</h1>
          <p>{t('admin.support.lead')}</p>
        </div>
        <div className="acts">
          <Button onClick={() => save('support-contacts-sample.json', [sample])}>
            {t('admin.support.file.sample')}
          </Button>
          {kept && (
            <>
              {kept.contacts.length > 0 && (
                <Button onClick={() => save('support-contacts.json', kept.contacts)}>
                  {t('admin.support.file.export')}
                </Button>
              )}
              <Button {...opens} onClick={() => setAsked('import')}>
                {t('admin.support.file.import')}
              </Button>
              <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setAsked('add')}>
                {t('admin.support.open')}
              </Button>
            </>
          )}
        </div>
      </div>
      {!kept && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
      {id !== undefined && kept && (
        <div className="columns">
          <div className="stack">
            <Contacts id={id} kept={kept} />
            <TechnicalContacts id={id} />
          </div>
          <Seen contacts={kept.contacts} home={String(company?.countryLetterCode ?? '')} />
        </div>
      )}
      {id !== undefined && kept && asked === 'add' && (
        <EditContact id={id} kept={kept} contact={undefined} close={() => setAsked(undefined)} />
      )}
      {id !== undefined && kept && asked === 'import' && (
        <ImportContacts id={id} kept={kept} close={() => setAsked(undefined)} />
      )}
    </div>
  )
}

function Contacts({ id, kept }: { id: string; kept: Kept }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<{ act: 'edit' | 'remove'; contact: Contact }>()
  const change = useMutation({
    mutationFn: (all: readonly Contact[]) => keep(id, kept.etag, all),
    onSuccess: () => setAsked(undefined),
    onSettled: () => queries.invalidateQueries({ queryKey: ['support'] }),
  })
  const leave = () => {
    setAsked(undefined)
    change.reset()
  }
  return (
    <section className="card" aria-label={t('admin.support.title')}>
      {change.error && !asked && <Refused error={change.error} />}
      {kept.contacts.length === 0 && <p className="calm">{t('admin.support.none')}</p>}
      <ol className="rows support-rows">
        {kept.contacts.map((contact, place) => (
          <li key={contact.id}>
            <div className="grows">
              <b>{placesOf(contact)}</b>
              <p>
                {list(contact.kinds.map(kind => t(`admin.support.kinds.${kind}`)))} ·{' '}
                {list(contact.languages.map(languageName))}
              </p>
              <p>
                {[
                  ...(contact.phones ?? []).map(({ number }) => number),
                  ...(contact.links ?? []).map(({ href }) => href.replace(/^(https:\/\/|mailto:)/, '')),
                ].join(' · ')}
              </p>
              {contact.hours === 'always' ? (
                <p>{t('admin.support.always')}</p>
              ) : (
                contact.hours.map(times => <p key={JSON.stringify(times)}>{`${saidTimes(times)} (${contact.zone})`}</p>)
              )}
              {contact.audience === 'administrators' && (
                <span className="tag">{t('admin.support.administratorsOnly')}</span>
              )}
            </div>
            <div className="acts">
              {place > 0 && (
                <Button
                  size="small"
                  appearance="subtle"
                  icon={<ArrowUpRegular />}
                  disabledFocusable={change.isPending}
                  aria-label={t('admin.support.upOf', { name: contact.id })}
                  title={t('admin.support.up')}
                  onClick={() => change.mutate(movedUp(kept.contacts, contact.id))}
                />
              )}
              <Button
                {...opens}
                size="small"
                aria-label={t('admin.support.editOf', { name: contact.id })}
                onClick={() => setAsked({ act: 'edit', contact })}
              >
                {t('admin.support.edit')}
              </Button>
              <Button
                {...opens}
                size="small"
                appearance="subtle"
                icon={<DismissRegular />}
                aria-label={t('admin.support.remove.openOf', { name: contact.id })}
                title={t('admin.support.remove.open')}
                onClick={() => setAsked({ act: 'remove', contact })}
              />
            </div>
          </li>
        ))}
      </ol>
      {asked?.act === 'edit' && <EditContact id={id} kept={kept} contact={asked.contact} close={leave} />}
      {asked?.act === 'remove' && (
        <AskFirst
          title={t('admin.support.remove.title', { name: asked.contact.id })}
          verb={t('admin.support.remove.open')}
          act={() => change.mutate(kept.contacts.filter(one => one.id !== asked.contact.id))}
          isActing={change.isPending}
          error={change.error}
          close={leave}
        >
          <p>{t('admin.support.remove.detail')}</p>
        </AskFirst>
      )}
    </section>
  )
}

const placesOf = ({ countries }: Contact) =>
  countries.includes('*') ? t('admin.support.everyCountry') : list(countries.map(country))
