import { Field, Radio, RadioGroup } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { ContactFields, contactOf, emptyContact, emptyLegal, LegalFields, legalOf } from '../../parts/partnerFields.tsx'
import type { Account } from '../../parts/partnerQueries.ts'
import { t } from '../../words.ts'
import type { Program } from './queries.ts'

const programs: readonly Program[] = ['indirectReseller', 'indirectProvider', 'directBill']

/** Begins to enrol the firm: first in the membership, with its registered name; then in a program. */
export function Enrol({ account, close }: { account: Account | null; close: () => void }) {
  const queries = useQueryClient()
  const [program, setProgram] = useState<Program>(account ? 'indirectReseller' : 'membership')
  const [legal, setLegal] = useState(emptyLegal)
  const [contact, setContact] = useState(emptyContact)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/partner/enrollments', {
        body: {
          program,
          ...(!account && { legalProfile: legalOf(legal), primaryContact: contactOf(contact) }),
        },
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['partner'] })
      document.querySelector('h1')?.focus()
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  const isShown = !account && fields.size > 0 && !fields.has('program')
  return (
    <AskFirst
      title={t(`admin.partner.enrol.${account ? 'open' : 'first'}`)}
      verb={t('admin.partner.enrol.verb')}
      act={mutate}
      isActing={isPending}
      error={isShown ? null : error}
      close={close}
    >
      {account ? (
        <Field label={t('admin.partner.enrol.which')}>
          <RadioGroup value={program} onChange={(_, { value }) => setProgram(value as Program)}>
            {(account.kinds.includes('membership') || account.status === 'onboarding'
              ? programs
              : ['membership' as const]
            ).map(one => (
              <Radio key={one} value={one} label={t(`admin.partner.programs.${one}`)} />
            ))}
          </RadioGroup>
        </Field>
      ) : (
        <>
          <p>{t('admin.partner.enrol.detail')}</p>
          <LegalFields typed={legal} change={setLegal} fields={fields} country />
          <ContactFields
            title={t('admin.partner.profile.primaryContact')}
            name="primaryContact"
            typed={contact}
            change={setContact}
            fields={fields}
          />
        </>
      )}
      <p>{t('admin.partner.enrol.then')}</p>
    </AskFirst>
  )
}
