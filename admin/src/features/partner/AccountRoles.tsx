import { Button, Field, Radio, RadioGroup, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { peopleLike } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { assignments } from './queries.ts'

const roleNames = ['accountAdmin', 'membershipAdmin'] as const
type RoleName = (typeof roleNames)[number]

/** Who has which role in the account. Agents are members of groups. */
export function AccountRoles({ mayAssign }: { mayAssign: boolean }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(assignments)
  const [isGiving, setGiving] = useState(false)
  const take = useMutation({
    mutationFn: (id: string) => api.DELETE('/partner/roleAssignments/{id}', { params: { path: { id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['partner', 'roles'] }),
  })
  return (
    <section className="card" aria-labelledby="roles">
      <div className="head-small">
        <h2 id="roles">{t('admin.partner.roles.title')}</h2>
        {mayAssign && (
          <Button {...opens} size="small" icon={<AddRegular />} onClick={() => setGiving(true)}>
            {t('admin.partner.roles.give')}
          </Button>
        )}
      </div>
      <p>
        {t('admin.partner.roles.agents')}{' '}
        <Link to="/groups" search={{ q: 'agents' }}>
          {t('admin.partner.roles.groups')}
        </Link>
      </p>
      {error && !data && <Refused error={error} again={() => void refetch()} />}
      {take.error && <Refused error={take.error} />}
      {data?.length === 0 && <p className="calm">{t('admin.partner.roles.none')}</p>}
      <ul className="rows">
        {data?.map(one => (
          <li key={one.id}>
            <div className="grows">
              <b>{one.displayName}</b>
              <p>{t(`admin.partner.roles.${one.role}`)}</p>
            </div>
            {mayAssign && (
              <Button
                size="small"
                disabledFocusable={take.isPending}
                aria-label={t('admin.partner.roles.takeOf', { person: one.displayName })}
                onClick={() => take.mutate(one.id)}
              >
                {t('admin.partner.roles.take')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {isGiving && <Give close={() => setGiving(false)} />}
    </section>
  )
}

function Give({ close }: { close: () => void }) {
  const queries = useQueryClient()
  const [person, setPerson] = useState<string>()
  const [role, setRole] = useState<RoleName>('accountAdmin')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/partner/roleAssignments', { body: { principalId: person!, role } }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['partner', 'roles'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.partner.roles.give')}
      verb={t('admin.partner.roles.verb')}
      act={() => person && mutate()}
      isActing={isPending}
      error={error}
      close={close}
    >
      <FindOne
        label={t('admin.partner.roles.who')}
        find={peopleLike}
        choose={({ id }) => setPerson(id)}
        unchoose={() => setPerson(undefined)}
      />
      <Field label={t('admin.partner.roles.which')}>
        <RadioGroup value={role} onChange={(_, { value }) => setRole(value as RoleName)}>
          {roleNames.map(one => (
            <Radio key={one} value={one} label={t(`admin.partner.roles.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
    </AskFirst>
  )
}
