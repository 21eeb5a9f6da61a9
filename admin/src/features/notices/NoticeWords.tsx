import { Field, Input, Textarea } from '@fluentui/react-components'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Problem } from '../../api/problem.ts'
import { changesOf } from '../../parts/draft.ts'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { LeaveFirst } from '../../parts/LeaveFirst.tsx'
import { SaveSection } from '../../parts/SaveSection.tsx'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { useSettled } from '../../parts/useSettled.ts'
import { type Language, list, number, t } from '../../words.ts'
import type { Kind } from './kinds.ts'
import { MailPreview } from './MailPreview.tsx'
import { LONGEST, type Notice, notices, preview, saveWords, type Words, wordNames, wordsOf } from './queries.ts'

interface Shown {
  place: { id: string; kind: Kind }
  notice: Notice
  language: Language
  /** Something was typed. */
  began: () => void
  /** The form is done with: what it holds is saved, or thrown away. */
  done: (how: 'saved' | 'discarded') => void
}

const NONE: Words = { subject: '', opening: '', closing: '' }

/** Edits the company's own words for readers of one language, beside the mail that they make. */
export function NoticeWords({ place, notice, language, began, done }: Shown) {
  const queries = useQueryClient()
  const readOf = (found: Notice): Read<Words> => ({ values: wordsOf(found, language), etag: found['@odata.etag'] })
  // Offline it is refused at once, as every act is.
  const newest = async () =>
    (await queries.fetchQuery({ ...notices(place.id), staleTime: 0, networkMode: 'always' })).find(
      one => one.id === place.kind,
    )
  const edit = useEdit<Words>({
    name: `notice ${place.kind} ${language}`,
    read: readOf(notice),
    newest: async () => {
      const found = await newest()
      return found ? readOf(found) : null
    },
    save: async ({ values, before, etag }) => {
      // What others changed meanwhile in another language, or turned off, is no conflict.
      const now = await newest()
      const isUntouched = now !== undefined && Object.keys(changesOf(wordsOf(now, language), before)).length === 0
      await saveWords(place, { language, words: values, etag: isUntouched ? now['@odata.etag'] : etag! })
      return place.kind
    },
    saved: async () => {
      await queries.invalidateQueries({ queryKey: ['notices'] })
      done('saved')
    },
  })
  const { values } = edit
  const count = Object.keys(edit.changes).length
  const settled = useSettled(values)
  const tried = useQuery(preview(place, language, settled))
  const { data: usual } = useQuery(preview(place, language, NONE))
  const refused = [edit.error, tried.error].find(one => one instanceof Problem && one.fields.size > 0)
  const fields = refused instanceof Problem ? refused.fields : new Map<string, string>()
  const isConflict = edit.error instanceof Problem && edit.error.status === 412
  const names = notice.words === 'all' ? wordNames : (['closing'] as const)
  const usually = { subject: usual?.subject, opening: usual?.text.split('\n\n')[0], closing: undefined }
  const inBraces = (some: readonly string[]) => list(some.map(one => `{${one}}`))
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        id={place.kind}
        activity="notice.worded"
        labelOf={name => t(`admin.notices.fields.${name}`)}
      />
    )
  return (
    <div className="columns beside">
      <form
        className="card asked"
        aria-labelledby="words"
        onSubmit={event => {
          event.preventDefault()
          if (count > 0 && !edit.isSaving) edit.save()
        }}
      >
        <h2 id="words">{t('admin.notices.words')}</h2>
        <p>{t(notice.words === 'all' ? 'admin.notices.wordsAll' : 'admin.notices.wordsClosing')}</p>
        <p>{t('admin.notices.placeholders', { names: inBraces(notice.placeholders) })}</p>
        {notice.neededPlaceholders.length > 0 && (
          <p>{t('admin.notices.needed', { names: inBraces(notice.neededPlaceholders) })}</p>
        )}
        {names.map(name => {
          const shownAs = {
            lang: language,
            value: values[name],
            maxLength: LONGEST[name],
            onChange: (_: unknown, { value }: { value: string }) => {
              began()
              edit.set(name, value)
            },
          }
          return (
            <Field
              key={name}
              label={t(`admin.notices.fields.${name}`)}
              hint={
                usually[name] === undefined
                  ? t('admin.notices.most', { most: number(LONGEST[name]) })
                  : t('admin.notices.usually', { text: usually[name] })
              }
              {...fieldError(fields, name)}
            >
              {name === 'subject' ? <Input {...shownAs} /> : <Textarea {...shownAs} rows={4} />}
            </Field>
          )
        })}
        {count > 0 && (
          <SaveSection
            count={count}
            error={isConflict || fields.size > 0 ? null : edit.error}
            isSaving={edit.isSaving}
            discard={() => done('discarded')}
          />
        )}
      </form>
      <MailPreview
        mail={tried.data}
        error={fields.size > 0 ? null : tried.error}
        isWaiting={fields.size > 0}
        language={language}
      />
      <LeaveFirst isChanged={count > 0} />
    </div>
  )
}
