/** The answer of an authenticator, which a script puts into its field as JSON text. What is none is judged as it is. */
export function credentialIn({ credential, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (typeof credential !== 'string') return credential === undefined ? rest : { ...rest, credential }
  try {
    return { ...rest, credential: JSON.parse(credential) }
  } catch {
    return { ...rest, credential }
  }
}

/** The body of a form that asks for answers, each in a field named `answers.<id of its question>`, or for a passkey. */
export function proofFromForm(form: Record<string, unknown>): Record<string, unknown> {
  const answers = Object.entries(form)
    .filter(([name]) => name.startsWith('answers.'))
    .map(([name, answer]) => ({ question: name.slice('answers.'.length), answer }))
  const rest = Object.fromEntries(Object.entries(form).filter(([name]) => !name.startsWith('answers.')))
  return answers.length > 0 ? { ...rest, answers } : credentialIn(rest)
}

/** The form field of an error in a proof: an answer by its question, a number by its field. */
export function proofField(field: string, questions: readonly { id: string }[] | undefined): string {
  const place = /^answers\.(\d+)\.answer$/.exec(field)?.[1]
  const question = place === undefined ? undefined : questions?.[Number(place)]
  return question ? `answers.${question.id}` : field === 'phoneNumber' ? 'number' : field
}
