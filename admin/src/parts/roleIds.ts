/** The role of whoever may do everything, by Graph's id. */
export const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10'
