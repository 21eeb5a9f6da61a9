/** What an event tells of the properties that an act changes: old and new value of each, as JSON. Undefined: not changed. */
export function changesOf<T extends object>(before: NoInfer<Partial<T>>, after: T): { changes: string } {
  const changed = Object.entries(after).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [before[name as keyof T] ?? null, value]]],
  )
  return { changes: JSON.stringify(Object.fromEntries(changed)) }
}
