/**
 * An independent reader of info requests, as a server reads them: eight bytes of header, then one command per line; behind the first `:` or
 * `/` of a command its parameters, separated by `;`, each a name and, behind `=`, a value. Nothing of the sender is used here.
 */

export interface InfoCommand {
  readonly name: string
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
}

const commandOf = (line: string): InfoCommand => {
  const [, name = "", rest = ""] = /^([^:/]*)[:/]?([^]*)$/.exec(line) ?? []
  return {
    name,
    parameters: rest
      .split(";")
      .filter((part) => part !== "")
      .map((part) => {
        const equals = part.indexOf("=")
        return equals < 0 ? ["", part] : [part.slice(0, equals), part.slice(equals + 1)]
      }),
  }
}

/** All commands of a request. A line ends at a line feed; carriage returns and NUL end one in careless readers, so they count, too. */
export const commandsOf = (request: Uint8Array): ReadonlyArray<InfoCommand> =>
  Buffer.from(request.subarray(8))
    .toString("latin1")
    .split(/[\n\r\0]/)
    .filter((line) => line !== "")
    .map(commandOf)
