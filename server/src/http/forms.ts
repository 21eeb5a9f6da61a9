/** The body that a form's fields stand for, where it asks for answers: each is a field named `answers.<id of its question>`. */
export function proofFromForm(form: Record<string, unknown>): Record<string, unknown> {
  const answers = Object.entries(form)
    .filter(([name]) => name.startsWith('answers.'))
    .map(([name, answer]) => ({ question: name.slice('answers.'.length), answer }))
  const rest = Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith('answers.')))
  return answers.length > 0 ? { ...rest, answers } : rest
}
