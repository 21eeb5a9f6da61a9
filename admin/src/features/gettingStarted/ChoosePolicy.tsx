import { Button, Field, Radio, RadioGroup } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { EffectShown } from '../../parts/Effect.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike } from '../../parts/groupQueries.ts'
import { previewQuery, type Write } from '../../parts/previews.ts'
import { Refused } from '../../parts/Refused.tsx'
import { type Preset, presets } from '../../parts/started.ts'
import { t } from '../../words.ts'

const names = Object.keys(presets) as Preset[]

/** Turns reset on by one of three beginnings, for everybody or for a group that tries it first. It tells before whom that affects. */
export function ChoosePolicy({ isPilot }: { isPilot: boolean }) {
  const queries = useQueryClient()
  const [preset, setPreset] = useState<Preset>('balanced')
  const [group, setGroup] = useState<{ id: string; displayName: string }>()
  const settings = presets[preset]
  const write: Write = isPilot
    ? {
        method: 'POST',
        url: '/policies/passwordResetPolicies',
        body: {
          displayName: t('admin.started.policy.pilotName', { group: group?.displayName ?? '' }),
          includedGroups: group ? [group.id] : [],
          settings,
        },
      }
    : { method: 'PATCH', url: '/policies/passwordResetPolicy', body: { settings } }
  const isReady = !isPilot || group !== undefined
  const preview = useQuery({ ...previewQuery(write, ''), enabled: isReady })
  const { mutate, isPending, error, isSuccess, reset } = useMutation({
    mutationFn: (): Promise<unknown> =>
      isPilot
        ? api.POST('/policies/passwordResetPolicies', { body: write.body as { displayName: string } })
        : api.PATCH('/policies/passwordResetPolicy', { body: write.body! }),
    onSuccess: async () => {
      for (const key of ['policies', 'started', 'reports']) await queries.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <>
      <Field label={t('admin.started.policy.beginning')}>
        <RadioGroup
          value={preset}
          onChange={(_, { value }) => {
            reset()
            setPreset(value as Preset)
          }}
        >
          {names.map(name => (
            <Radio
              key={name}
              value={name}
              label={
                <>
                  <b>{t(`admin.started.policy.presets.${name}.name`)}</b>
                  <br />
                  {t(`admin.started.policy.presets.${name}.detail`)}
                </>
              }
            />
          ))}
        </RadioGroup>
      </Field>
      {isPilot && (
        <>
          <FindOne label={t('admin.started.policy.group')} find={groupsLike} choose={setGroup} />
          {group && <p>{t('admin.started.policy.chosen', { group: group.displayName })}</p>}
        </>
      )}
      {isReady && !isSuccess && <EffectShown preview={preview} mayCount={false} />}
      {error && <Refused error={error} />}
      {isSuccess && <p role="status">{t('admin.started.policy.saved')}</p>}
      <div className="acts">
        <Button appearance="primary" disabledFocusable={!isReady || isPending || isSuccess} onClick={() => mutate()}>
          {t(isPilot ? 'admin.started.policy.pilotVerb' : 'admin.started.policy.verb')}
        </Button>
      </div>
    </>
  )
}
