import { Field, Switch } from '@fluentui/react-components'
import { t } from '../../words.ts'

/** Whether the company lets a relationship be extended at its end. */
export const ExtensionSwitch = ({ isOn, turn }: { isOn: boolean; turn: (isOn: boolean) => void }) => (
  <Field hint={t('admin.partners.extend.hint')}>
    <Switch label={t('admin.partners.extend.label')} checked={isOn} onChange={(_, { checked }) => turn(checked)} />
  </Field>
)
