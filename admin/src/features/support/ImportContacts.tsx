import { Field } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { sentenceOfCode } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import type { Contact } from './contacts.ts'
import { type Kept, keep } from './queries.ts'

/** Replaces all contacts by those of a file, or none where it has a fault: each is told by its place. */
export function ImportContacts({ id, kept, close }: { id: string; kept: Kept; close: () => void }) {
  const queries = useQueryClient()
  const [read, setRead] = useState<Contact[] | 'unreadable'>()
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: async () => {
      if (Array.isArray(read)) await keep(id, kept.etag, read)
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['support'] }),
  })
  const choose = async (file: File | undefined) => {
    if (!file) return
    reset()
    setRead(contactsIn(await file.text()))
  }
  const faults = error instanceof Problem ? [...error.fields] : []
  return (
    <AskFirst
      title={t('admin.support.file.title')}
      verb={Array.isArray(read) ? t('admin.support.file.verb') : undefined}
      act={mutate}
      isActing={isPending}
      error={faults.length > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.support.file.detail')}</p>
      {faults.length > 0 && (
        <div role="alert">
          <p className="danger">{t('admin.support.file.faults')}</p>
          <ul className="rows">
            {faults.map(([place, code]) => (
              <li key={place}>
                <code>/{place}</code> {sentenceOfCode(code) ?? t('admin.problems.property_invalid')}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Field
        {...(read === 'unreadable' && {
          validationState: 'error' as const,
          validationMessage: t('admin.support.file.unreadable'),
        })}
      >
        <input
          className="file"
          type="file"
          accept=".json,application/json"
          aria-label={t('admin.support.file.choose')}
          onChange={({ target }) => void choose(target.files?.[0])}
        />
      </Field>
      {Array.isArray(read) && <p role="status">{t('admin.support.file.read', { count: read.length })}</p>}
    </AskFirst>
  )
}

/** The contacts of a file, for the server to judge. */
function contactsIn(text: string): Contact[] | 'unreadable' {
  try {
    const { contacts } = JSON.parse(text.replace(/^\uFEFF/, '')) as { contacts?: unknown }
    return Array.isArray(contacts) ? (contacts as Contact[]) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}
