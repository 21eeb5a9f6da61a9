import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import {
  type Contact,
  ContactFields,
  contactOf,
  emptyContact,
  LegalFields,
  legalOf,
} from '../../parts/partnerFields.tsx'
import type { Account } from '../../parts/partnerQueries.ts'
import { country, t } from '../../words.ts'

const contacts = ['primaryContact', 'supportContact', 'securityContact'] as const
type ContactName = (typeof contacts)[number]

interface Shown {
  account: Account
  mayWrite: boolean
  mayWriteSecurity: boolean
}

/** The firm as it is registered, and whom others reach about it. */
export function Profile({ account, mayWrite, mayWriteSecurity }: Shown) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<'legal' | ContactName>()
  const { companyName, street, city, postalCode, registrationNumber } = account.legalProfile
  const close = () => setAsked(undefined)
  return (
    <section className="card asked" aria-labelledby="profile">
      <h2 id="profile" tabIndex={-1}>
        {t('admin.partner.profile.title')}
      </h2>
      <dl className="facts">
        <div>
          <dt>{t('admin.partner.profile.companyName')}</dt>
          <dd>{companyName}</dd>
        </div>
        <div>
          <dt>{t('admin.partner.profile.address')}</dt>
          <dd>
            <bdi>{[street, city, postalCode].filter(Boolean).join(', ')}</bdi> {country(account.country)}
          </dd>
        </div>
        {registrationNumber && (
          <div>
            <dt>{t('admin.partner.profile.registrationNumber')}</dt>
            <dd>{registrationNumber}</dd>
          </div>
        )}
        {contacts.map(name => (
          <div key={name}>
            <dt>{t(`admin.partner.profile.${name}`)}</dt>
            <dd>{account[name] ? nameOf(account[name]) : t('admin.partner.profile.nobody')}</dd>
          </div>
        ))}
      </dl>
      <div className="acts">
        {mayWrite && (
          <Button {...opens} data-key="edit" onClick={() => setAsked('legal')}>
            {t('admin.partner.profile.edit')}
          </Button>
        )}
        {contacts
          .filter(name => (name === 'securityContact' ? mayWriteSecurity : mayWrite))
          .map(name => (
            <Button key={name} {...opens} onClick={() => setAsked(name)}>
              {t(`admin.partner.profile.edits.${name}`)}
            </Button>
          ))}
      </div>
      {asked === 'legal' && <EditLegal account={account} close={close} />}
      {asked && asked !== 'legal' && <EditContact account={account} name={asked} close={close} />}
    </section>
  )
}

const nameOf = ({ givenName, surname, mail, phoneNumber }: Contact) =>
  [`${givenName} ${surname}`, mail, phoneNumber].filter(Boolean).join(' · ')

/** Saves part of the account, where it is still as it was read. */
function useSave({ '@odata.etag': etag }: Account, close: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { legalProfile: Account['legalProfile'] } | { [Name in ContactName]?: Contact | null }) =>
      api.PATCH('/partner', { body: body as never, ...(etag && { headers: { 'if-match': etag } }) }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['partner'] })
    },
  })
}

function EditLegal({ account, close }: { account: Account; close: () => void }) {
  const [typed, setTyped] = useState(account.legalProfile)
  const { mutate, isPending, error } = useSave(account, close)
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.partner.profile.edit')}
      verb={t('admin.partner.profile.save')}
      act={() => mutate({ legalProfile: legalOf(typed) })}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.partner.profile.anew')}</p>
      <LegalFields typed={typed} change={setTyped} fields={fields} country={false} />
    </AskFirst>
  )
}

function EditContact({ account, name, close }: { account: Account; name: ContactName; close: () => void }) {
  const [typed, setTyped] = useState(account[name] ?? emptyContact)
  const { mutate, isPending, error } = useSave(account, close)
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t(`admin.partner.profile.edits.${name}`)}
      verb={t('admin.partner.profile.save')}
      act={() => mutate({ [name]: contactOf(typed) })}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <ContactFields
        title={t(`admin.partner.profile.${name}`)}
        name={name}
        typed={typed}
        change={setTyped}
        fields={fields}
      />
    </AskFirst>
  )
}
