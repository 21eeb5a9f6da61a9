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
