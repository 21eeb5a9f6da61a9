import { Button, Field, Textarea, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { list, t } from '../../words.ts'
import { technicalContacts } from './queries.ts'

const NAME = 'technicalNotificationMails'

interface Mails {
  [NAME]: string[]
}

/** Who is mailed when somebody recovers the company’s account, or uses its last way in. They need no account. */
export function TechnicalContacts({ id }: { id: string }) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(technicalContacts(id))
  const [isEditing, setEditing] = useState(false)
  return (
    <section className="card asked" aria-labelledby="technical">
      <h2 id="technical">{t('admin.support.mails.title')}</h2>
      <p>{t('admin.support.mails.why')}</p>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />)}
      {data && (
        <>
          <p>{data.values[NAME].length > 0 ? list(data.values[NAME]) : t('admin.support.mails.none')}</p>
          <div>
            <Button {...opens} onClick={() => setEditing(true)}>
              {t('admin.support.mails.open')}
            </Button>
          </div>
          {isEditing && <EditMails id={id} read={data} close={() => setEditing(false)} />}
        </>
      )}
    </section>
  )
}

function EditMails({ id, read, close }: { id: string; read: Read<Mails>; close: () => void }) {
  const queries = useQueryClient()
  const edit = useEdit<Mails>({
    name: `technical contacts ${id}`,
    read,
    newest: () => queries.fetchQuery({ ...technicalContacts(id), staleTime: 0 }),
    save: async ({ values, etag }) => {
      await api.PATCH('/organization/{id}', {
        params: { path: { id } },
        body: { [NAME]: [...new Set(values[NAME].map(mail => mail.trim()))].filter(mail => mail !== '') },
        ...(etag && { headers: { 'if-match': etag } }),
      })
      return id
    },
    saved: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['organization'] })
    },
  })
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        activity="organization.changed"
        labelOf={() => t('admin.support.mails.title')}
        say={(_, value) => list(value as string[])}
      />
    )
  return (
    <AskFirst
      title={t('admin.support.mails.title')}
      verb={t('admin.support.mails.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={edit.fields.size > 0 ? null : edit.error}
      close={close}
    >
      <Field label={t('admin.support.mails.label')} {...mailsError(edit.fields)}>
        <Textarea
          rows={4}
          value={edit.values[NAME].join('\n')}
          onChange={(_, { value }) => edit.set(NAME, value.split('\n'))}
        />
      </Field>
    </AskFirst>
  )
}

/** The server names the list, or one of its places. */
const mailsError = (fields: ReadonlyMap<string, string>) =>
  fieldError(new Map([...fields].map(([name, code]) => [name.split('/')[0]!, code])), NAME)
