import type { ComponentType } from 'react'
import { loadAllWords } from '../words.ts'

/** Loads a part that comes after the first load, with the words and Fluent's styles that it may use. */
export async function late<Name extends string, Props extends object>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
): Promise<{ default: ComponentType<Props> }> {
  const [loaded, { Fluent }] = await Promise.all([load(), import('./Fluent.tsx'), loadAllWords()])
  const Part: ComponentType<Props> = loaded[name]
  return {
    default: props => (
      <Fluent>
        <Part {...props} />
      </Fluent>
    ),
  }
}
