import { Button, Field, Input, Textarea, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { ConflictDialog } from '../../parts/ConflictDialog.tsx'
import { changesOf, type Difference, type Draft, differencesOf, settle } from '../../parts/draft.ts'
import { fieldError } from '../../parts/fieldError.ts'
import { LeaveFirst } from '../../parts/LeaveFirst.tsx'
import { SaveSection } from '../../parts/SaveSection.tsx'
import { useSettled } from '../../parts/useSettled.ts'
import { number, t } from '../../words.ts'
import { type Look, type LookName, pickable, textNames, texts } from './look.ts'
import { Pictures } from './Pictures.tsx'
import { Preview } from './Preview.tsx'
import { DEFAULT, preview, remove, type Saved, save, saved } from './queries.ts'

/** What the picker shows where no colour is chosen: the product's own. */
const PRODUCT = '#2f56c4'

interface Shown {
  id: string
  locale: string
  newest: Saved
}

/** Edits the looks for readers of one language, and shows the true pages with what was typed. */
export function LookEditor({ id, locale, newest }: Shown) {
  const queries = useQueryClient()
  const [draft, setDraft] = useState<Draft<Look>>({})
  // What the changes began from. It stays while there are any, or a change of somebody else would be overwritten unseen.
  const [began, setBegan] = useState<Saved>()
  const [conflict, setConflict] = useState<{ theirs: Saved; differences: Difference<Look>[] }>()
  const isEdited = Object.keys(draft).length > 0
  const base = (isEdited ? began : undefined) ?? newest
  const changes = changesOf(base.values, draft)
  const count = Object.keys(changes).length
  const look = { ...base.values, ...draft }
  const shown = useSettled(look)
  const tried = useQuery(preview(id, locale, shown))
  const saving = useMutation({
    mutationFn: () => save(id, locale, { etag: base.etag, changes }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['branding'] })
      setDraft({})
    },
    onError: async error => {
      if (!(error instanceof Problem) || error.status !== 412) return
      const theirs = await queries.fetchQuery({ ...saved(id, locale), staleTime: 0 })
      setConflict({ theirs, differences: differencesOf(base.values, theirs.values, changes) })
    },
  })
  const set = (name: LookName, value: string) => {
    if (!isEdited) setBegan(newest)
    setDraft(current => ({ ...current, [name]: value }))
    saving.reset()
  }
  const refused = [saving.error, tried.error].find(one => one instanceof Problem && one.fields.size > 0)
  const fields = refused instanceof Problem && count > 0 ? refused.fields : new Map<string, string>()
  const isConflict = saving.error instanceof Problem && saving.error.status === 412
  return (
    <div className="columns beside">
      <div className="stack">
        <form
          className="card asked"
          aria-labelledby="look"
          onSubmit={event => {
            event.preventDefault()
            if (count > 0 && !saving.isPending) saving.mutate()
          }}
        >
          <h2 id="look">{t('admin.branding.look')}</h2>
          <Field
            label={t('admin.branding.fields.backgroundColor')}
            hint={t('admin.branding.hints.color')}
            {...fieldError(fields, 'backgroundColor')}
          >
            <Input
              value={look.backgroundColor}
              maxLength={32}
              spellCheck={false}
              autoComplete="off"
              contentBefore={
                <input
                  type="color"
                  className="swatch"
                  aria-label={t('admin.branding.pick')}
                  value={pickable(look.backgroundColor, PRODUCT)}
                  onChange={({ target }) => set('backgroundColor', target.value)}
                />
              }
              onChange={(_, { value }) => set('backgroundColor', value)}
            />
          </Field>
          {textNames.map(name => {
            const shownAs = {
              value: look[name],
              maxLength: texts[name],
              onChange: (_: unknown, { value }: { value: string }) => set(name, value),
            }
            return (
              <Field
                key={name}
                label={t(`admin.branding.fields.${name}`)}
                hint={
                  name.endsWith('Url')
                    ? t('admin.branding.hints.url')
                    : t('admin.branding.hints.text', { most: number(texts[name]) })
                }
                {...fieldError(fields, name)}
              >
                {name === 'signInPageText' ? <Textarea {...shownAs} rows={3} /> : <Input {...shownAs} />}
              </Field>
            )
          })}
          {count > 0 && (
            <SaveSection
              count={count}
              error={isConflict || fields.size > 0 ? null : saving.error}
              isSaving={saving.isPending}
              discard={() => {
                setDraft({})
                saving.reset()
              }}
            />
          )}
          <p className="good" role="status">
            {saving.isSuccess && count === 0 && t('admin.branding.save.saved')}
          </p>
        </form>
        <Pictures id={id} locale={locale} />
        {base.etag !== undefined && <Remove id={id} locale={locale} />}
      </div>
      <Preview tried={tried.data} error={fields.size > 0 ? null : tried.error} isWaiting={fields.size > 0} />
      {conflict && (
        <ConflictDialog
          by={undefined}
          rows={conflict.differences.map(({ name, before, theirs, mine }) => ({
            name,
            label: t(`admin.branding.fields.${name}`),
            ...{ before: said(before), theirs: said(theirs), mine: said(mine) },
          }))}
          choose={chosen => {
            setBegan(conflict.theirs)
            setDraft(settle(conflict.theirs.values, conflict.differences, chosen))
            setConflict(undefined)
            saving.reset()
          }}
          close={() => {
            setConflict(undefined)
            saving.reset()
          }}
        />
      )}
      <LeaveFirst isChanged={count > 0} />
    </div>
  )
}

const said = (value: unknown) => String(value) || '–'

function Remove({ id, locale }: { id: string; locale: string }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => remove(id, locale),
    onSuccess: async () => {
      setAsked(false)
      await queries.invalidateQueries({ queryKey: ['branding'] })
    },
  })
  return (
    <div className="acts">
      <Button {...opens} onClick={() => setAsked(true)}>
        {t('admin.branding.remove.open')}
      </Button>
      {isAsked && (
        <AskFirst
          title={t('admin.branding.remove.title')}
          verb={t('admin.branding.remove.open')}
          act={mutate}
          isActing={isPending}
          error={error}
          close={() => setAsked(false)}
        >
          <p>{t(locale === DEFAULT ? 'admin.branding.remove.all' : 'admin.branding.remove.one')}</p>
        </AskFirst>
      )}
    </div>
  )
}
