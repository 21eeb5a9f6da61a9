/** The answer of an authenticator, which a script puts into its field as JSON text. What is none is judged as it is. */
export function credentialIn({ credential, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (typeof credential !== 'string') return credential === undefined ? rest : { ...rest, credential }
  try {
    return { ...rest, credential: JSON.parse(credential) }
  } catch {
    return { ...rest, credential }
  }
}

/** The body of a form that asks for answers, each in a field named `answers.<id of its question>`, for a recovery code, or for a passkey. */
export function proofFromForm(form: Record<string, unknown>): Record<string, unknown> {
  const answers = Object.entries(form)
    .filter(([name]) => name.startsWith('answers.'))
    .map(([name, answer]) => ({ question: name.slice('answers.'.length), answer }))
  const { recoveryCode, ...rest } = Object.fromEntries(
    Object.entries(form).filter(([name]) => !name.startsWith('answers.')),
  )
  if (answers.length > 0) return { ...rest, answers }
  return recoveryCode === undefined ? credentialIn(rest) : { ...rest, code: recoveryCode }
}

/** The form field of an error in a proof: an answer by its question, a number or a recovery code by its field. */
export function proofField(
  field: string,
  challenge: { kind: string; questions?: readonly { id: string }[] } | null | undefined,
): string {
  if (field === 'code' && challenge?.kind === 'recoveryCode') return 'recoveryCode'
  const place = /^answers\.(\d+)\.answer$/.exec(field)?.[1]
  const question = place === undefined ? undefined : challenge?.questions?.[Number(place)]
  return question ? `answers.${question.id}` : field === 'phoneNumber' ? 'number' : field
}
