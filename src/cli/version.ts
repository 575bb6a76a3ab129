/** The version of this build; the bundler puts it in. */
export const version: string = process.env.ACKO_VERSION ?? "development"
