/** The body of a form that asks for answers, each in a field named `answers.<id of its question>`. */
export function proofFromForm(form: Record<string, unknown>): Record<string, unknown> {
  const answers = Object.entries(form)
    .filter(([name]) => name.startsWith('answers.'))
    .map(([name, answer]) => ({ question: name.slice('answers.'.length), answer }))
  const rest = Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith('answers.')))
  return answers.length > 0 ? { ...rest, answers } : rest
}

/** The form field of an error in a proof: an answer by its question, a number by its field. */
export function proofField(field: string, questions: readonly { id: string }[] | undefined): string {
  const place = /^answers\.(\d+)\.answer$/.exec(field)?.[1]
  const question = place === undefined ? undefined : questions?.[Number(place)]
  return question ? `answers.${question.id}` : field === 'phoneNumber' ? 'number' : field
}
