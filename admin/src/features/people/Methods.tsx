import { Button, Field, Input, Radio, RadioGroup, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import type { User } from './PersonActs.tsx'
import { type Method, methods } from './queries.ts'

/** The lists from which an administrator takes a method away, by Graph's types. */
const LISTS = {
  phoneAuthenticationMethod: 'phoneMethods',
  emailAuthenticationMethod: 'emailMethods',
  softwareOathAuthenticationMethod: 'softwareOathMethods',
  fido2AuthenticationMethod: 'fido2Methods',
} as const
type Removable = keyof typeof LISTS

const typeOf = (method: Method) => method['@odata.type'].replace('#microsoft.graph.', '')
const isRemovable = (type: string): type is Removable => Object.hasOwn(LISTS, type)

/** The name of a method: its number, its address, or what it is. */
function nameOf({ phoneNumber, emailAddress, displayName, ...method }: Method): string {
  const type = typeOf(method)
  return (
    phoneNumber ?? emailAddress ?? displayName ?? (isRemovable(type) ? t(`admin.people.methods.types.${type}`) : type)
  )
}

/** How a person can prove who they are; one adds what they told, and takes away what they lost. */
export function Methods({ user, may }: { user: User; may: ReadonlySet<string> }) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(methods(user.id!))
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<Method>()
  // Everybody's password is a method of Graph's, and is no matter of this list.
  const shown = data?.filter(method => isRemovable(typeOf(method)))
  return (
    <section>
      <div className="head-small">
        <h3>{t('admin.people.methods.title')}</h3>
        {may.has('methods.write') && (
          <Button {...opens} size="small" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.objects.add')}
          </Button>
        )}
      </div>
      {!shown && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />)}
      {shown?.length === 0 && <p className="calm">{t('admin.diagnosis.noMethods')}</p>}
      <ul className="rows objects">
        {shown?.map(method => {
          const type = typeOf(method) as Removable
          return (
            <li key={type + method.id}>
              <span className="two-lines">
                <b>{nameOf(method)}</b>
                <small>
                  {method.phoneType
                    ? t(`admin.people.methods.phones.${method.phoneType}`)
                    : t(`admin.people.methods.types.${type}`)}
                </small>
              </span>
              {may.has('methods.remove') && (
                <Button
                  {...opens}
                  appearance="subtle"
                  size="small"
                  icon={<DismissRegular />}
                  aria-label={t('admin.objects.remove', { name: nameOf(method) })}
                  onClick={() => setLeaving(method)}
                />
              )}
            </li>
          )
        })}
      </ul>
      {isAdding && <AddMethod user={user} close={() => setAdding(false)} />}
      {leaving && <RemoveMethod user={user} method={leaving} close={() => setLeaving(undefined)} />}
    </section>
  )
}

const KINDS = ['mobile', 'office', 'email'] as const
type Kind = (typeof KINDS)[number]

function AddMethod({ user, close }: { user: User; close: () => void }) {
  const queries = useQueryClient()
  const [kind, setKind] = useState<Kind>('mobile')
  const [typed, setTyped] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const path = { params: { path: { id: user.id! } } }
      if (kind === 'email')
        await api.POST('/users/{id}/authentication/emailMethods', { ...path, body: { emailAddress: typed.trim() } })
      else
        await api.POST('/users/{id}/authentication/phoneMethods', {
          ...path,
          body: { phoneNumber: typed.trim(), phoneType: kind },
        })
    },
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['people'] })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  const field = kind === 'email' ? 'emailAddress' : 'phoneNumber'
  return (
    <AskFirst
      title={t('admin.people.methods.add.title', { person: user.displayName ?? '' })}
      verb={t('admin.objects.add')}
      act={mutate}
      isActing={isPending}
      error={fields.has(field) ? null : error}
      close={close}
    >
      <p>{t('admin.people.methods.add.detail')}</p>
      <Field label={t('admin.people.methods.add.kind')}>
        <RadioGroup value={kind} onChange={(_, { value }) => setKind(value as Kind)}>
          {KINDS.map(one => (
            <Radio key={one} value={one} label={t(`admin.people.methods.phones.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field
        label={t(kind === 'email' ? 'admin.people.methods.add.address' : 'admin.people.methods.add.number')}
        required
        {...(kind !== 'email' && { hint: t('admin.people.methods.add.numberHint') })}
        {...fieldError(fields, field)}
      >
        <Input
          type={kind === 'email' ? 'email' : 'tel'}
          autoComplete="off"
          value={typed}
          maxLength={kind === 'email' ? 320 : 64}
          onChange={(_, { value }) => setTyped(value)}
        />
      </Field>
    </AskFirst>
  )
}

function RemoveMethod({ user, method, close }: { user: User; method: Method; close: () => void }) {
  const queries = useQueryClient()
  const name = nameOf(method)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const params = { path: { id: user.id!, methodId: method.id! } }
      await api.DELETE(`/users/{id}/authentication/${LISTS[typeOf(method) as Removable]}/{methodId}`, { params })
    },
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['people'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.objects.remove', { name })}
      verb={t('admin.objects.removeVerb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.people.methods.removes', { person: user.displayName ?? '' })}</p>
    </AskFirst>
  )
}
