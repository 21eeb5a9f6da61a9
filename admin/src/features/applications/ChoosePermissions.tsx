import { Checkbox, Field, SearchBox, Select } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { t } from '../../words.ts'
import { type Application, type Given, givers } from './queries.ts'
import { accessOf, keyOf, keysOf } from './requested.ts'

/** Chooses what an application asks for: of whom, as the person who is signed in, or by itself. */
export function ChoosePermissions({ found, close }: { found: Application; close: () => void }) {
  const queries = useQueryClient()
  const { data: all, error: readError, refetch } = useQuery(givers)
  const [resource, setResource] = useState<string>()
  const [type, setType] = useState<Given['type']>('Scope')
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => keysOf(found.requiredResourceAccess))
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.PATCH('/applications/{id}', {
        params: { path: { id: found.id } },
        body: { requiredResourceAccess: accessOf(chosen) },
        ...(found['@odata.etag'] && { headers: { 'if-match': found['@odata.etag'] } }),
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['applications'] })
    },
  })
  const giver = all?.find(({ appId }) => appId === resource) ?? all?.[0]
  const shown = giver?.gives.filter(
    one => one.type === type && `${one.value} ${one.detail}`.toLowerCase().includes(typed.trim().toLowerCase()),
  )
  const toggle = (key: string, isChosen: boolean) =>
    setChosen(current => new Set([...current].filter(one => one !== key).concat(isChosen ? [key] : [])))
  return (
    <AskFirst
      title={t('admin.applications.permissions.choose.title', { name: found.displayName })}
      // The button is there from the beginning: one that came later would take the focus from the dialog.
      verb={t('admin.applications.permissions.choose.verb')}
      act={() => all && mutate()}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.applications.permissions.choose.detail')}</p>
      {!all && (readError ? <Refused error={readError} again={() => void refetch()} /> : <Loading rows={6} />)}
      {all && giver && (
        <>
          {all.length > 1 && (
            <Field label={t('admin.applications.permissions.choose.of')}>
              <Select value={giver.appId} onChange={(_, { value }) => setResource(value)}>
                {all.map(({ appId, displayName }) => (
                  <option key={appId} value={appId}>
                    {displayName}
                  </option>
                ))}
              </Select>
            </Field>
          )}
          <Tabs
            isSmall
            label={t('admin.applications.permissions.title')}
            value={type}
            options={[
              ['Scope', t('admin.applications.permissions.Scope')],
              ['Role', t('admin.applications.permissions.Role')],
            ]}
            choose={setType}
          >
            <SearchBox
              className="find-wide"
              value={typed}
              placeholder={t('admin.applications.permissions.choose.find')}
              aria-label={t('admin.applications.permissions.choose.find')}
              onChange={(_, { value }) => setTyped(value)}
            />
            <ul className="scrolls" tabIndex={-1}>
              {shown?.map(({ id, value, detail }) => {
                const key = keyOf({ resourceAppId: giver.appId, id, type })
                return (
                  <li key={id}>
                    <Checkbox
                      checked={chosen.has(key)}
                      onChange={(_, { checked }) => toggle(key, checked === true)}
                      label={
                        <span className="two-lines">
                          <b>{value}</b>
                          {detail !== value && <small>{detail}</small>}
                        </span>
                      }
                    />
                  </li>
                )
              })}
            </ul>
            {shown?.length === 0 && <p className="calm">{t('admin.applications.noMatch')}</p>}
          </Tabs>
          <p role="status">{t('admin.applications.permissions.choose.chosen', { count: chosen.size })}</p>
        </>
      )}
    </AskFirst>
  )
}
