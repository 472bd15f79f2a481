/**
 * A value as JSON that Terraform leaves as it is, but for what is known only at apply. cdktf's own `jsonencode` writes
 * quotes and dollar signs into the expression as they come, and what results is another text or none.
 *
 * What is filled in at apply must need no escaping in JSON: names, addresses, ids.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? literal(part) : part));
}

/** A token is written `${TfToken[...]}` and stays; any other template is text that somebody meant. */
function literal(text: string): string {
  return text.replace(/\$\{(?!TfToken\[)/g, () => "$${").replaceAll("%{", "%%{");
}
