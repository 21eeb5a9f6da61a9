import { issueChallenge } from '../server/src/captcha/challenge.ts'
import { LEAST_WORK } from '../server/src/captcha/work.ts'
import type { Means } from '../server/src/crypto/index.ts'
import { solve } from '../server/src/testing/captcha.ts'

/** A store of solved captchas: people's browsers solve them, so that work is not measured. */
export interface Captchas {
  /** A captcha that was not given out yet. Throws where the store is empty. */
  next(): string
}

const TOGETHER = 8

/** Solves so many captchas, as hard as they ordinarily are. Each is good for ten minutes. */
export async function solveCaptchas(means: Means, count: number): Promise<Captchas> {
  const solved: string[] = []
  const work = async () => {
    while (solved.length < count) solved.push(await solve(await issueChallenge(means, LEAST_WORK)))
  }
  await Promise.all(Array.from({ length: TOGETHER }, work))
  return {
    next() {
      const one = solved.pop()
      if (one === undefined) throw new Error('every captcha of the store is spent')
      return one
    },
  }
}
