import { lazy } from 'react'

// The library of charts weighs a quarter of the application: it comes after the words and figures.
const charts = () => import('./charts.tsx')

// What is lazy forgets which rows it is for.
export const StackedDays = lazy(async () => ({
  default: (await charts()).StackedDays,
})) as unknown as typeof import('./charts.tsx').StackedDays

export const ShareOverDays = lazy(async () => ({
  default: (await charts()).ShareOverDays,
})) as unknown as typeof import('./charts.tsx').ShareOverDays
