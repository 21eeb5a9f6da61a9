/** The ids that Microsoft Graph gives to the methods of which everybody has at most one (self-service password reset, §12.1). */
export const PHONE_METHOD = '3179e48a-750b-4051-897c-87b9720928f7'
export const OFFICE_PHONE_METHOD = 'e37fc753-ff3b-4958-9484-eaa9425c82bc'
export const EMAIL_METHOD = '3ddfcfc8-9383-446f-83cc-3ab9be4be18f'
export const PASSWORD_METHOD = '28c10230-6103-485e-b985-444c60001490'
