import './policies.css'
import { useQuery } from '@tanstack/react-query'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { BannedWords } from './BannedWords.tsx'
import { EffectCard } from './EffectCard.tsx'
import { protectionSource, type Source, signInSource } from './queries.ts'
import { SaveBar } from './SaveBar.tsx'
import { Settings } from './Settings.tsx'
import { protectionGroups, type SettingName, signInGroups } from './settings.ts'
import { useEditor } from './useEditor.ts'

/** How the company's passwords and accounts are protected. */
export const ProtectionPage = () => (
  <TenantPolicy kind="protection" source={protectionSource} groups={protectionGroups} action="protection.write" />
)

/** How the company's people sign in, and how long it lasts. */
export const SignInPolicyPage = () => (
  <TenantPolicy kind="signIn" source={signInSource} groups={signInGroups} action="signInPolicy.write" />
)

interface Shown<T extends object> {
  kind: 'protection' | 'signIn'
  source: Source<T>
  groups: Record<string, readonly (keyof T & SettingName)[]>
  /** The action that saving takes. */
  action: string
}

/** Settings of which the company has one set, in groups. */
function TenantPolicy<T extends object>({ kind, source, groups, action }: Shown<T>) {
  const editor = useEditor(source)
  const { data: allowed } = useQuery(allowedActions)
  const may = new Set(allowed?.value)
  const isReadOnly = !may.has(action)
  const { values, readError, again } = editor
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t(`admin.policies.${kind}.title`)}</h1>
          <p>{t(`admin.policies.${kind}.intro`)}</p>
          {isReadOnly && allowed && <p className="calm">{t('admin.policies.readOnly')}</p>}
        </div>
      </div>
      {readError && <Refused error={readError} again={again} />}
      {!values && !readError && <Loading rows={5} />}
      {values && (
        <div className="columns">
          <div className="settings">
            {Object.entries(groups).map(([group, names]) => (
              <section key={group} aria-labelledby={`group-${group}`}>
                <h2 id={`group-${group}`}>{t(`admin.policies.groupNames.${group as 'locks'}`)}</h2>
                <Settings editor={editor} names={names} isReadOnly={isReadOnly} mayCount={may.has('reports.read')} />
                {group === 'passwords' && <BannedWords isReadOnly={isReadOnly} />}
              </section>
            ))}
          </div>
          {editor.isPreviewed && editor.count > 0 && (
            <EffectCard preview={editor.preview} mayCount={may.has('reports.read')} />
          )}
        </div>
      )}
      <SaveBar editor={editor} id={undefined} path={kind === 'signIn' ? '/sign-in-policy' : '/password-protection'} />
    </div>
  )
}
