import { useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { SettingField } from './SettingField.tsx'
import type { SettingName } from './settings.ts'
import type { Editor } from './useEditor.ts'

interface Shown<T extends object> {
  editor: Editor<T>
  names: readonly SettingName[]
  isReadOnly: boolean
  mayCount: boolean
}

/** Settings from top to bottom, each with what it asks and why. */
export function Settings<T extends object>({ editor, names, isReadOnly, mayCount }: Shown<T>) {
  const asked = useRouterState({ select: ({ location }) => location.hash })
  useEffect(() => focusOn(asked), [asked])
  return names.map(name => (
    <SettingField
      key={name}
      name={name}
      value={editor.values?.[name as keyof T]}
      code={editor.fields.get(name)}
      isReadOnly={isReadOnly}
      mayCount={mayCount}
      set={(value, isValid) => editor.set(name as keyof T, value as T[keyof T], isValid)}
    />
  ))
}

/** Puts the focus on the control of the setting that the address names. */
function focusOn(name: string) {
  const found = name === '' ? null : document.getElementById(name)
  const control = found?.matches('input') ? found : found?.querySelector<HTMLElement>('input:checked, input, button')
  control?.focus()
  control?.scrollIntoView({ block: 'center' })
}
