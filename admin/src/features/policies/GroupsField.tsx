import { Button, Field } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike, groupsNamed } from '../../parts/groupQueries.ts'
import { t } from '../../words.ts'
import type { FieldShown } from './SettingField.tsx'
import type { SettingName } from './settings.ts'

/** The groups that a policy takes or leaves out, by their names. */
export function GroupsField({
  name,
  ask,
  why,
  isReadOnly,
  problem,
  value,
  set,
}: FieldShown<string[]> & { name: SettingName }) {
  const { data: named = [] } = useQuery(groupsNamed(value))
  return (
    <Field className="setting" label={ask} hint={why} {...problem}>
      <fieldset id={name} className="bare">
        <ul className="plain picked">
          {value.map(id => {
            const group = named.find(one => one.id === id)?.displayName ?? '…'
            return (
              <li key={id}>
                {group}
                {!isReadOnly && (
                  <Button
                    appearance="subtle"
                    size="small"
                    icon={<DismissRegular />}
                    aria-label={t('admin.policies.groups.remove', { group })}
                    onClick={() => set(value.filter(one => one !== id))}
                  />
                )}
              </li>
            )
          })}
          {value.length === 0 && <li className="calm">{t('admin.policies.groups.none')}</li>}
        </ul>
        {!isReadOnly && (
          <FindOne
            label={t('admin.policies.groups.add')}
            find={groupsLike}
            choose={({ id }) => !value.includes(id) && set([...value, id])}
          />
        )}
      </fieldset>
    </Field>
  )
}
