import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { currentSession } from '../../api/session.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { CopyText } from '../../parts/CopyText.tsx'
import { useDraft } from '../../parts/drafts.ts'
import { ObjectList } from '../../parts/ObjectList.tsx'
import { referenceTo } from '../../parts/objectQueries.ts'
import { Panel } from '../../parts/Panel.tsx'
import { SwitchAtOnce } from '../../parts/SwitchAtOnce.tsx'
import { WhoDeleted } from '../../parts/WhoDeleted.tsx'
import { t } from '../../words.ts'
import { EditApplication } from './EditApplication.tsx'
import { Permissions } from './Permissions.tsx'
import { type Application, application, platformOf, principalOf } from './queries.ts'
import { Secrets } from './Secrets.tsx'
import { SettingsToCopy } from './SettingsToCopy.tsx'

/** One application: how it signs people in, its secrets, what it may do and who keeps it. */
export function ApplicationPanel() {
  const { application: id } = useParams({ from: '/applications/$application' })
  const search = useSearch({ from: '/applications' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(application(id))
  const { data: allowed } = useQuery(allowedActions)
  const close = async () => {
    await navigate({ to: '/applications', search })
    document.getElementById(`application-${id}`)?.focus()
  }
  // The application of these pages is part of the server: nobody changes or removes it.
  const isOurs = found?.appId === 'latchkey-admin'
  const mayWrite = !isOurs && (allowed?.byRole.includes('applications.write') ?? false)
  return (
    <Panel
      label={t('admin.applications.panel')}
      heading={found === null ? t('admin.applications.gone') : found?.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found === null && <WhoDeleted id={id} activity="application.deleted" />}
      {found && (
        <>
          {mayWrite && <Acts found={found} />}
          <dl className="facts">
            <div>
              <dt>{t('admin.applications.clientId')}</dt>
              <dd>
                <CopyText text={found.appId} />
              </dd>
            </div>
            <div>
              <dt>{t('admin.applications.kind')}</dt>
              <dd>{t(`admin.applications.platforms.${platformOf(found)}.name`)}</dd>
            </div>
          </dl>
          <section>
            <h3>{t('admin.applications.addresses.title')}</h3>
            {found[platformOf(found)].redirectUris.length === 0 && (
              <p className="calm">{t('admin.applications.addresses.none')}</p>
            )}
            {found[platformOf(found)].redirectUris.map(address => (
              <CopyText key={address} text={address} />
            ))}
          </section>
          <SettingsToCopy
            connection={{
              issuer: `${location.origin}/${currentSession()!.tenantId}/v2.0`,
              clientId: found.appId,
              redirectUri: found[platformOf(found)].redirectUris[0] ?? 'https://…',
              hasSecret: platformOf(found) === 'web',
            }}
          />
          {platformOf(found) === 'web' && <Secrets found={found} mayWrite={mayWrite} />}
          <Permissions
            found={found}
            mayWrite={mayWrite}
            mayGrant={allowed?.byRole.includes('applications.grant') ?? false}
          />
          {mayWrite && <Assigned found={found} />}
          <ObjectList
            title={t('admin.applications.owners.title')}
            none={t('admin.applications.owners.none')}
            listKey={['applications', id, 'owners']}
            read={query => api.GET('/applications/{id}/owners', { params: { path: { id }, query } })}
            kinds={['user']}
            add={
              mayWrite
                ? object =>
                    api.POST('/applications/{id}/owners/$ref', { params: { path: { id } }, body: referenceTo(object) })
                : undefined
            }
            remove={
              mayWrite
                ? object => api.DELETE('/applications/{id}/owners/{object}/$ref', { params: { path: { id, object } } })
                : undefined
            }
            adds={t('admin.applications.owners.adds', { name: found.displayName })}
            removes={person => t('admin.applications.owners.removes', { person, name: found.displayName })}
          />
        </>
      )}
    </Panel>
  )
}

/** Whether only people with a role of the application may sign in to it. */
function Assigned({ found }: { found: Application }) {
  const queries = useQueryClient()
  const { data: principal } = useQuery(principalOf(found.appId))
  if (!principal) return null
  return (
    <SwitchAtOnce
      label={t('admin.applications.assigned')}
      isOn={principal.appRoleAssignmentRequired}
      turn={appRoleAssignmentRequired =>
        api.PATCH('/servicePrincipals/{id}', {
          params: { path: { id: principal.id } },
          body: { appRoleAssignmentRequired },
        })
      }
      reread={() => queries.invalidateQueries({ queryKey: ['applications', 'principal', found.appId] })}
    />
  )
}

function Acts({ found }: { found: Application }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useDraft<'edit' | 'remove' | undefined>(`application ${found.id} asked`, undefined)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.DELETE('/applications/{id}', { params: { path: { id: found.id } } }),
    onSuccess: async () => {
      await navigate({ to: '/applications', search: true })
      await queries.invalidateQueries({ queryKey: ['applications'] })
    },
  })
  return (
    <div className="acts">
      <Button {...opens} onClick={() => setAsked('edit')}>
        {t('admin.applications.edit.open')}
      </Button>
      <Button {...opens} onClick={() => setAsked('remove')}>
        {t('admin.applications.remove.open')}
      </Button>
      {asked === 'edit' && <EditApplication application={found} close={() => setAsked(undefined)} />}
      {asked === 'remove' && (
        <AskFirst
          title={t('admin.applications.remove.title', { name: found.displayName })}
          verb={t('admin.applications.remove.open')}
          act={mutate}
          isActing={isPending}
          error={error}
          close={() => setAsked(undefined)}
        >
          <p>{t('admin.applications.remove.detail')}</p>
        </AskFirst>
      )}
    </div>
  )
}
