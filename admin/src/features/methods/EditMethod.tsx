import { Button, Field, Radio, RadioGroup, Switch } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { changesOf } from '../../parts/draft.ts'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { EffectShown } from '../../parts/Effect.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike, groupsNamed } from '../../parts/groupQueries.ts'
import { previewQuery } from '../../parts/previews.ts'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { list, t } from '../../words.ts'
import { bodyOf, type Configuration, type MethodName, method, pathOf } from './queries.ts'

interface Shown {
  name: MethodName
  close: () => void
}

/** Turns a method on or off, for everybody or for groups; whom that affects is told before it is saved. */
export function EditMethod({ name, close }: Shown) {
  const { data, error } = useQuery(method(name))
  if (data) return <Edit name={name} close={close} read={data} />
  return (
    <AskFirst
      title={t(`admin.methods.names.${name}`)}
      verb={undefined}
      act={close}
      isActing={!error}
      error={error}
      close={close}
    >
      {null}
    </AskFirst>
  )
}

function Edit({ name, close, read }: Shown & { read: Read<Configuration> }) {
  const queries = useQueryClient()
  const edit = useEdit<Configuration>({
    name: `method ${name}`,
    read,
    newest: () => queries.fetchQuery({ ...method(name), staleTime: 0 }),
    save: async ({ values, etag }) => {
      await api.PATCH('/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{name}', {
        params: { path: { name } },
        body: bodyOf(values),
        ...(etag && { headers: { 'if-match': etag } }),
      })
      return name
    },
    saved: async () => {
      await queries.invalidateQueries({ queryKey: ['policies'] })
      close()
    },
  })
  const { values, fields } = edit
  const { data: allowed } = useQuery(allowedActions)
  const isChanged = Object.keys(changesOf(read.values, values)).length > 0
  const write = { method: 'PATCH' as const, url: pathOf(name), body: bodyOf(values) }
  const preview = useQuery({ ...previewQuery(write, read.etag ?? ''), enabled: isChanged })
  const { data: named = [] } = useQuery(groupsNamed([...values.groups, ...values.without].toSorted()))
  const nameOf = (id: string) => named.find(one => one.id === id)?.displayName ?? '…'
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        activity="methodsPolicy.changed"
        labelOf={one => t(`admin.methods.edit.labels.${one}`)}
        say={(_, value) =>
          Array.isArray(value) ? list(value.map(nameOf)) : t(value ? 'admin.methods.edit.yes' : 'admin.methods.edit.no')
        }
      />
    )
  return (
    <AskFirst
      title={t(`admin.methods.names.${name}`)}
      verb={t('admin.methods.edit.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={fields.size > 0 ? null : edit.error}
      close={close}
    >
      <Field
        hint={t(`admin.methods.details.${name}`)}
        {...(fields.size > 0 && {
          validationState: 'error' as const,
          validationMessage: t('admin.methods.edit.needed'),
        })}
      >
        <Switch
          label={t('admin.methods.edit.labels.isOn')}
          checked={values.isOn}
          onChange={(_, { checked }) => edit.set('isOn', checked)}
        />
      </Field>
      {values.isOn && (
        <>
          <Field label={t('admin.methods.edit.who')}>
            <RadioGroup
              value={values.isForEverybody ? 'everybody' : 'groups'}
              onChange={(_, { value }) => edit.set('isForEverybody', value === 'everybody')}
            >
              <Radio value="everybody" label={t('admin.methods.everybody')} />
              <Radio value="groups" label={t('admin.methods.edit.labels.groups')} />
            </RadioGroup>
          </Field>
          {!values.isForEverybody && (
            <Groups ids={values.groups} nameOf={nameOf} set={ids => edit.set('groups', ids)} label="groups" />
          )}
          <Groups ids={values.without} nameOf={nameOf} set={ids => edit.set('without', ids)} label="without" />
        </>
      )}
      {isChanged && (
        <section className="effect" aria-live="polite">
          <EffectShown preview={preview} mayCount={allowed?.value.includes('reports.read') ?? false} />
        </section>
      )}
    </AskFirst>
  )
}

interface Picked {
  ids: readonly string[]
  nameOf: (id: string) => string
  set: (ids: string[]) => void
  label: 'groups' | 'without'
}

/** Groups by their names, added and taken away one by one. */
function Groups({ ids, nameOf, set, label }: Picked) {
  return (
    <fieldset className="group asked">
      <legend>{t(`admin.methods.edit.labels.${label}`)}</legend>
      {ids.map(id => (
        <div key={id}>
          <Button
            size="small"
            icon={<DismissRegular />}
            iconPosition="after"
            aria-label={t('admin.policies.groups.remove', { group: nameOf(id) })}
            onClick={() => set(ids.filter(one => one !== id))}
          >
            {nameOf(id)}
          </Button>
        </div>
      ))}
      <FindOne
        label={t('admin.policies.groups.add')}
        find={groupsLike}
        choose={({ id }) => !ids.includes(id) && set([...ids, id])}
      />
    </fieldset>
  )
}
