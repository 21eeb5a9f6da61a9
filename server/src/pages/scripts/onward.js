// @ts-check
// Sends the form that takes an answer to an application. Without script its button does.

document.querySelector('form')?.submit()
