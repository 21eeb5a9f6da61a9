/** Whether a code tells of something that did not work (self-service password reset, §9.8). */
export const isFailure = (code: number): boolean =>
  code >= 32_000 || [31_003, 31_008, 31_011, 31_014, 31_034, 31_044].includes(code)
