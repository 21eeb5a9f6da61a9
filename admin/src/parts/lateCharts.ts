import { lazy } from 'react'
import { late } from './late.tsx'

// The library of charts weighs a quarter of the application: it comes after the words and figures.
const charts = () => import('./charts.tsx')

// What is lazy forgets which rows it is for.
export const StackedDays = lazy(() =>
  late(charts, 'StackedDays'),
) as unknown as typeof import('./charts.tsx').StackedDays

export const ShareOverDays = lazy(() =>
  late(charts, 'ShareOverDays'),
) as unknown as typeof import('./charts.tsx').ShareOverDays
