/** The operator's own names, below which companies have none. */
export const reservedNames = ({
  origin,
  tenantSuffix,
}: {
  origin: string | undefined
  tenantSuffix: string | undefined
}) => [
  ...(origin === undefined ? [] : [new URL(origin).hostname]),
  ...(tenantSuffix === undefined ? [] : [tenantSuffix]),
]
